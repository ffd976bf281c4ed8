"""Pictures for tests, good and hostile, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from itertools import count

from PIL import Image

numbers = count(1)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **how) -> bytes:
    """A picture that no other call has made."""
    number = next(numbers)
    image = Image.new(mode, size)
    image.putpixel(
        (0, 0), number % 256 if mode in ("L", "P") else (number % 256, number // 256 % 256, 99, 255)[: len(mode)]
    )
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes, rows: bytes = b"") -> bytes:
    """A PNG whose header says this size, whatever its rows are."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
