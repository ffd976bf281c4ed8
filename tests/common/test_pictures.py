"""Pictures as they come in: what is no clean picture is refused, what is one loses everything but its pixels."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
import zlib

import pytest
from PIL import Image, TiffImagePlugin

from common.pictures import judging, making, taking
from common.pictures.judging import Refused
from tests.shared_pictures import chunk, picture, png

MARK = b"<script>mark"
WIDTHS = [1600, 720]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["WEBP"])


def many_frames(size: tuple[int, int], frames: int) -> bytes:
    out = io.BytesIO()
    images = [Image.new("P", size, number % 200) for number in range(frames)]
    images[0].save(out, "GIF", save_all=True, append_images=images[1:])
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 5_000_000)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    facts = Image.Exif()
    facts[0x0112] = orientation
    facts[0x010F] = "Camera of somebody"
    place = facts.get_ifd(0x8825)
    place[1], place[2] = "N", (TiffImagePlugin.IFDRational(48), TiffImagePlugin.IFDRational(12), 3)
    return facts


LONG_TEXT = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 64_000_000, 9))
RIFF = b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0" + b"\0" * 4 + (16_000).to_bytes(3, "little") * 2 + b"\0" * 8

# Refused before any library looks, or by it; with the word for it.
HOSTILE = {
    "nothing known": (b"hello", judging.NO_PICTURE),
    "html": (b"<html>" + MARK, judging.NO_PICTURE),
    "svg": (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", judging.NO_PICTURE),
    "pdf": (b"%PDF-1.7\n", judging.NO_PICTURE),
    "tiff": (b"II*\0" + b"\0" * 100, judging.NO_PICTURE),
    "bmp": (picture("BMP"), judging.NO_PICTURE),
    "icon": (picture("ICO"), judging.NO_PICTURE),
    "zip": (zipped(), judging.NO_PICTURE),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", judging.NO_PICTURE),
    "avif": (b"\0\0\0\x1cftypavif" + b"\0" * 50, judging.NO_PICTURE),
    "html behind a PNG's first bytes": (b"\x89PNG\r\n\x1a\n<html>" + MARK, judging.TOO_MANY_PIXELS),
    "html behind a GIF's first bytes": (b"GIF89a/*" + MARK + b"*/=1;", judging.TOO_MANY_PIXELS),
    "html behind a JPEG's first bytes": (b"\xff\xd8\xff" + MARK, judging.BROKEN),
    "900 million pixels": (png(30_000, 30_000), judging.TOO_MANY_PIXELS),
    "900 million pixels and a long text": (png(30_000, 30_000, LONG_TEXT), judging.TOO_MANY_PIXELS),
    "a line of pixels": (png(1_000_000, 1), judging.TOO_MANY_PIXELS),
    "no pixel": (png(0, 10), judging.BROKEN),
    "64 MB of text in 64 kB": (png(1, 1, LONG_TEXT, rows=b"\0\0\0\0"), judging.BROKEN),
    "a WebP of 256 million pixels": (RIFF, judging.TOO_MANY_PIXELS),
    "a GIF of 4 milliard pixels": (b"GIF89a\xff\xff\xff\xff\0\0\0", judging.TOO_MANY_PIXELS),
    "half a JPEG": (picture("JPEG", (400, 300))[:1500], judging.BROKEN),
    "half a PNG": (picture("PNG", (400, 300))[:200], judging.BROKEN),
    "half a WebP": (picture("WEBP", (400, 300))[:40], judging.BROKEN),
    "a PNG without rows": (png(10, 10), judging.BROKEN),
}  # fmt: skip

# Taken, and clean afterwards.
ODD = {
    "PNG": picture("PNG"),
    "PNG with transparency": picture("PNG", mode="RGBA"),
    "grey PNG": picture("PNG", mode="L"),
    "JPEG": picture("JPEG", quality=90),
    "GIF": picture("GIF", mode="P"),
    "WebP": picture("WEBP"),
    "GIF of many frames": many_frames((2000, 2000), 30),
    "PNG with html behind it": picture("PNG") + b"<html>" + MARK,
    "PNG with an archive behind it": picture("PNG") + zipped(),
    "JPEG with html in a comment": picture("JPEG", comment=MARK),
    "JPEG with a place": picture("JPEG", exif=exif()),
    "WebP with a place": picture("WEBP", exif=exif().tobytes(), xmp=MARK),
    "PNG with html in a text": picture("PNG")[:33] + chunk(b"tEXt", b"Comment\0" + MARK) + picture("PNG")[33:],
}


class TestAFile:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_that_is_no_clean_picture_is_refused(self, name: str) -> None:
        data, why = HOSTILE[name]
        with pytest.raises(Refused, match=why):
            making.make(data, WIDTHS)

    @pytest.mark.parametrize("name", ODD)
    def test_that_is_a_picture_becomes_webp_of_nothing_but_pixels(self, name: str) -> None:
        ((width, height, data),) = making.make(ODD[name], [3000, 2500])
        with opened(data) as image:
            assert image.size == (width, height) and getattr(image, "n_frames", 1) == 1
            assert not image.getexif() and not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)
        assert MARK not in data and b"Camera" not in data and b"PK\x03\x04" not in data

    def test_is_turned_as_its_camera_says(self) -> None:
        data = picture("JPEG", (60, 20), exif=exif(orientation=6))
        ((width, height, _),) = making.make(data, WIDTHS)
        assert (width, height) == (20, 60)

    def test_is_kept_in_two_widths_and_never_made_larger(self) -> None:
        wide, small = making.make(picture("JPEG", (3200, 1000)), WIDTHS)
        assert (wide[:2], small[:2]) == ((1600, 500), (720, 225))
        assert [made[:2] for made in making.make(picture(size=(1000, 10)), WIDTHS)] == [(1000, 10), (720, 7)]
        assert [made[:2] for made in making.make(picture(size=(700, 10)), WIDTHS)] == [(700, 10)]

    def test_can_be_cut_to_a_square(self) -> None:
        made = making.make(picture(size=(300, 100)), [64, 192], square=True)
        assert [each[:2] for each in made] == [(192, 192), (64, 64)]

    def test_of_sixteen_bits_keeps_its_light(self) -> None:
        out = io.BytesIO()
        Image.new("I;16", (8, 8), 32_768).save(out, "PNG")
        ((_, _, data),) = making.make(out.getvalue(), WIDTHS)
        assert 120 < opened(data).convert("L").getpixel((4, 4)) < 136


class TestTheProcessBesideUs:
    def test_gives_the_same_as_its_parts(self) -> None:
        data = picture("JPEG", (2000, 100))
        made = taking.make(data, WIDTHS)
        assert [(each.width, each.height, each.data) for each in made] == making.make(data, WIDTHS)

    @pytest.mark.parametrize(
        ("data", "status"),
        [(b"", 422), (b"<svg/>", 422), (b"\xff\xd8\xff" + bytes(judging.BYTES_LIMIT), 413), (HOSTILE["half a PNG"][0], 422)],
        ids=["nothing", "svg", "too many bytes", "half"],
    )  # fmt: skip
    def test_says_why_it_does_not_take_one(self, data: bytes, status: int) -> None:
        with pytest.raises(taking.Refused) as refused:
            taking.make(data, WIDTHS)
        assert refused.value.status == status and str(refused.value).endswith(".")

    def test_that_falls_or_hangs_is_told_as_a_picture_that_is_too_hard(self, monkeypatch) -> None:
        for fate in ("import os; os.kill(os.getpid(), 9)", "import time; time.sleep(60)"):
            monkeypatch.setattr(taking, "START", fate)
            monkeypatch.setattr(taking, "LONGEST", 0.3)
            with pytest.raises(taking.Refused, match="takes too long"):
                taking.make(picture(), WIDTHS)

    def test_may_use_no_more_than_its_share(self, monkeypatch) -> None:
        greedy = taking.START.replace("main()", "_bounded(); x = bytes(2_000_000_000); main()").replace(
            "import main", "import main, _bounded"
        )
        monkeypatch.setattr(taking, "START", greedy)
        with pytest.raises(taking.Refused, match="takes too long"):
            taking.make(picture(), WIDTHS)

    def test_is_decoded_within_the_bounds_of_the_system(self) -> None:
        """Processor time, memory, files and dumps are bounded by the process itself, before it reads the picture."""
        told = "[resource.getrlimit(getattr(resource, 'RLIMIT_' + name))[0] for name in ('CPU', 'AS', 'FSIZE', 'CORE')]"
        spying = f"import resource, common.pictures.making as made; made.make = lambda *a, **k: sys.exit(str({told})); main()"
        code = taking.START.replace("main()", spying)
        command = [sys.executable, "-I", "-c", code, json.dumps({"widths": [400], "square": False})]
        done = subprocess.run(command, input=picture(), capture_output=True, env={}, check=False)
        assert done.stderr.decode().strip() == f"[{making.CPU_SECONDS}, {making.MEMORY}, 0, 0]"
        assert (making.CPU_SECONDS, making.MEMORY) == (3, 1_500_000_000)  # as docs/security.md says
