"""XML from strangers, read a record at a time, with nothing fetched, nothing expanded and memory bounded.

A DOCTYPE line is accepted and never followed. Declarations of its own (entities, attribute defaults) are refused
before the parser sees them: they are how a small file becomes a large one, or reads another file. XInclude and
processing instructions do nothing. What a file may cost is capped below.
"""

from __future__ import annotations

import re
import tarfile
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from lxml import etree

from common.text import clean_line
from studies.importing.prose import local_name
from studies.importing.record import NotAStudy, Refusal, StudyRecord, cut

CHUNK = 32_768  # bytes fed to the parser at a time
PROLOG_LIMIT = 65_536  # bytes before the first element
RECORD_LIMIT = 16 * 1024 * 1024  # bytes of XML of one record
TOKEN_LIMIT = 4 * 1024 * 1024  # bytes of one tag, text or comment
ELEMENT_LIMIT = 100_000  # elements of one record, apart from its full text
DEPTH_LIMIT = 100  # elements inside each other; the parser itself gives up at 256

ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
    "cp1252": "windows-1252",
}
DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
ASIDE = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
DOCTYPE = re.compile(r"""<!DOCTYPE\s+[^\s\["'>]+(?:[^"'\[>]|"[^"]*"|'[^']*')*""")
ROOT = re.compile(r"<([^\W\d][\w.:-]*)")


# What the libraries below raise for packing that is cut off or damaged.
DAMAGE = (OSError, EOFError, zlib.error, tarfile.TarError)


class Unreadable(Exception):
    """Nothing more can be read from here; the text says why."""


def damaged(error: Exception) -> str:
    return f"is cut off or damaged ({cut(str(error), 120)})"


class Stream(Protocol):
    """What can be read: a file, a member of an archive."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Prolog:
    """What stands before the first element: the ``encoding`` to read with, and the first element's ``root`` name."""

    encoding: str
    root: str


@dataclass(frozen=True)
class Found:
    """One record's element, valid until the next is asked for, or the ``fault`` for which it was not kept.

    ``alone`` where the record is the whole file.
    """

    line: int
    alone: bool
    element: etree._Element | None
    fault: str = ""


def prolog(head: bytes) -> Prolog:
    """Look at a file's first bytes without parsing them. Raises ``Unreadable`` where they are not plain XML.

    The encoding found here is forced on the parser, so that both read the same characters.
    """
    encoding = _encoding(head)
    text = head.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace").removeprefix("\ufeff")
    position = 0
    while True:
        if aside := ASIDE.match(text, position):
            position = aside.end()
        elif doctype := DOCTYPE.match(text, position):
            position = _after_doctype(text, doctype.end())
        elif root := ROOT.match(text, position):
            return Prolog(encoding, root[1].rpartition(":")[2])
        else:
            raise Unreadable(_no_root(text[position:]))


def _encoding(head: bytes) -> str:
    if head.startswith(BOM_UTF32_LE):
        raise Unreadable("is written in UTF-32, which is not read")
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        raise Unreadable("is not XML: it holds NUL bytes")
    declared = DECLARED.match(head.removeprefix(BOM_UTF8))
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name not in ENCODINGS or (head.startswith(BOM_UTF8) and ENCODINGS[name] != "utf-8"):
        raise Unreadable(f"is written in {name}, which is not read; UTF-8, UTF-16 and Latin-1 are")
    return ENCODINGS[name]


def _after_doctype(text: str, position: int) -> int:
    if text[position : position + 1] == "[":
        end = text.find("]", position)
        if end < 0 or text[position + 1 : end].strip():
            raise Unreadable("its DOCTYPE brings declarations of its own (entities or the like), which are never read")
        position = end + 1
    end = text.find(">", position)
    if end < 0 or text[position:end].strip():
        raise Unreadable("is not XML: its DOCTYPE does not end")
    return end + 1


def _no_root(rest: str) -> str:
    if not rest.strip():
        return "holds nothing but white space and comments where its first element should be"
    if rest.startswith("<!DOCTYPE") or rest.startswith(("<?", "<!--")):
        return f"has no element within its first {PROLOG_LIMIT // 1024} kB"
    return "is not XML"


def elements(stream: Stream, wanted: frozenset[str], dropped: frozenset[str] = frozenset()) -> Iterator[Found]:
    """Each element named in ``wanted``, whole but for the elements named in ``dropped``, as soon as it has ended.

    Names are without namespace. A record that breaks a cap comes as its fault, and the next ones still come. Raises
    ``Unreadable`` where the XML breaks off, after giving what came before.
    """
    head = read_bytes(stream, PROLOG_LIMIT)
    reading = _Reading(prolog(head).encoding, wanted, dropped)
    chunk, later = head[:CHUNK], head[CHUNK:]
    fault = ""
    while chunk and not fault:
        fault = reading.feed(chunk)
        yield from reading.found()
        if not fault:
            if reading.waiting > TOKEN_LIMIT:
                raise Unreadable(f"has one tag, text or comment of more than {TOKEN_LIMIT // 1024**2} MB")
            chunk, later = (later[:CHUNK], later[CHUNK:]) if later else (read_bytes(stream, CHUNK), b"")
    if not fault:
        fault = reading.close()
        yield from reading.found()
    if fault:
        raise Unreadable(fault)


class _Reading:
    """The parser and where it stands: which record is open, how deep, how much of it is kept."""

    def __init__(self, encoding: str, wanted: frozenset[str], dropped: frozenset[str]) -> None:
        self.parser = etree.XMLPullParser(
            events=("start", "end"),
            encoding=encoding,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            attribute_defaults=False,
            huge_tree=False,
            recover=False,
            remove_comments=True,
            remove_pis=True,
        )
        self.wanted, self.dropped = wanted, dropped
        self.bytes = self.waiting = self.depth = 0
        self.record: etree._Element | None = None
        self.record_start = self.kept = 0
        self.dropping: etree._Element | None = None
        self.fault = ""

    def feed(self, chunk: bytes) -> str:
        """Parse on; gives why it can't go on, or ""."""
        self.bytes += len(chunk)
        self.waiting += len(chunk)
        try:
            self.parser.feed(chunk)
        except etree.XMLSyntaxError:
            return self._fault("is no well-formed XML")
        # Some faults stop the parser without a word: what follows would be swallowed in silence.
        return self._fault("is no well-formed XML") if self.parser.feed_error_log.filter_from_fatals() else ""

    def close(self) -> str:
        try:
            self.parser.close()
        except etree.XMLSyntaxError:
            return self._fault("is cut off")
        return ""

    def _fault(self, what: str) -> str:
        fatal = self.parser.feed_error_log.filter_from_fatals()
        return f"{what} (line {fatal[0].line}: {cut(fatal[0].message, 200)})" if len(fatal) else what

    def found(self) -> Iterator[Found]:
        for event, element in self.parser.read_events():
            self.waiting = 0
            # Nearly all that is read begins and ends inside a record, where there is little to do but to count.
            inside = self.record is not None and not self.fault
            dropping = self.dropping is not None
            if event == "start":
                if (
                    inside
                    and self.depth < DEPTH_LIMIT
                    and (dropping or (not self.dropped and self.kept < ELEMENT_LIMIT))
                ):
                    self.depth += 1
                    self.kept += not dropping
                else:
                    self._started(element)
            elif inside and not dropping and element is not self.record:
                self.depth -= 1
            elif inside and dropping and element is not self.dropping:
                self.depth -= 1
                _free_before(element)
            elif (found := self._ended(element)) is not None:
                yield found
                self._forget(element)
        if self.record is not None and not self.fault and self.bytes - self.record_start > RECORD_LIMIT:
            self.fault = f"it is larger than {RECORD_LIMIT // 1024**2} MB"

    def _started(self, element: etree._Element) -> None:
        self.depth += 1
        if self.depth == 1:
            _refuse_declarations(element)
        name = local_name(element)
        if self.record is None:
            if name in self.wanted:
                self.record, self.record_start, self.kept, self.fault = element, self.bytes, 0, ""
            return
        if self.dropping is None and name in self.dropped:
            self.dropping = element
        if self.dropping is None:
            self.kept += 1
            if self.kept > ELEMENT_LIMIT:
                self.fault = self.fault or f"it has more than {ELEMENT_LIMIT:,} elements"
        if self.depth > DEPTH_LIMIT:
            self.fault = self.fault or f"its elements are nested more than {DEPTH_LIMIT} deep"

    def _ended(self, element: etree._Element) -> Found | None:
        self.depth -= 1
        if element is self.record:
            self.record = None
            return Found(element.sourceline or 0, self.depth == 0, None if self.fault else element, self.fault)
        if self.record is None or self.dropping is not None or self.fault:
            if element is self.dropping:
                self.dropping = None
                element.clear()  # what stands before it is the record's own
            else:
                self._forget(element)
        return None

    def _forget(self, element: etree._Element) -> None:
        """Free an element that has ended, and all that ended before it beside it."""
        element.clear()
        _free_before(element)


def _free_before(element: etree._Element) -> None:
    """Free what ended before an element, beside it."""
    if element.getprevious() is not None:
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _refuse_declarations(root: etree._Element) -> None:
    """The second lock: what the look at the prolog must already have stopped."""
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise Unreadable("its DOCTYPE declares entities, which are never read")


def read_bytes(stream: Stream, size: int) -> bytes:
    """``size`` bytes, or fewer at the end. Raises ``Unreadable`` where the packing around the XML is damaged."""
    parts: list[bytes] = []
    missing = size
    while missing:
        try:
            part = stream.read(missing)
        except (Unreadable, *DAMAGE) as error:
            if parts:
                break  # what is whole is read first; the fault comes again with the next call
            if isinstance(error, Unreadable):
                raise
            raise Unreadable(damaged(error)) from error
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def records(
    stream: Stream,
    place: str,
    *,
    wanted: frozenset[str],
    dropped: frozenset[str] = frozenset(),
    make: Callable[[etree._Element, str], StudyRecord],
) -> Iterator[StudyRecord | Refusal]:
    """The records of a stream, made by ``make`` from each element named in ``wanted`` and the place it stood.

    Never raises for what it reads: what cannot be read comes as a ``Refusal``, after all that came before it.
    """
    number = 0
    try:
        for found in elements(stream, wanted, dropped):
            number += 1
            at = place if found.alone else f"{place}, record {number} (line {found.line})"
            if found.element is None:
                yield Refusal(at, found.fault)
                continue
            try:
                yield make(found.element, at)
            except NotAStudy as error:
                yield Refusal(at, str(error))
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
                yield Refusal(
                    at, f"its markup has an unexpected shape ({type(error).__name__}: {cut(str(error), 120)})"
                )
        if not number:
            yield Refusal(place, "holds no study")
    except Unreadable as error:
        yield Refusal(f"{place}, after record {number}" if number else place, clean_line(str(error)))
