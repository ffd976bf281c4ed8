"""The fields of a study that can be corrected: how each is shown, how what is typed is read, and how it is written.

What is written here is kept when the study's records are imported again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, gettext_noop

from common import wording
from common.text import clean_line
from studies import identifiers
from studies.dates import PartialDate
from studies.importing.journals import known_journals
from studies.importing.people import author_key, known_authors
from studies.importing.record import JournalFacts, Person, web_address
from studies.importing.turns import one_at_a_time
from studies.models import Authorship, Correction, Study, StudyChange
from studies.models.study import Level
from studies.searching import refresh_text

AUTHORS_LIMIT = 500
Value = Any


@dataclass(frozen=True)
class Field:
    """One field. ``parse`` raises ``ValidationError`` with a sentence; ``write`` gives the names of what it set."""

    name: str
    title: str
    help: str
    show: Callable[[Study], str]
    parse: Callable[[str], Value]
    write: Callable[[Study, Value], list[str]]


def _line(limit: int, *, needed: bool = False) -> Callable[[str], str]:
    def parse(typed: str) -> str:
        line = clean_line(typed)
        if needed and not line:
            raise ValidationError(gettext("This can't be empty."))
        if len(line) > limit:
            raise ValidationError(gettext("This is too long: at most %(limit)s characters, please.") % {"limit": limit})
        return line

    return parse


def _identifier(name: str, parse_one: Callable[[str], str]) -> Callable[[str], str | None]:
    def parse(typed: str) -> str | None:
        line = clean_line(typed)
        if not line:
            return None
        value = parse_one(line)
        if not value:
            raise ValidationError(gettext("“%(line)s” is not a %(name)s.") % {"line": line[:80], "name": name})
        return value

    return parse


def _date(typed: str) -> PartialDate:
    try:
        return PartialDate.parse(clean_line(typed))
    except (ValueError, TypeError) as error:
        raise ValidationError(
            gettext("Write the date as 2011, 2011-02 or 2011-02-14, only as precise as it is known.")
        ) from error


def _whole_number(typed: str) -> int | None:
    line = clean_line(typed).replace(",", "").replace(" ", "")
    if not line:
        return None
    if not (line.isascii() and line.isdecimal() and 0 < int(line[:12]) < 2**31):
        raise ValidationError(gettext("Write a number of people, such as 144."))
    return int(line)


def _level(typed: str) -> str:
    line = clean_line(typed).casefold()
    for value, label in Level.choices:
        if line in (value.casefold(), label.casefold()):
            return value
    raise ValidationError(gettext("Write one of: %(labels)s.") % {"labels": ", ".join(Level.labels)})


def _address(typed: str) -> str:
    line = clean_line(typed)
    if line and not web_address(line):
        raise ValidationError(gettext("Write the whole address, with https:// before it."))
    return web_address(line)


def _people(typed: str) -> list[Person]:
    lines = [clean_line(line) for line in typed.splitlines()]
    people = []
    for line in filter(None, lines):
        family, comma, given = line.partition(",")
        people.append(Person(family=family.strip(), given=given.strip()) if comma else Person(collective=line))
    if not people:
        raise ValidationError(gettext("Write one author a line, as Family, Given; a group by its name alone."))
    if len(people) > AUTHORS_LIMIT:
        raise ValidationError(gettext("At most %(authors_limit)s authors, please.") % {"authors_limit": AUTHORS_LIMIT})
    return people


def _set(*names: str) -> Callable[[Study, Value], list[str]]:
    def write(study: Study, value: Value) -> list[str]:
        for name in names:
            setattr(study, name, value)
        study.save(update_fields=names)
        return list(names)

    return write


def _write_date(study: Study, value: PartialDate) -> list[str]:
    study.published_year, study.published_month, study.published_day = value.year, value.month, value.day
    names = ["published_year", "published_month", "published_day"]
    study.save(update_fields=names)
    return names


def _write_level(study: Study, value: str) -> list[str]:
    study.evidence_level, study.evidence_source = value, "corrected by the librarians"
    study.save(update_fields=["evidence_level", "evidence_source"])
    return ["evidence_level", "evidence_source"]


def _write_journal(study: Study, value: str) -> list[str]:
    study.journal = known_journals([JournalFacts(title=value)])[0]
    study.save(update_fields=["journal"])
    return ["journal"]


def _write_authors(study: Study, people: list[Person]) -> list[str]:
    authors = known_authors(people)
    Authorship.objects.filter(study=study).delete()
    places = list(dict.fromkeys(authors[author_key(person)].pk for person in people))
    Authorship.objects.bulk_create(
        [Authorship(study=study, author_id=author, position=place) for place, author in enumerate(places, 1)]
    )
    return ["authors"]


def _show_authors(study: Study) -> str:
    people = [place.author for place in study.authorships.select_related("author").order_by("position")]
    return "\n".join(each.collective or ", ".join(filter(None, [each.family, each.given])) for each in people)


def _plain(name: str, title: str, help: str, parse: Callable[[str], Value]) -> Field:
    def show(study: Study) -> str:
        value = getattr(study, name)
        return "" if value is None else str(value)

    return Field(name, title, help, show, parse, _set(name))


ONE_OF = gettext_noop("One of: %(labels)s.")
wording.know(ONE_OF)
FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        _plain("title", gettext_noop("Title"), "", _line(1000, needed=True)),
        Field(
            "authors", gettext_noop("Authors"),
            gettext_noop("One a line, as Family, Given; a group by its name alone."), _show_authors, _people,
            _write_authors,
        ),
        Field(
            "journal", gettext_noop("Journal"),
            gettext_noop("Its whole name."), lambda study: study.journal.title if study.journal else "",
            _line(300, needed=True), _write_journal,
        ),
        Field(
            "published", gettext_noop("Date"),
            gettext_noop("As 2011, 2011-02 or 2011-02-14: only as precise as it is known."),
            lambda study: study.published.iso if study.published else "", _date, _write_date,
        ),
        _plain("volume", gettext_noop("Volume"), "", _line(50)),
        _plain("issue", gettext_noop("Issue"), "", _line(50)),
        _plain("pages", gettext_noop("Pages"), "", _line(80)),
        _plain("doi", "DOI", "", _identifier("DOI", identifiers.parse_doi)),
        _plain("pmid", "PMID", "", _identifier("PMID", identifiers.parse_pmid)),
        _plain("pmcid", "PMCID", "", _identifier("PMCID", identifiers.parse_pmcid)),
        _plain("registration", gettext_noop("Registration"), gettext_noop("Such as NCT01234567."), _line(60)),
        Field(
            "evidence_level", gettext_noop("Evidence"), ONE_OF % {"labels": ", ".join(Level.labels)},
            lambda study: study.get_evidence_level_display(), _level, _write_level,
        ),
        _plain(
            "study_type", gettext_noop("Design"),
            gettext_noop("In words, such as randomised controlled trial."), _line(60),
        ),
        _plain("sample_size", gettext_noop("People studied"), gettext_noop("A number."), _whole_number),
        _plain("language", gettext_noop("Language"), "", _line(20)),
        _plain("licence", gettext_noop("Licence"), "", _line(120)),
        _plain("open_access_url", gettext_noop("Where everybody may read it"), gettext_noop("An address."), _address),
    )
}  # fmt: skip

# An identifier is never taken back: addresses and citations were made with it.
NEVER_EMPTY = frozenset({"doi", "pmid", "pmcid"})


def parsed(study: Study, name: str, typed: str) -> Value:
    """What was typed for a field, read. Raises ``ValidationError`` where it is no value for this study."""
    field = FIELDS[name]
    value = field.parse(typed)
    if name in NEVER_EMPTY:
        if value is None:
            raise ValidationError(gettext("An identifier can be corrected, but not taken away."))
        if other := Study.objects.filter(**{name: value}).exclude(pk=study.pk).first():
            raise ValidationError(
                gettext("Another study of the library has it already: “%(title)s”.") % {"title": other.title[:200]}
            )
    if not isinstance(value, list) and typed.strip() == field.show(study).strip():
        raise ValidationError(gettext("This is what the library says already."))
    return value


def apply(correction: Correction, librarian) -> None:
    """Write the correction to its study: the field is kept from then on, and the history names who suggested it.

    Raises ``ValidationError`` where the value can't be taken (any more).
    """
    with one_at_a_time():  # journals and authors are known again by whoever writes alone
        study = (
            Study.objects.select_for_update(no_key=True, of=("self",))
            .select_related("journal")
            .get(pk=correction.study_id)
        )
        field = FIELDS[correction.field]
        before, value = field.show(study), parsed(study, correction.field, correction.after)
        try:
            with transaction.atomic():
                names = field.write(study, value)
        except IntegrityError as error:
            raise ValidationError(gettext("Another study of the library has this already.")) from error
        study.kept_fields = sorted({*study.kept_fields, *names})
        study.save(update_fields=["kept_fields"])
        refresh_text(study)
        StudyChange.record(
            study,
            StudyChange.Kind.CORRECTED,
            f"{field.title} corrected, as a member suggested.",
            actor=correction.member,
            reason=" ".join(filter(None, [correction.reason, correction.source])),
            before={field.name: before},
            after={field.name: field.show(study), "accepted_by": librarian.pk},
        )
