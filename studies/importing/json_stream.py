"""JSON from strangers, read a record at a time, with memory bounded: arrays, single objects, and objects line by line.

A scanner that knows only brackets and strings finds where each record begins and ends; the record alone is then
parsed. An array of records may be the whole file, or stand in what an API wraps around it: Crossref's
``message.items``, OpenAlex's ``results``. What a file may cost is capped below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from studies.importing import crossref, csl, endnote, openalex
from studies.importing.guarded import CHUNK, Stream, Unreadable, read_bytes
from studies.importing.json_values import table_of
from studies.importing.record import NotAStudy, Refusal, StudyRecord, cut
from studies.importing.texts import MOST_FAULTS, Piece, decoded, lines, taken

RECORD_LIMIT = 8 * 1024 * 1024  # bytes of one record
DEPTH_LIMIT = 60  # brackets inside each other
VALUE_LIMIT = 500_000  # values of one record
LISTS_OF_RECORDS = frozenset({b'"results"', b'"items"', b'"references"'})
KEY_LIMIT = 40  # bytes of a name that is looked at

# A string, whole or as far as it is here, or a bracket.
TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[\]{}]', re.DOTALL)
REST_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+("?)', re.DOTALL)
BETWEEN = b" \t\r\n,\x1e\xef\xbb\xbf"  # white space, commas, byte order marks, and what separates JSON text sequences
SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

RECORD_OF = {
    "openalex": openalex.record_of,
    "crossref": crossref.record_of,
    "endnote": endnote.record_of,
    "csl": csl.record_of,
}
Item = tuple[str, StudyRecord | Refusal]


def read_json(stream: Stream, place: str, *, by_line: bool) -> Iterator[Item]:
    """The records of a JSON file, in order, each with the kind of its source. Never raises for what it reads.

    ``by_line`` where each line is a whole record: a broken one then costs no more than itself.
    """
    number = faults = 0
    try:
        for piece in _by_line(stream) if by_line else Scanner(stream).pieces():
            number += 1
            kind, item = _item(piece, f"{place}, record {number} (line {piece.line})")
            yield kind, item
            faults += isinstance(item, Refusal)
            if faults >= MOST_FAULTS:
                raise Unreadable(f"has {MOST_FAULTS:,} records at fault; the rest is left alone")
        if not number:
            yield "", Refusal(place, "holds no study")
    except Unreadable as error:
        yield "", Refusal(f"{place}, after record {number}" if number else place, str(error))


def is_by_line(head: bytes) -> bool:
    """Whether a file that begins so has a whole object on each of its lines, of which there are several."""
    first, _, rest = head.lstrip().partition(b"\n")
    following = rest.lstrip()
    return first.startswith(b"{") and first.rstrip().endswith(b"}") and following.startswith(b"{")


def told(facts: Any) -> tuple[str, dict[str, Any]]:
    """The kind of source that a JSON value is of, and the record in it. Raises ``NotAStudy`` where it is none."""
    if isinstance(facts, dict) and isinstance(facts.get("message"), dict):
        facts = facts["message"]
    if not isinstance(facts, dict):
        raise NotAStudy("it is no JSON object")
    ours = csl.OURS in table_of(facts.get("custom"))
    if not ours and openalex.is_work(facts):
        return "openalex", facts
    if not ours and crossref.is_work(facts):
        return "crossref", facts
    if endnote.is_of_reflib(facts):
        return "endnote", facts
    if csl.is_item(facts):
        return "csl", facts
    raise NotAStudy("it is JSON, but neither CSL-JSON nor a work of OpenAlex's or Crossref's")


def _item(piece: Piece, at: str) -> Item:
    if fault := piece.fault or _too_much(piece.text):
        return "", Refusal(at, fault)
    text, losses = decoded(piece.text)
    kind = ""

    def make() -> StudyRecord:
        nonlocal kind
        try:
            facts = json.loads(text)
        except ValueError as error:
            raise NotAStudy(f"it is no well-formed JSON ({cut(str(error), 120)})") from error
        except RecursionError as error:
            raise NotAStudy(f"its brackets are nested more than {DEPTH_LIMIT} deep") from error
        if ESCAPED_SURROGATE.search(text):
            facts = _without_surrogates(facts)
        kind, facts = told(facts)
        return RECORD_OF[kind](facts, at)

    item = taken(make, at, losses)
    return kind, item


def _too_much(data: bytes) -> str:
    values = data.count(b'"') // 2 + data.count(b"[") + data.count(b"{") + data.count(b",")
    return f"it has more than {VALUE_LIMIT:,} values" if values > VALUE_LIMIT else ""


def _without_surrogates(value: Any) -> Any:
    """JSON may name halves of characters (``\\ud800``), which no text may hold."""
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(item) for name, item in value.items()}
    return value


def _by_line(stream: Stream) -> Iterator[Piece]:
    for number, line in lines(stream, RECORD_LIMIT):
        if line is None:
            yield Piece(number, b"", f"it is larger than {RECORD_LIMIT // 1024**2} MB")
        elif text := line.strip(BETWEEN):
            yield Piece(number, text)


class Scanner:
    """Where the records of a stream of JSON begin and end.

    A record is an object that stands alone, or what stands in a list: in an array that is the file, or in one that an
    object wraps under a name known for it.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.open = bytearray()  # the brackets that are open
        self.in_string = False
        self.name = self.wrapper = b""  # the last string, and the one before the last object of the outermost
        self.list_at: int | None = None  # how many brackets are open around what stands in the list of records
        self.record_at: int | None = None  # and around the record that is being gathered
        self.kept: list[bytes] = []
        self.size, self.fault = 0, ""
        self.line = self.begun = 1
        self.counted = 0

    def pieces(self) -> Iterator[Piece]:
        """Each record. Raises ``Unreadable`` where the JSON breaks off, after giving what came before."""
        held = b""
        while chunk := read_bytes(self.stream, CHUNK):
            data = held + chunk
            # A backslash at the very end escapes what is not here yet.
            escaping = (len(data) - len(data.rstrip(b"\\"))) % 2
            held = data[len(data) - escaping :]
            yield from self._scan(data[: len(data) - escaping])
        yield from self._scan(held)
        if self.open or self.in_string:
            raise Unreadable(f"is cut off: what begins on line {self.begun} does not end")

    def _scan(self, data: bytes) -> Iterator[Piece]:
        self.counted = position = start = 0
        if self.in_string:
            rest = REST_OF_STRING.match(data)
            position = rest.end() if rest else 0
            self.in_string = not (rest and rest[1])
            self.name = (self.name + data[:position])[: KEY_LIMIT + 1]
        for token in TOKEN.finditer(data, position):
            if self.record_at is None:
                yield from self._passed_over(data, position, token.start())
            position = token.end()
            sign = token[0]
            if sign[:1] == b'"':
                self.in_string = not token[1]
                self.name = sign[: KEY_LIMIT + 1]
                if self.record_at is None:
                    yield from self._passed_over(data, token.start(), position)
            elif sign in b"[{":
                if self._begins(sign):
                    self.record_at, start = len(self.open), token.start()
                    self.kept, self.size, self.fault = [], 0, ""
                    self.begun = self._line_at(data, start)
                self.open += sign
                if len(self.open) > DEPTH_LIMIT + (self.record_at or 0):
                    self._too_deep()
            else:
                if not self.open or self.open.pop() != (ord("{") if sign == b"}" else ord("[")):
                    line = self._line_at(data, position)
                    raise Unreadable(f"is no well-formed JSON: a bracket on line {line} closes none that is open")
                if self.record_at == len(self.open):
                    self._keep(data[start:position])
                    yield Piece(self.begun, b"" if self.fault else b"".join(self.kept), self.fault)
                    self.record_at, self.kept = None, []
                elif self.list_at is not None and len(self.open) < self.list_at:
                    self.list_at = None
        if self.record_at is None:
            yield from self._passed_over(data, position, len(data))
        else:
            self._keep(data[start:])
        self._line_at(data, len(data))

    def _begins(self, sign: bytes) -> bool:
        """Whether this bracket begins a record; notes where it begins the list of records instead."""
        depth = len(self.open)
        if self.record_at is None:
            if depth == 0 and sign == b"[":
                self.list_at = 1
                return False
            return depth == (self.list_at or 0)
        if self.record_at == 0 and sign == b"{" and depth == 1:
            self.wrapper = self.name
        wraps = depth == 1 or (depth == 2 and self.wrapper == b'"message"')
        if self.record_at == 0 and self.list_at is None and sign == b"[" and wraps and self.name in LISTS_OF_RECORDS:
            self.record_at, self.kept, self.list_at = None, [], depth + 1
        return False

    def _passed_over(self, data: bytes, start: int, end: int) -> Iterable[Piece]:
        """What stands where only records should; as one fault for all that stands together."""
        if start < end and len(self.open) == (self.list_at or 0) and (rest := data[start:end].lstrip(BETWEEN)):
            said = cut(repr(rest[:20].rstrip(BETWEEN))[2:-1], 24)
            yield Piece(self._line_at(data, end - len(rest)), b"", f"“{said}” is no record")

    def _keep(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > RECORD_LIMIT:
            self.fault = self.fault or f"it is larger than {RECORD_LIMIT // 1024**2} MB"
        if self.fault:
            self.kept = []
        else:
            self.kept.append(data)

    def _too_deep(self) -> None:
        fault = f"its brackets are nested more than {DEPTH_LIMIT} deep"
        if self.record_at is None or len(self.open) > 100 * DEPTH_LIMIT:
            raise Unreadable(f"is no list of records: {fault}")
        self.fault = self.fault or fault

    def _line_at(self, data: bytes, position: int) -> int:
        self.line += data.count(b"\n", self.counted, position)
        self.counted = max(self.counted, position)
        return self.line
