"""BibTeX and BibLaTeX, with names split and LaTeX decoded by bibtexparser, an entry at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bibtexparser.library import Library
from bibtexparser.middlewares import (
    LatexDecodingMiddleware,
    NameParts,
    RemoveEnclosingMiddleware,
    ResolveStringReferencesMiddleware,
    SeparateCoAuthors,
    SplitNameParts,
)
from bibtexparser.model import DuplicateFieldKeyBlock, Entry, MiddlewareErrorBlock
from bibtexparser.splitter import Splitter

from studies.dates import PartialDate
from studies.importing.announced import doi_among, issns_in, pmcid_among, pmid_among, standing_in
from studies.importing.dates import medline_date, partial_date
from studies.importing.guarded import Stream
from studies.importing.languages import language_code
from studies.importing.names import listed, of_a_group
from studies.importing.record import JournalFacts, NotAStudy, Person, Refusal, StudyRecord, cut
from studies.importing.texts import Gathering, Piece, decoded, lines, records
from studies.importing.words import abstract_of, registration_of, title_of

START = re.compile(rb"@\s{0,4}([A-Za-z]{3,30})\s{0,4}([{(])")
BRACE = re.compile(rb"(?<!\\)[{}]")
STRING = re.compile(r"@\s*string\s*[{(]\s*([^\s={}()\",]{1,80})\s*=\s*(.*?)\s*[)}]\s*$", re.IGNORECASE | re.DOTALL)
BARE_WORD = re.compile(r"[=#]\s*([A-Za-z][\w:.+-]{0,80})\s*(?=[,#})\n])")
PERCENT = re.compile(r"(?<!\\)%")
NO_ENTRIES = frozenset({b"comment", b"preamble"})
STRING_LIMIT = 5_000  # abbreviations of one file
NEST_LIMIT = 50  # braces inside each other
ENTRY_LIMIT = 512 * 1024  # bytes of one entry
DECODED = 20_000  # characters of one field that are decoded; what is longer keeps its LaTeX

PUBLICATION_TYPES = {
    "article": "Journal Article",
    "phdthesis": "Academic Dissertation",
    "mastersthesis": "Academic Dissertation",
    "thesis": "Academic Dissertation",
    "dataset": "Dataset",
}
MONTHS = {name: f"{{{name}}}" for name in "jan feb mar apr may jun jul aug sep oct nov dec".split()}
# What of LaTeX is plain enough to be undone here: braces around words, an escaped sign, dashes.
BRACED, ESCAPED = re.compile(r"\{([^{}\\$]*)\}"), re.compile(r"\\([%&_#])")
LATEX = re.compile(r"[\\${}~^]|``|''|[!?]`")  # what any other of it begins with

_BEFORE = (ResolveStringReferencesMiddleware(), RemoveEnclosingMiddleware())
_NAMES = (SeparateCoAuthors(name_fields=("author",)), SplitNameParts(name_fields=("author",)))


class _Decoding(LatexDecodingMiddleware):
    """LaTeX decoded in the parts of names too, of which the library's own leaves those that stand in a list.

    Text of plain words is passed by, which most of it is: decoding is what reading BibTeX takes its time for.
    """

    def transform_entry(self, entry: Entry, library: Library) -> Any:
        for field in entry.fields:
            if isinstance(field.value, list):
                for name in field.value:
                    for part in ("first", "von", "last", "jr") if isinstance(name, NameParts) else ():
                        setattr(
                            name, part, [self._transform_python_value_string(word)[0] for word in getattr(name, part)]
                        )
        return super().transform_entry(entry, library)

    def _transform_python_value_string(self, python_string: str) -> tuple[str, str]:
        unbraced = BRACED.sub(r"\1", python_string)
        if len(python_string) > DECODED or not LATEX.search(ESCAPED.sub("", unbraced)):
            return ESCAPED.sub(r"\1", unbraced).replace("---", "—").replace("--", "–"), ""
        return super()._transform_python_value_string(python_string)


_DECODING = _Decoding(keep_math_mode=False)


FIELDS = frozenset(
    "author title subtitle journal journaltitle fjournal booktitle maintitle shortjournal journal-iso journal_abbrev "
    "issn eissn date year month day doi url bdsk-url-1 ee link note annote annotation howpublished eprint eprinttype "
    "archiveprefix pmid pmcid volume number issue pages eid article-number articleno language langid abstract "
    "keywords keyword author_keywords".split()
)


def read_bibtex(stream: Stream, place: str) -> Iterator[StudyRecord | Refusal]:
    """The records of a BibTeX file, in order. Never raises for what it reads."""
    strings: dict[str, str] = {}
    yield from records(_pieces(stream, strings), place, lambda text, at: _record(text, strings, at))


def _pieces(stream: Stream, strings: dict[str, str]) -> Iterator[Piece]:
    """Each entry; the file's abbreviations are put into ``strings`` as they come. All else is BibTeX's comment."""
    block: Gathering | None = None
    name = closing = b""
    depth = 0
    for number, line in lines(stream):
        if line is None:
            if block:
                block.add(None, number)
            continue
        start = START.match(line.lstrip(b"\xef\xbb\xbf \t")) if b"@" in line else None
        if block and start:
            yield block.piece("its braces do not close before the next entry begins")
            block = None
        rest = line
        while rest:
            if block is None:
                found = START.search(rest) if b"@" in rest else None
                if not found:
                    break
                block, name = Gathering(number, ENTRY_LIMIT), found[1].lower()
                closing, depth = b"}" if found[2] == b"{" else b")", 1 if found[2] == b"{" else 0
                rest, begun = rest[found.start() :], found.end() - found.start()
            else:
                begun = 0
            end, depth, deepest = _end(rest, begun, depth, closing)
            if deepest > NEST_LIMIT:
                block.fault = block.fault or f"its braces are nested more than {NEST_LIMIT} deep"
            if not end:
                block.add(rest, number)
                break
            block.add(rest[:end], number)
            if name == b"string":
                _remember(block, strings)
            elif name not in NO_ENTRIES:
                yield block.piece()
            block, rest = None, rest[end:]
    if block and name not in NO_ENTRIES:
        yield block.piece("it is cut off: its braces do not close")


def _end(line: bytes, begun: int, depth: int, closing: bytes) -> tuple[int, int, int]:
    """(where the entry ends in this line, or 0; how many braces are open then; how many were at most)."""
    deepest = depth
    for brace in BRACE.finditer(line, begun):
        depth += 1 if brace[0] == b"{" else -1
        deepest = max(deepest, depth)
        if depth == 0 and closing == b"}":
            return brace.end(), 0, deepest
    stripped = line.rstrip()
    if closing == b")" and depth <= 0 and stripped.endswith(b")") and len(stripped) > begun:
        return len(stripped), 0, deepest
    return 0, depth, deepest


def _remember(block: Gathering, strings: dict[str, str]) -> None:
    found = STRING.match(decoded(block.piece().text)[0])
    if found and len(strings) < STRING_LIMIT and len(found[2]) <= 2_000:
        strings[found[1].lower()] = found[2]


# ── One entry ────────────────────────────────────────────────────────────────────────────────────


def _record(text: str, strings: Mapping[str, str], place: str) -> StudyRecord:
    entry = _entry(text, strings)
    kind = entry.entry_type.lower()
    values = {field.key.lower(): field.value for field in reversed(entry.fields)}  # of two alike the first
    people = values.get("author", [])

    def said(*names: str) -> str:
        return next((value for name in names if isinstance(value := values.get(name), str) and value.strip()), "")

    notes = [said("note"), said("annote"), said("annotation"), said("howpublished")]
    addresses = [said("url"), said("bdsk-url-1"), said("ee"), said("link")]
    eprint, archive = said("eprint"), said("eprinttype", "archiveprefix").lower()
    abstract = abstract_of(said("abstract"))
    title, subtitle = title_of(said("title")), title_of(said("subtitle"))
    state, notice, noticed = standing_in(notes)
    return StudyRecord(
        title=f"{title}: {subtitle}" if subtitle else title,
        journal=JournalFacts(
            title=title_of(said("journal", "journaltitle", "fjournal", "booktitle", "maintitle")),
            abbreviation=said("shortjournal", "journal-iso", "journal_abbrev"),
            issns=issns_in([said("issn"), said("eissn")]),
        ),
        published=_published(said("date"), said("year"), said("month"), said("day")),
        authors=tuple(_people(people)),
        doi=doi_among([said("doi"), *addresses, *notes, eprint]) or said("doi"),
        pmid=said("pmid") or (eprint if archive in ("pubmed", "pmid") else "") or pmid_among([*addresses, *notes]),
        pmcid=said("pmcid") or (eprint if archive in ("pmc", "pmcid") else "") or pmcid_among([*addresses, *notes]),
        volume=said("volume"),
        issue=said("number", "issue"),
        pages=re.sub(r"\s*[-–—]+\s*", "-", said("pages")) or said("eid", "article-number", "articleno"),
        language=language_code(said("language", "langid")),
        abstract=abstract,
        keywords=_keywords(said("keywords", "keyword", "author_keywords")),
        publication_types=tuple(filter(None, [PUBLICATION_TYPES.get(kind)])),
        registration=registration_of(abstract),
        retraction=state,
        retraction_notice=notice,
        retraction_date=noticed,
        place=place,
    )


def _entry(text: str, strings: Mapping[str, str]) -> Entry:
    """The entry with names split and LaTeX decoded. Raises ``NotAStudy`` with what is wrong with it."""
    wanted = {word.lower() for word in BARE_WORD.findall(text)} & (strings.keys() | MONTHS)
    known = "".join(f"@string{{{name} = {strings.get(name) or MONTHS[name]}}}\n" for name in sorted(wanted))
    # A per cent sign begins a comment in LaTeX; in BibTeX nobody means that.
    library = Splitter(known + PERCENT.sub(r"\\%", text)).split()
    library = _resolved(_alone(library))
    library.entries[0].fields = [field for field in library.entries[0].fields if field.key.lower() in FIELDS]
    split = library
    for step in _NAMES:
        split = step.transform(split)
    if split.failed_blocks:  # names that BibTeX's grammar has no room for are read as other formats write them
        split = library
    split = _DECODING.transform(split)
    if not split.entries:
        raise NotAStudy(_why(split))
    return split.entries[0]


def _alone(library: Library) -> Library:
    """The library with its entry freed of the fault that one of its fields stands there twice."""
    doubled = [
        block.ignore_error_block
        for block in library.failed_blocks
        if isinstance(block, DuplicateFieldKeyBlock) and block.ignore_error_block
    ]
    if not library.entries and not doubled:
        raise NotAStudy(_why(library))
    return Library([*library.strings, *library.entries[:1], *doubled[:1]])


def _resolved(library: Library) -> Library:
    values = {name.lower(): string.value for name, string in library.strings_dict.items()}
    for field in library.entries[0].fields if library.entries else ():
        if isinstance(field.value, str) and "#" in field.value and field.value[:1] not in "{":
            field.value = _joined(field.value, values)
    for step in _BEFORE:
        library = step.transform(library)
    return library


def _joined(value: str, strings: Mapping[str, str]) -> str:
    """ "jan # {~5}" as one value."""
    parts = [part.strip() for part in value.split("#")]
    plain = [strings.get(part.lower(), part).strip() for part in parts]
    return "{" + "".join(part[1:-1] if part[:1] in '{"' else part for part in plain) + "}"


def _why(library: Library) -> str:
    for block in library.failed_blocks:
        error = block.error
        if isinstance(block, MiddlewareErrorBlock):
            return f"its LaTeX cannot be read ({cut(str(error), 160)})"
        return f"it is no well-formed entry ({cut(getattr(error, 'abort_reason', str(error)), 160)})"
    return "it is no entry of BibTeX"


def _people(people: Any) -> Iterator[Person]:
    if isinstance(people, str):
        people = re.split(r"\s+and\s+", people)
    for name in people if isinstance(people, list) else ():
        if isinstance(name, str):
            if name.strip(". ").lower() not in ("", "others", "et al"):
                yield listed(name)
            continue
        first, von, last, jr = (" ".join(part) for part in (name.first, name.von, name.last, name.jr))
        if not first and not von and not jr:
            if last.lower() == "others":
                continue
            # A name in braces is one word to BibTeX, however many it has: a group's.
            yield Person(collective=last) if " " in last or of_a_group(last) else Person(family=last)
        else:
            yield Person(family=f"{von} {last} {jr.rstrip('.')}".strip(), given=first)


def _published(date: str, year: str, month: str, day: str) -> PartialDate | None:
    """From BibLaTeX's ``date`` ("2011-02-14", "2011-02/2011-03"), else from year, month and day."""
    if date:
        parts = [*date.split("/")[0].split("-"), "", ""]
        if found := partial_date(parts[0], parts[1], parts[2][:2]):
            return found
    words = month.replace("~", " ").split()
    if len(words) > 1 and not day:  # jan # "~5", "5 January"
        day = next((word for word in words if word.isdigit()), "")
        month = next((word for word in words if not word.isdigit()), "")
    return partial_date(year, month, day) or medline_date(year)


def _keywords(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(";" if ";" in text else ","))
