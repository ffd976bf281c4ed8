"""Text from strangers, read a line and a record at a time, with memory bounded.

RIS, MEDLINE and BibTeX are cut into records here and in their readers, and each record alone is handed to the library
that knows its format. Lines may end in LF, CRLF or CR. A record is read as UTF-8 and, where it is none, as
Windows-1252, which is told as a loss. What a file may cost is capped below.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from common.text import clean_line
from studies.importing.guarded import CHUNK, Stream, Unreadable, read_bytes
from studies.importing.record import NotAStudy, Refusal, StudyRecord, cut

LINE_LIMIT = 1024 * 1024  # bytes of one line
TEXT_LIMIT = 4 * 1024 * 1024  # bytes of one record
LINES_LIMIT = 50_000  # lines of one record
MOST_FAULTS = 10_000  # records refused before the rest of a file is left alone
NOT_UTF_8 = "read as Windows-1252, since it is not UTF-8"


@dataclass(frozen=True)
class Piece:
    """The text of one record and the line on which it begins, or the ``fault`` for which it was not kept."""

    line: int
    text: bytes
    fault: str = ""


class AsUtf8:
    """A stream of UTF-16 with its byte order mark, as UTF-8."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        self.rest = b""
        self.ended = False

    def read(self, size: int, /) -> bytes:
        while len(self.rest) < size and not self.ended:
            data = read_bytes(self.stream, CHUNK)
            self.ended = not data
            self.rest += self.decoder.decode(data, final=self.ended).encode("utf-8", errors="replace")
        data, self.rest = self.rest[:size], self.rest[size:]
        return data


def lines(stream: Stream, limit: int = LINE_LIMIT) -> Iterator[tuple[int, bytes | None]]:
    """Each line without its end, and its number from 1; None in the place of one of more than ``limit`` bytes.

    Raises ``Unreadable`` where the packing around the text is damaged, after giving what came before.
    """
    number, rest, overlong, chunk = 1, b"", False, b""
    while True:
        after_cr = chunk.endswith(b"\r")
        chunk = read_bytes(stream, CHUNK)
        if not chunk:
            break
        # A CR that ended the last chunk has ended its line already.
        text = chunk[1:] if after_cr and chunk.startswith(b"\n") else chunk
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *others = text.split(b"\n")
        rest += first
        for other in others:
            yield number, None if overlong or len(rest) > limit else rest
            number, rest, overlong = number + 1, other, False
        if len(rest) > limit:
            rest, overlong = b"", True
    if rest or overlong:
        yield number, None if overlong else rest


class Gathering:
    """The lines of one record while they come in."""

    def __init__(self, line: int, limit: int = TEXT_LIMIT) -> None:
        self.line, self.size, self.limit, self.fault = line, 0, limit, ""
        self.kept: list[bytes] = []

    def add(self, text: bytes | None, number: int = 0) -> None:
        if text is None:
            self.fault = self.fault or f"line {number} is longer than {LINE_LIMIT // 1024**2} MB"
            return
        self.size += len(text) + 1
        if self.size > self.limit:
            self.fault = self.fault or f"it is larger than {self.limit // 1024:,} kB"
        if len(self.kept) >= LINES_LIMIT:
            self.fault = self.fault or f"it has more than {LINES_LIMIT:,} lines"
        if self.fault:
            self.kept = []
        else:
            self.kept.append(text)

    def piece(self, fault: str = "") -> Piece:
        return Piece(self.line, b"\n".join(self.kept), self.fault or fault)


def decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Text, and what was lost in reading it."""
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        # Five bytes mean nothing in Windows-1252; Latin-1 gives them control characters, which are cleaned away.
        return "".join(map(WINDOWS_1252.__getitem__, data)), (NOT_UTF_8,)


WINDOWS_1252 = [
    bytes([byte]).decode("cp1252" if byte not in b"\x81\x8d\x8f\x90\x9d" else "latin-1") for byte in range(256)
]


def records(
    pieces: Iterable[Piece], place: str, make: Callable[[str, str], StudyRecord]
) -> Iterator[StudyRecord | Refusal]:
    """The records of a text, made by ``make`` from each piece's text and the place where it stood.

    Never raises for what it reads: what cannot be read comes as a ``Refusal``, after all that came before it.
    """
    number = faults = 0
    try:
        for piece in pieces:
            number += 1
            at = f"{place}, record {number} (line {piece.line})"
            item = Refusal(at, piece.fault) if piece.fault else _made(piece, at, make)
            yield item
            faults += isinstance(item, Refusal)
            if faults >= MOST_FAULTS:
                raise Unreadable(f"has {MOST_FAULTS:,} records at fault; the rest is left alone")
        if not number:
            yield Refusal(place, "holds no study")
    except Unreadable as error:
        yield Refusal(f"{place}, after record {number}" if number else place, clean_line(str(error)))


def _made(piece: Piece, at: str, make: Callable[[str, str], StudyRecord]) -> StudyRecord | Refusal:
    text, losses = decoded(piece.text)
    return taken(lambda: make(text, at), at, losses)


def taken(make: Callable[[], StudyRecord], at: str, losses: tuple[str, ...] = ()) -> StudyRecord | Refusal:
    """What ``make`` gives, with these losses too; a ``Refusal`` with the reason where it gives none."""
    try:
        record = make()
    except NotAStudy as error:
        return Refusal(at, str(error))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        return Refusal(at, f"it has an unexpected shape ({type(error).__name__}: {cut(str(error), 120)})")
    return replace(record, losses=losses + record.losses) if losses else record
