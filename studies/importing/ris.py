"""RIS, as publishers, databases and reference managers write it, and the dialect of the Web of Science.

They put the same thing under different tags (T1 or TI, A1 or AU, Y1 or PY or DA, JF or JO or T2), repeat tags, leave
them empty, invent some, wrap lines with and without indenting them, and write text before and between records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rispy import RisParser, WokParser

from studies.dates import PartialDate
from studies.evidence import PUBLICATION_TYPES as TYPES_THAT_TELL
from studies.importing.announced import (
    OF_NLM,
    doi_among,
    issns_in,
    pmcid_among,
    pmid_among,
    pmid_of_accession,
    standing_in,
)
from studies.importing.dates import first_appeared, partial_date
from studies.importing.guarded import Stream
from studies.importing.languages import language_code
from studies.importing.names import listed
from studies.importing.record import Heading, JournalFacts, Refusal, StudyRecord, tidy
from studies.importing.subjects import is_a_subject
from studies.importing.texts import Gathering, Piece, lines, records
from studies.importing.words import abstract_of, registration_of, title_of

START = re.compile(rb"\s{0,3}TY\s{0,4}-\s*(\S.*)")
END = re.compile(rb"\s{0,3}ER\s{0,4}-\s*")
TAG = re.compile(rb"\s{0,3}([A-Z][A-Z0-9])  -(?:\s(.*)|())")
# Where even the first line of a record does not keep to the two spaces, the others are not asked to.
LOOSE_TAG = re.compile(rb"\s{0,3}([A-Z][A-Z0-9])\s{0,4}-\s*(.*)")
WOS_START, WOS_END = re.compile(rb"PT [A-Z]\s*"), re.compile(rb"(?:ER|EF)\s*")

PUBLICATION_TYPES = {
    "jour": "Journal Article", "ejour": "Journal Article", "jfull": "Journal Article",
    "journal article": "Journal Article", "electronic article": "Journal Article", "article": "Journal Article",
    "thes": "Academic Dissertation", "thesis": "Academic Dissertation", "data": "Dataset", "dataset": "Dataset",
}  # fmt: skip
# What NLM calls its records, as a note of a record that came from there gives it.
NLM_TYPES = {name.lower(): name for name, _, _ in TYPES_THAT_TELL} | {"letter": "Letter"}

# "Acne Vulgaris/*therapy", "*Acne Vulgaris/pathology": so only NLM marks its headings.
MEDLINE_HEADING = re.compile(r"/\*[a-z]|^\*[A-Z][^/]*/[a-z]")
HEADING_ONLY = re.compile(r"[/*]|^[A-Z][^,]*, [A-Z]")
# Notes name other works too: "Comment in: …", "Erratum in: …".
OF_ANOTHER_WORK = re.compile(
    r"\s*(?:comment|erratum|correct|retract|republish|updat|expression of concern|cites|cited|summary)\w*\s+"
    r"(?:and republished )?(?:in|on|of|for|to|by|from)\b",
    re.IGNORECASE,
)

Tags = Mapping[str, Sequence[str]]


class _EveryTag(dict[str, str]):
    """Each tag under its own name, since the readers here ask for tags by their letters."""

    def __missing__(self, tag: str) -> str:
        return tag

    def __contains__(self, tag: object) -> bool:
        return True


class _Tags(RisParser):
    DEFAULT_MAPPING = _EveryTag()
    DEFAULT_LIST_TAGS = DEFAULT_MAPPING  # asked only whether it contains a tag
    DEFAULT_DELIMITER_MAPPING: dict = {}


class _WosTags(WokParser):
    DEFAULT_MAPPING = _EveryTag()
    DEFAULT_LIST_TAGS = DEFAULT_MAPPING


def read_ris(stream: Stream, place: str) -> Iterator[StudyRecord | Refusal]:
    """The records of a RIS file, in order. Never raises for what it reads."""
    yield from records(_pieces(stream), place, lambda text, at: record_of(_Tags().parse(text)[0], at))


def read_wos(stream: Stream, place: str) -> Iterator[StudyRecord | Refusal]:
    """The records of a "plain text" or "tagged" file of the Web of Science. Never raises for what it reads."""
    yield from records(_wos_pieces(stream), place, lambda text, at: _of_wos(_WosTags().parse(text)[0], at))


def _pieces(stream: Stream) -> Iterator[Piece]:
    """Each record from its TY to its ER, lines in the one form that the parser knows.

    A record that the next TY ends is taken: some programs write no ER. Where others before it had theirs, the last
    record of a file without one is cut off.
    """
    record: Gathering | None = None
    loose, ended, endless, stray = False, 0, 0, 0
    for number, line in lines(stream):
        if line is not None and (start := START.fullmatch(line.removeprefix(b"\xef\xbb\xbf"))):
            if stray:
                yield Piece(stray, b"", "its fields stand outside of any record: no TY comes before them")
            if record:
                endless += 1
                record.add(b"ER  - ")
                yield record.piece()
            record, stray = Gathering(number), 0
            loose = not TAG.fullmatch(line.removeprefix(b"\xef\xbb\xbf"))
            record.add(b"TY  - " + start[1])
        elif record and line is not None and END.fullmatch(line):
            record.add(b"ER  - ")
            ended += 1
            yield record.piece()
            record = None
        elif record:
            tag = (LOOSE_TAG if loose else TAG).fullmatch(line) if line else None
            record.add(tag[1] + b"  - " + (tag[2] or b"") if tag else line, number)
        elif line is not None and not stray and TAG.fullmatch(line) and not END.fullmatch(line):
            stray = number
    if stray:
        yield Piece(stray, b"", "its fields stand outside of any record: no TY comes before them")
    if record:
        record.add(b"ER  - ")
        yield record.piece("" if endless and not ended else "it is cut off: no ER ends it")


def _wos_pieces(stream: Stream) -> Iterator[Piece]:
    record: Gathering | None = None
    for number, line in lines(stream):
        if line is not None and WOS_START.fullmatch(line):
            if record:
                yield record.piece("it is cut off: no ER ends it")
            record = Gathering(number)
            record.add(line)
        elif record and line is not None and WOS_END.fullmatch(line):
            record.add(b"ER ")
            yield record.piece()
            record = None
        elif record:
            record.add(line, number)
    if record:
        yield record.piece("it is cut off: no ER ends it")


# ── RIS ──────────────────────────────────────────────────────────────────────────────────────────


def record_of(tags: Tags, place: str) -> StudyRecord:
    """The record of one entry, by its tags. Raises ``NotAStudy``."""
    said = _Said(tags)
    notes = [note for note in (*said.all("N1"), *said.all("RN")) if not OF_ANOTHER_WORK.match(note)]
    elsewhere = [text for name in ("UR", "L3", "M3", "L1", "L2", "L4", "LK", "ID", "AN") for text in said.all(name)]
    custom = [text for number in range(1, 9) for text in said.all(f"C{number}")]
    providers = [*said.all("DP"), *said.all("DB")]
    of_nlm = any(OF_NLM.search(provider) for provider in providers)
    words = said.all("KW")
    keywords, mesh = keywords_and_headings(words, of_nlm=of_nlm or any(map(MEDLINE_HEADING.search, words)))
    abstract = abstract_of(said.joined("AB", "N2"))
    kind = tags.get("TY", "")
    title, short = said.joined("JF", "T2", "JO", "BT", "JA", "J2", "J1"), said.joined("JA", "J2", "J1")
    if len(short) > len(title):  # EndNote's users mix the two up
        title, short = short, title
    state, notice, noticed = standing_in(notes)
    return StudyRecord(
        title=title_of(said.joined("TI", "T1", "CT", "ST")),
        journal=JournalFacts(
            title=title,
            abbreviation=short,
            issns=issns_in(said.all("SN")),
        ),
        published=_published(said, of_nlm=of_nlm),
        authors=tuple(map(listed, said.all("AU") or said.all("A1"))),
        doi=doi_among([*said.all("DO"), *said.all("DI"), *elsewhere, *custom, *notes]) or said.joined("DO"),
        pmid=pmid_among([*elsewhere, *custom, *notes]) or pmid_of_accession(said.joined("AN"), providers),
        pmcid=pmcid_among([*custom, *elsewhere, *notes]),
        volume=said.joined("VL", "VO"),
        issue=said.joined("IS", "CP"),
        pages=pages(said.joined("SP"), said.joined("EP")) or said.joined("C7"),
        language=language_code(next(iter(said.all("LA")), "")),
        abstract=abstract,
        keywords=keywords,
        mesh=mesh,
        publication_types=publication_types(kind if isinstance(kind, str) else kind[0], notes if of_nlm else ()),
        registration=registration_of(abstract),
        retraction=state,
        retraction_notice=notice,
        retraction_date=noticed,
        place=place,
    )


class _Said:
    """What the tags of a record say, cleaned, empty ones left out."""

    def __init__(self, tags: Tags) -> None:
        self.tags = tags

    def all(self, tag: str) -> list[str]:
        """Every line of every field with this tag."""
        values = self.tags.get(tag, ())
        return [text for value in values if (text := value.strip())] if not isinstance(values, str) else [values]

    def joined(self, *tags: str) -> str:
        """The lines of the first of these tags that says anything, as one."""
        return next((" ".join(values) for tag in tags if (values := self.all(tag))), "")


def _published(said: _Said, *, of_nlm: bool) -> PartialDate | None:
    """From PY or Y1, "2011/02/14/" or "2011", and DA where that is of the same year and says more.

    Of NLM's records EndNote keeps the day of the electronic publication in ET, as eight digits.
    """
    date = _written(said)
    electronic = said.joined("ET")
    if of_nlm and re.fullmatch(r"\d{8}", electronic):
        date = first_appeared([date, partial_date(electronic[:4], electronic[4:6], electronic[6:])])
    return date


def _written(said: _Said) -> PartialDate | None:
    date = date_of(said.joined("PY", "Y1"))
    written = said.joined("DA")
    other = date_of(written) or (partial_date(str(date.year), *written.split()[:2]) if date else None)
    if date is None or other is None:
        return date or other
    return other if date.year == other.year and len(other.parts) > len(date.parts) else date


def date_of(text: str) -> PartialDate | None:
    """A date as RIS and EndNote write it: "2011/02/14/Epub", "2011-02-14", "2011 Feb 14", "2011"."""
    parts = [*re.split(r"[/\s-]+", tidy(text), maxsplit=3), "", "", ""]
    return partial_date(parts[0], parts[1], parts[2])


def pages(first: str, last: str) -> str:
    return f"{first}-{last}" if first and last and first != last and "-" not in first else first or last


def keywords_and_headings(words: Sequence[str], *, of_nlm: bool) -> tuple[tuple[str, ...], tuple[Heading, ...]]:
    """Keywords, and NLM's headings where a record of NLM's has both in one list.

    A heading is told by its qualifier ("Acne Vulgaris/*therapy"), its star, its order of words ("Administration,
    Topical"), or by being one of those that NLM gives to nearly everything ("Humans"). A star elsewhere ("*athlete")
    only marks what matters most.
    """
    keywords: list[str] = []
    headings: list[Heading] = []
    for word in (word.strip() for words_of_line in words for word in words_of_line.split(";")):
        if of_nlm and (HEADING_ONLY.search(word) or not is_a_subject(word)):
            headings.append(heading_of(word))
        else:
            keywords.append(word.strip("* "))
    return tuple(keywords), tuple(headings)


def heading_of(text: str) -> Heading:
    """A descriptor from MEDLINE's "Acne Vulgaris/drug therapy/*therapy", major where any part has the star."""
    return Heading(text.split("/")[0].strip("* "), "*" in text)


def publication_types(kind: str, notes: Sequence[str]) -> tuple[str, ...]:
    """What the entry's type says, and what lines of a note of NLM's are word for word NLM's names of types."""
    found = [NLM_TYPES[line.lower()] for line in notes if line.lower() in NLM_TYPES]
    first = PUBLICATION_TYPES.get(tidy(kind).lower())
    return tuple(filter(None, [first, *found]))


# ── Web of Science ───────────────────────────────────────────────────────────────────────────────


def _of_wos(tags: Tags, place: str) -> StudyRecord:
    said = _Said(tags)
    abstract = abstract_of(said.joined("AB"))
    year, month = said.joined("PY"), [*said.joined("PD").split(), "", ""]
    kind = said.joined("DT").split(";")[0]
    return StudyRecord(
        title=title_of(said.joined("TI")),
        journal=JournalFacts(
            title=said.joined("SO"),
            abbreviation=said.joined("JI", "J9"),
            issns=issns_in([*said.all("SN"), *said.all("EI")]),
        ),
        published=partial_date(year, month[0], month[1]),
        authors=tuple(map(listed, said.all("AF") or said.all("AU"))),
        doi=said.joined("DI"),
        pmid=said.joined("PM"),
        volume=said.joined("VL"),
        issue=said.joined("IS"),
        pages=pages(said.joined("BP"), said.joined("EP")) or said.joined("AR"),
        language=language_code(said.joined("LA")),
        abstract=abstract,
        keywords=tuple(word.strip() for word in said.joined("DE").split(";")),
        publication_types=publication_types(kind, ()),
        registration=registration_of(abstract),
        place=place,
    )
