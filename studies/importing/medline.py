"""MEDLINE text, the ``.nbib`` that PubMed gives for reference managers: its XML's records without their references."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rispy import RisParser

from studies.dates import PartialDate
from studies.identifiers import doi_in, parse_orcid, parse_registration, pmid_in
from studies.importing.dates import first_appeared, medline_date, partial_date
from studies.importing.guarded import Stream
from studies.importing.languages import language_code
from studies.importing.names import listed
from studies.importing.pubmed import PREPRINT_SERVER
from studies.importing.record import JournalFacts, Person, Refusal, Relation, StudyRecord
from studies.importing.ris import heading_of
from studies.importing.texts import Gathering, Piece, lines, records
from studies.importing.words import abstract_of, registration_of, title_of

TAG = re.compile(r"([A-Z]{2,5}) {0,4}- ?(.*)")
FIRST = re.compile(rb"(?:PMID|UI) {0,4}- ?\d.*")
# Those who wrote it are told apart by what stands before and after them, so they come as one list with their tags.
PEOPLE = frozenset({"AU", "FAU", "CN", "AUID"})
# What later notices do to a work, the weightiest last.
NOTICES = (
    ("EIN", "corrected"),
    ("CRI", "corrected"),
    ("PRIN", "corrected"),
    ("ECI", "concern"),
    ("RPI", "corrected"),
    ("RRI", "retracted"),
    ("RIN", "retracted"),
)
RELATIONS = {
    "RIN": "retracted_by", "ROF": "retracts", "RRI": "replaced_by", "RRF": "replaces",
    "PRIN": "partly_retracted_by", "PROF": "partly_retracts", "ECI": "concern_in", "ECF": "concern_about",
    "EIN": "corrected_by", "EFR": "corrects", "CRI": "republished_as", "CRF": "republishes",
    "RPI": "republished_as", "RPF": "republishes", "UIN": "updated_by", "UOF": "updates",
    "CIN": "commented_by", "CON": "comments_on",
}  # fmt: skip

Tags = Mapping[str, list[str]]


class _Tags(RisParser):
    """Tags of two to four letters, each with the lines of its values: a line without a tag goes on with the last."""

    START_TAG = "PMID"
    END_TAG = "END"

    def __init__(self) -> None:
        super().__init__(mapping={self.START_TAG: self.START_TAG})

    def parse_line(self, line: str) -> tuple[str, str] | tuple[None, str]:
        found = TAG.fullmatch(line)
        if not found:
            return None, line.strip()
        tag, value = found[1], found[2].strip()
        return ("people", f"{tag} {value}") if tag in PEOPLE else (tag, value)

    def _add_tag(self, record: dict, tag: str, content: str, extend_multiline: bool = False) -> None:
        values = record.setdefault(tag, [])
        if isinstance(values, list) and extend_multiline and values:
            values[-1].append(content)
        elif isinstance(values, list):
            values.append([content])

    def tags_of(self, text: str) -> dict[str, list[str]]:
        """The values of each tag of one record, each as one line; its PMID as the only one of that."""
        found = self.parse(text)[0]
        number = found.pop(self.START_TAG)
        return {tag: [" ".join(lines) for lines in values] for tag, values in found.items()} | {"PMID": [number]}


def read_medline(stream: Stream, place: str) -> Iterator[StudyRecord | Refusal]:
    """The records of a MEDLINE file, in order. Never raises for what it reads."""
    yield from records(_pieces(stream), place, lambda text, at: record_of(_Tags().tags_of(text), at))


def _pieces(stream: Stream) -> Iterator[Piece]:
    """Each record from its PMID to the next, or to the line that is no field and no part of one."""
    record: Gathering | None = None
    for number, line in lines(stream):
        if line is not None and FIRST.fullmatch(line.removeprefix(b"\xef\xbb\xbf")):
            if record:
                yield _whole(record)
            record = Gathering(number)
            record.add(re.sub(rb"^(?:\xef\xbb\xbf)?(?:PMID|UI) {0,4}- ?", b"PMID- ", line))
        elif record:
            record.add(line, number)
    if record:
        yield _whole(record)


def _whole(record: Gathering) -> Piece:
    record.add(b"END - ")
    return record.piece()


def record_of(tags: Tags, place: str) -> StudyRecord:
    """The record of one entry, by its tags. Raises ``NotAStudy``."""

    def first(*names: str) -> str:
        return next((value for name in names for value in tags.get(name, ()) if value), "")

    state, notice, noticed = _retraction(tags)
    title = title_of(first("TI"))
    title = title if title.lower() not in ("", "not available", "in process citation") else title_of(first("TT"))
    book = title_of(first("BTI"))
    abstract = abstract_of(first("AB", "OAB"))
    ids = [*tags.get("LID", ()), *tags.get("AID", ())]
    return StudyRecord(
        title=title or book,
        journal=JournalFacts(
            title=title_of(first("JT")) or first("TA") or (book if title else ""),
            abbreviation=first("TA"),
            issns=tuple(value.split(" ")[0] for value in tags.get("IS", ())),
            nlm_id=first("JID"),
        ),
        published=_published(first("DP"), first("DEP")),
        authors=tuple(_authors(tags.get("people", []))),
        doi=next((value[: -len(" [doi]")] for value in ids if value.lower().endswith(" [doi]")), ""),
        pmid=first("PMID"),
        pmcid=first("PMC"),
        volume=first("VI"),
        issue=first("IP"),
        pages=first("PG") or next((value[: -len(" [pii]")] for value in ids if value.endswith(" [pii]")), ""),
        language=language_code(first("LA")),
        abstract=abstract,
        keywords=tuple(word.strip("*") for word in tags.get("OT", ())),
        mesh=tuple(heading_of(heading) for heading in tags.get("MH", ())),
        publication_types=tuple(tags.get("PT", ())),
        registrations=tuple(filter(None, (*_registrations(tags), registration_of(abstract)))),
        funding=tuple(value.rstrip("/") for value in tags.get("GR", ())),
        conflicts=" ".join(tags.get("COIS", ())),
        relations=tuple(_relations(tags)),
        retraction=state,
        retraction_notice=notice,
        retraction_date=noticed,
        revised=_day(first("LR")),
        place=place,
    )


def _published(printed: str, electronic: str) -> PartialDate | None:
    return first_appeared([medline_date(printed), partial_date(electronic[:4], electronic[4:6], electronic[6:8])])


def _day(text: str) -> str:
    date = partial_date(text[:4], text[4:6], text[6:8])
    return date.iso if date else ""


def _authors(people: list[str]) -> Iterator[Person]:
    """Authors in order, groups among them. FAU is the full name of the AU after it, AUID belongs to the one before."""
    found: list[Person] = []
    full = ""
    for line in people:
        tag, _, value = line.partition(" ")
        if tag == "CN":
            found.append(Person(collective=value))
        elif tag == "FAU":
            found.append(listed(value))
            full = value
        elif tag == "AU":
            if not full:  # records of before 2002 have no full names
                found.append(listed(value))
            full = ""
        elif found and (orcid := parse_orcid(value)) and not found[-1].collective:
            found[-1] = Person(family=found[-1].family, given=found[-1].given, orcid=orcid)
    yield from found


def _registrations(tags: Tags) -> Iterator[str]:
    """The numbers of a trial's registrations among the databanks: "ClinicalTrials.gov/NCT01095302"."""
    for value in tags.get("SI", ()):
        if number := parse_registration(value.rpartition("/")[2]):
            yield number


def _relations(tags: Tags) -> Iterator[Relation]:
    """The works it is related to, told from preprints and their published versions as PubMed's own XML is."""
    for tag, kind in RELATIONS.items():
        for source in tags.get(tag, ()):
            if kind == "updated_by" and "Preprint" in tags.get("PT", ()):
                kind = "preprint_of"
            elif kind == "updates" and PREPRINT_SERVER.match(source):
                kind = "has_preprint"
            date = medline_date(source.partition(".")[2] or source)
            yield Relation(kind, doi=doi_in(source), pmid=pmid_in(source), text=source, date=date.iso if date else "")


def _retraction(tags: Tags) -> tuple[str, str, str]:
    """What later notices did to the work: (state, DOI or PMID of the weightiest notice, its date as far as known)."""
    found = ("retracted", "", "") if "Retracted Publication" in tags.get("PT", ()) else ("", "", "")
    for tag, state in NOTICES:
        for source in tags.get(tag, ()):
            if found[0] == "retracted" and state != "retracted":
                continue
            date = medline_date(source.partition(".")[2] or source)
            found = (state, pmid_in(source) or doi_in(source), date.iso if date else "")
            break
    return found
