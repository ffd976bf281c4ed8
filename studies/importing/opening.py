"""Files as they come: each format that can be read, gzipped or not, alone or in a tar or zip archive.

The format is told by the content alone: by the first element of XML, the brackets of JSON, the first field of the
others; never by the file's name. Archives are read as streams: nothing is unpacked to disk, so the names of members are
only labels, and links lead nowhere.
"""

from __future__ import annotations

import gzip
import re
import struct
import tarfile
import zipfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE
from collections.abc import Callable, Iterator
from functools import partial
from io import SEEK_END
from pathlib import Path
from typing import BinaryIO

from studies.importing.bibtex import read_bibtex
from studies.importing.endnote import read_endnote
from studies.importing.guarded import (
    DAMAGE,
    PROLOG_LIMIT,
    RECORD_LIMIT,
    Stream,
    Unreadable,
    damaged,
    prolog,
    read_bytes,
)
from studies.importing.jats import read_jats
from studies.importing.json_stream import is_by_line, read_json
from studies.importing.medline import read_medline
from studies.importing.pubmed import read_pubmed
from studies.importing.record import Refusal, StudyRecord, cut
from studies.importing.ris import read_ris, read_wos
from studies.importing.texts import AsUtf8

GZIP, ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
RATIO_LIMIT = 200  # times its size that a file may swell when unpacked; real XML swells 4 to 20 times
UNPACKED_FREELY = 16 * 1024 * 1024  # bytes that may come out before the ratio is asked for
HEADER_LIMIT = 1024 * 1024  # bytes of an archive's headers between two members
DIRECTORY_LIMIT = 8 * 1024 * 1024  # bytes of a zip archive's list of its members

Reader = Callable[[Stream, str], Iterator[StudyRecord | Refusal]]
READERS: dict[str, tuple[str, Reader]] = {
    "article": ("jats", read_jats),
    "pmc-articleset": ("jats", read_jats),
    "PubmedArticleSet": ("pubmed", read_pubmed),
    "PubmedBookArticleSet": ("pubmed", read_pubmed),
    "PubmedArticle": ("pubmed", read_pubmed),
    "PubmedBookArticle": ("pubmed", read_pubmed),
    "xml": ("endnote", read_endnote),  # EndNote calls its first element so
    "records": ("endnote", read_endnote),
}
# The first line of a text that looks like one of these tells what it is; all before it may be anything.
BEGINNINGS: tuple[tuple[re.Pattern[bytes], str, Reader], ...] = (
    (re.compile(rb"\s{0,3}TY\s{0,4}-\s*\S"), "ris", read_ris),
    (re.compile(rb"(?:PMID|UI) {0,4}- ?\d"), "medline", read_medline),
    (re.compile(rb"(?:FN \S|PT [A-Z]\s*$)"), "ris", read_wos),
    (re.compile(rb"\s*@\s{0,4}[A-Za-z]{3,30}\s{0,4}[{(]"), "bibtex", read_bibtex),
)
JSON_BEGINS = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*(?:[\[{\]\"\d-]|true|false|null|$))")
UNKNOWN = "is in none of the formats that are read: PubMed, JATS or EndNote XML, MEDLINE, RIS, BibTeX, JSON"

# What a file gives: the kind of source it is ("" where that could not be told), and a record or why there is none.
Item = tuple[str, StudyRecord | Refusal]


def read(path: Path, moved: Callable[[int], None] | None = None) -> Iterator[Item]:
    """The records of a file, in order, each with the kind of its source.

    ``moved`` is told the position in the file, in bytes, now and then. Never raises for what the file holds: a file
    that cannot be opened or read is a ``Refusal`` with its place.
    """
    place = path.name
    found = False
    try:
        with path.open("rb") as file:
            for item in _opened(_Watched(file, moved), place):
                found = True
                yield item
        if not found:
            yield "", Refusal(place, "holds no study")
    except OSError as error:
        yield "", Refusal(place, f"cannot be read ({error.strerror or error})")
    except Unreadable as error:
        yield "", Refusal(place, str(error))


def _opened(file: _Watched, place: str) -> Iterator[Item]:
    magic = file.peek(4)
    if magic in ZIP:
        yield from _members_of_zip(file, place)
        return
    stream: Stream = file
    if magic.startswith(GZIP):
        stream = _Unpacked(file)
    head = read_bytes(stream, PROLOG_LIMIT)
    rejoined = _Rejoined(head, stream)
    if head[257:262] == b"ustar":
        yield from _members(rejoined, place)
    else:
        yield from _document(rejoined, place)


def _document(stream: _Rejoined, place: str, *, among_others: bool = False) -> Iterator[Item]:
    """The records of one document. What is of no known format is passed over where it lies ``among_others``."""
    try:
        reader = _reader_of(stream)
    except Unreadable as error:
        yield "", Refusal(place, str(error))
        return
    if reader:
        yield from reader(place)
    elif not among_others:
        yield "", Refusal(place, UNKNOWN)


def _reader_of(stream: _Rejoined) -> Callable[[str], Iterator[Item]] | None:
    """How to read what begins so, given its place; None for no known format. Raises ``Unreadable`` with the reason."""
    head = stream.head
    if not head.strip():
        raise Unreadable("is empty")
    of_utf_16 = head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and not head.startswith(BOM_UTF32_LE)
    text = head.decode("utf-16", errors="ignore").encode("utf-8", errors="ignore") if of_utf_16 else head
    text = text.removeprefix(BOM_UTF8).lstrip()
    if text.startswith(b"<") or head.startswith(BOM_UTF32_LE):
        root = prolog(head).root
        if root not in READERS:
            raise Unreadable(f"begins with <{cut(root, 40)}>, which is neither JATS nor PubMed nor EndNote XML")
        return partial(_of_kind, *READERS[root], stream)
    if b"\0" in text:
        return None
    stream.head = head.removeprefix(BOM_UTF8)
    plain: Stream = AsUtf8(stream) if of_utf_16 else stream
    if JSON_BEGINS.match(text):
        return lambda place: read_json(plain, place, by_line=is_by_line(text))
    for line in text.replace(b"\r", b"\n").split(b"\n"):
        for beginning, kind, reader in BEGINNINGS:
            if beginning.match(line):
                return partial(_of_kind, kind, reader, plain)
    return None


def _of_kind(kind: str, reader: Reader, stream: Stream, place: str) -> Iterator[Item]:
    for item in reader(stream, place):
        yield kind, item


def _members(stream: _Rejoined, place: str) -> Iterator[Item]:
    stream.allow(HEADER_LIMIT)  # opening reads the first header already
    try:
        # A block at a time, so that the last block read is the one at which tarfile stopped.
        with tarfile.open(fileobj=stream, mode="r|", bufsize=tarfile.BLOCKSIZE) as archive:  # type: ignore[call-overload]
            while True:
                stream.allow(HEADER_LIMIT)
                member = archive.next()
                stream.allow(None)
                if member is None:
                    # tarfile takes a damaged header for the end; the true end is a block of zeros.
                    if stream.last.strip(b"\0") or len(stream.last) < tarfile.BLOCKSIZE:
                        raise Unreadable("is cut off or damaged: the archive does not end where it says")
                    _drain(stream)  # the packing around it may be cut off all the same
                    return
                at = f"{place}, {cut(member.name, 120)}"
                if member.isdir():
                    continue
                if not member.isreg() or member.issparse():
                    yield "", Refusal(at, "is a link or another thing that is no plain file, and leads nowhere")
                elif (file := archive.extractfile(member)) is not None:
                    yield from _member(file, at, member.size)
    except (*DAMAGE, ValueError) as error:
        raise Unreadable(damaged(error)) from error


def _member(file: Stream, at: str, size: int) -> Iterator[Item]:
    try:
        head = read_bytes(file, PROLOG_LIMIT)
    except Unreadable as error:
        yield "", Refusal(at, str(error))
    else:
        if size > RECORD_LIMIT and head.lstrip(BOM_UTF8 + b" \t\r\n").startswith(b"<"):
            reason = f"is larger than {RECORD_LIMIT // 1024**2} MB, the most that one file of an archive may be"
            yield "", Refusal(at, reason)
        elif head.strip():
            yield from _document(_Rejoined(head, file), at, among_others=True)
    _drain(file)


def _members_of_zip(file: _Watched, place: str) -> Iterator[Item]:
    """The members of a zip archive, in the order of its list. What it unpacks to is measured over all of them."""
    unpacked = _OfZip(file.seek(0, SEEK_END))
    try:
        with zipfile.ZipFile(_Capped(file)) as archive:
            for member in archive.infolist():
                at = f"{place}, {cut(member.filename, 120)}"
                if member.is_dir():
                    continue
                try:
                    with archive.open(member) as content:
                        yield from _member(unpacked.of(content), at, member.file_size)
                except (RuntimeError, NotImplementedError) as error:
                    yield "", Refusal(at, f"cannot be unpacked ({cut(str(error), 120)})")
    except (*DAMAGE, zipfile.BadZipFile, ValueError, LookupError, struct.error) as error:
        raise Unreadable(damaged(error)) from error


def _drain(file: Stream) -> None:
    while file.read(PROLOG_LIMIT):
        pass


class _Watched:
    """The file itself: tells how far it has been read."""

    def __init__(self, file: BinaryIO, moved: Callable[[int], None] | None) -> None:
        self.file, self.moved = file, moved

    def peek(self, size: int) -> bytes:
        start = self.file.read(size)
        self.file.seek(0)
        return start

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        if self.moved:
            self.moved(self.file.tell())
        return data

    def tell(self) -> int:
        return self.file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def seekable(self) -> bool:
        return True


class _Capped:
    """A zip archive as ``zipfile`` reads it, its list of members no longer than may be."""

    def __init__(self, file: _Watched) -> None:
        self.file, self.tell, self.seek, self.seekable = file, file.tell, file.seek, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(DIRECTORY_LIMIT + 1 if size < 0 else min(size, DIRECTORY_LIMIT + 1))
        if len(data) > DIRECTORY_LIMIT:
            raise Unreadable(f"has a list of members of more than {DIRECTORY_LIMIT // 1024**2} MB")
        return data


class _OfZip:
    """What comes out of the members of a zip archive, one after the other, measured together."""

    def __init__(self, packed: int) -> None:
        self.packed, self.size = packed, 0
        self.member: Stream | None = None

    def of(self, member: Stream) -> Stream:
        self.member = member
        return self

    def read(self, size: int, /) -> bytes:
        if self.size > UNPACKED_FREELY and self.size > RATIO_LIMIT * self.packed:
            raise Unreadable(f"swells to more than {RATIO_LIMIT} times its size when unpacked")
        data = self.member.read(size) if self.member else b""
        self.size += len(data)
        return data


class _Unpacked:
    """What comes out of a packed file; stops, for good, where that is damaged or swells beyond all reason."""

    def __init__(self, packed: _Watched) -> None:
        self.unpacked, self.packed = gzip.GzipFile(fileobj=packed, mode="rb"), packed
        self.size = 0
        self.fault = ""

    def read(self, size: int) -> bytes:
        if self.size > UNPACKED_FREELY and self.size > RATIO_LIMIT * self.packed.tell():
            self.fault = f"swells to more than {RATIO_LIMIT} times its size when unpacked"
        if self.fault:
            raise Unreadable(self.fault)
        try:
            data = self.unpacked.read1(size)  # as much as is whole, so that a cut costs no more than what it cut
        except DAMAGE as error:
            self.fault = damaged(error)
            raise Unreadable(self.fault) from error
        self.size += len(data)
        return data


class _Rejoined:
    """A stream whose first bytes were read already.

    ``allow`` caps what may be read until it is called again; ``last`` is the last block that was.
    """

    def __init__(self, head: bytes, stream: Stream) -> None:
        self.head, self.stream = head, stream
        self.allowance: int | None = None
        self.last = b""

    def allow(self, size: int | None) -> None:
        self.allowance = size

    def read(self, size: int) -> bytes:
        if self.head:
            data, self.head = self.head[:size], self.head[size:]
        else:
            data = self.stream.read(size)
        if self.allowance is not None:
            self.allowance -= len(data)
            if self.allowance < 0:
                raise Unreadable("has an archive header of more than 1 MB")
        self.last = (
            (self.last + data)[-tarfile.BLOCKSIZE :] if len(data) < tarfile.BLOCKSIZE else data[-tarfile.BLOCKSIZE :]
        )
        return data
