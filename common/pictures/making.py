"""The process that decodes one picture: bytes from standard input, clean WebP to standard output.

It knows nothing of the site and may fall: memory, processor time and files are bounded by the
system before the first byte is read. It answers with a line of JSON, and then the pictures one after another; or with
the line alone, ``{"refused": "…"}``, where the bytes are no picture that is taken.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageOps

from common.pictures.judging import (
    BROKEN,
    BYTES_LIMIT,
    NO_PICTURE,
    TOO_MANY_PIXELS,
    Refused,
    check_size,
    kind_of,
    told_size,
)

TALLEST = 8_000  # pixels of what is kept; WebP itself ends at 16,383
CPU_SECONDS = 3
MEMORY = 1_500_000_000  # bytes of address space, libraries included
QUALITY = 80


def main() -> None:
    _bounded()
    wanted = json.loads(sys.argv[1])
    try:
        made = make(sys.stdin.buffer.read(BYTES_LIMIT + 1), wanted["widths"], square=wanted["square"])
    except Refused as refused:
        print(json.dumps({"refused": str(refused)}))
        return
    sizes = [(width, height, len(data)) for width, height, data in made]
    sys.stdout.buffer.write(json.dumps({"made": sizes}).encode() + b"\n")
    sys.stdout.buffer.write(b"".join(data for _, _, data in made))


def _bounded() -> None:
    try:
        import resource
    except ImportError:  # where the system has no such limits, the time-out of ``taking`` is what is left
        return
    for limit, most in (("RLIMIT_CPU", CPU_SECONDS), ("RLIMIT_AS", MEMORY), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, limit), (most, most))


def make(data: bytes, widths: list[int], *, square: bool = False) -> list[tuple[int, int, bytes]]:
    """The picture as (width, height, WebP), for each of ``widths`` that it reaches, the widest first.

    A picture that is narrower than the smallest width keeps its own. ``square`` cuts out the middle. Only the first
    frame is read; the picture is turned as its EXIF says, its colours become sRGB, and nothing but pixels is kept.
    """
    image = _decoded(data, max(widths))
    if square:
        image = ImageOps.fit(
            image, (max(widths), max(widths))
        )  # a small one is made larger, so that both sizes are there
    made: list[tuple[int, int, bytes]] = []
    for width in sorted(widths, reverse=True):
        if made and width >= made[-1][0]:
            continue  # a small picture has one size
        made.append(_written(image, width))
    return made


def _decoded(data: bytes, width: int) -> Image.Image:
    kind = kind_of(data)
    if not kind:
        raise Refused(NO_PICTURE)
    check_size(told_size(kind, data))
    Image.MAX_IMAGE_PIXELS = None  # both sizes are checked here, before a pixel is made
    warnings.simplefilter("ignore")
    try:
        image: Image.Image = Image.open(BytesIO(data), formats=[kind])
        check_size(image.size)
        # JPEG can be decoded at a half, a quarter or an eighth of its size, which costs so much less.
        image.draft("RGB", (width * 2, width * 2))
        image.load()
        return _in_srgb(ImageOps.exif_transpose(image))
    except Refused:
        raise
    except MemoryError as error:
        raise Refused(TOO_MANY_PIXELS) from error
    except Exception as error:  # a broken file may make a decoder raise anything
        raise Refused(BROKEN) from error


def _in_srgb(image: Image.Image) -> Image.Image:
    """The same picture as RGB or RGBA in the colours of the web."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")  # sixteen bits of grey
    clear = "A" in image.getbands() or "transparency" in image.info
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            mode: Any = "RGBA" if image.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
            )
            image = converted or image
    return image.convert("RGBA" if clear else "RGB")


def _written(image: Image.Image, width: int) -> tuple[int, int, bytes]:
    scale = min(1.0, width / image.width, TALLEST / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    scaled = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    # What a file says beside its pixels stands in ``info``; a picture made anew has none of it.
    clean = Image.frombytes(scaled.mode, scaled.size, scaled.tobytes())
    out = BytesIO()
    clean.save(out, "WEBP", quality=QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return *clean.size, out.getvalue()
