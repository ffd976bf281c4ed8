"""Files as they come: XML, gzipped XML, and tar archives of XML, gzipped or not.

The format is told by the bytes and the first element, never by the file's name. Archives are read as streams: nothing
is unpacked to disk, so the names of members are only labels, and links lead nowhere.
"""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

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
from studies.importing.pubmed import read_pubmed
from studies.importing.record import Refusal, StudyRecord, cut

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
RATIO_LIMIT = 200  # times its size that a file may swell when unpacked; real XML swells 4 to 20 times
UNPACKED_FREELY = 16 * 1024 * 1024  # bytes that may come out before the ratio is asked for
HEADER_LIMIT = 1024 * 1024  # bytes of an archive's headers between two members

Reader = Callable[[Stream, str], Iterator[StudyRecord | Refusal]]
READERS: dict[str, tuple[str, Reader]] = {
    "article": ("jats", read_jats),
    "pmc-articleset": ("jats", read_jats),
    "PubmedArticleSet": ("pubmed", read_pubmed),
    "PubmedBookArticleSet": ("pubmed", read_pubmed),
    "PubmedArticle": ("pubmed", read_pubmed),
    "PubmedBookArticle": ("pubmed", read_pubmed),
}

# What a file gives: the kind of source it is ("" where that could not be told), and a record or why there is none.
Item = tuple[str, StudyRecord | Refusal]


def read(path: Path, moved: Callable[[int], None] | None = None) -> Iterator[Item]:
    """The records of a file, in order, each with the kind of its source.

    ``moved`` is told the position in the file, in bytes, now and then. Never raises for what the file holds: a file
    that cannot be opened or read is a ``Refusal`` with its place.
    """
    place = path.name
    try:
        with path.open("rb") as file:
            yield from _opened(_Watched(file, moved), place)
    except OSError as error:
        yield "", Refusal(place, f"cannot be read ({error.strerror or error})")
    except Unreadable as error:
        yield "", Refusal(place, str(error))


def _opened(file: _Watched, place: str) -> Iterator[Item]:
    magic = file.peek(4)
    if magic.startswith(ZIP):
        raise Unreadable("is a zip archive, which is not read; unpack it first")
    stream: Stream = file
    if magic.startswith(GZIP):
        stream = _Unpacked(file)
    head = read_bytes(stream, PROLOG_LIMIT)
    rejoined = _Rejoined(head, stream)
    if head[257:262] == b"ustar":
        yield from _members(rejoined, place)
    else:
        yield from _document(rejoined, head, place)


def _document(stream: Stream, head: bytes, place: str) -> Iterator[Item]:
    try:
        if not head.strip():
            raise Unreadable("is empty")
        root = prolog(head).root
        if root not in READERS:
            raise Unreadable(f"begins with <{cut(root, 40)}>, which is neither JATS nor PubMed XML")
    except Unreadable as error:
        yield "", Refusal(place, str(error))
        return
    kind, reader = READERS[root]
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
                elif member.name.lower().endswith((".nxml", ".xml")):
                    yield from _member(archive, member, at)
                else:
                    _skip(archive, member)
    except (*DAMAGE, ValueError) as error:
        raise Unreadable(damaged(error)) from error


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, at: str) -> Iterator[Item]:
    file = archive.extractfile(member)
    if file is None:
        return
    if member.size > RECORD_LIMIT:
        yield (
            "",
            Refusal(at, f"is larger than {RECORD_LIMIT // 1024**2} MB, the most that one file of an archive may be"),
        )
    else:
        try:
            head = read_bytes(file, PROLOG_LIMIT)
        except Unreadable as error:
            yield "", Refusal(at, str(error))
        else:
            yield from _document(_Rejoined(head, file), head, at)
    _drain(file)


def _skip(archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    file = archive.extractfile(member)
    if file is not None:
        _drain(file)


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


class _Unpacked:
    """What comes out of a packed file; stops, for good, where that is damaged or swells beyond all reason."""

    def __init__(self, packed: _Watched) -> None:
        self.unpacked, self.packed = gzip.GzipFile(fileobj=packed, mode="rb"), packed  # type: ignore[call-overload]
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
