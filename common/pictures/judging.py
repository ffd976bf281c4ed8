"""What can be said of a picture before any library reads it. Pillow is not loaded here."""

from __future__ import annotations

BYTES_LIMIT = 10_000_000
PIXELS_LIMIT = 40_000_000
SIDE_LIMIT = 20_000  # pixels

NO_PICTURE, TOO_MANY_PIXELS, BROKEN = "no picture", "too many pixels", "broken"


class Refused(Exception):
    """These bytes are not taken; the argument is one of the three words above."""


def kind_of(data: bytes) -> str:
    """What the first bytes say it is, in Pillow's words; "" where it is none of the four."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    return "WEBP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def told_size(kind: str, data: bytes) -> tuple[int, int]:
    """Width and height as the header tells them, before any library looks; (1, 1) where Pillow is to find them."""
    if kind == "PNG":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if kind == "GIF":
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    if kind == "WEBP" and data[12:16] == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return 1, 1


def check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise Refused(BROKEN)
    if width * height > PIXELS_LIMIT or max(width, height) > SIDE_LIMIT:
        raise Refused(TOO_MANY_PIXELS)
