"""The changes of a study's history in words: field by field, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from common.text import shortened
from studies.models import Study, StudyChange, StudyFacts
from studies.models.study import Level, Retraction

SHOWN = 600  # characters of one value
NAMES = {
    "retraction": "Standing", "retraction_notice": "Notice", "retraction_date": "Date of the notice",
    "evidence_level": "Evidence", "evidence_source": "Evidence according to", "study_type": "Design",
    "kept_fields": "Kept by hand", "tags": "Tags", "authors": "Authors", "abstract": "Abstract",
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One field of a change: its ``name`` in words, its text ``before`` and ``after``, "" for none."""

    name: str
    before: str
    after: str


def differences_of(change: StudyChange) -> list[Difference]:
    """The fields that a change changed, those that are alike left out."""
    before, after = _table(change.before), _table(change.after)
    pairs = [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
    return [
        Difference(name_of(name), in_words(name, old), in_words(name, new)) for name, old, new in pairs if old != new
    ]


def name_of(field: str) -> str:
    """A field's name, for readers."""
    if field in NAMES:
        return NAMES[field]
    for model in (StudyFacts, Study):
        if field in {each.name for each in model._meta.get_fields()}:
            words = str(getattr(model._meta.get_field(field), "verbose_name", field))
            return words[:1].upper() + words[1:]
    return field.replace("_", " ").capitalize()


def in_words(field: str, value: Any) -> str:
    """A stored value as a reader reads it, cut at ``SHOWN`` characters."""
    if value is None or value == "" or value == []:
        return ""
    if field == "retraction" and value in Retraction.values:
        return str(Retraction(value).label)
    if field == "evidence_level" and value in Level.values:
        return str(Level(value).label)
    if isinstance(value, list):
        value = "; ".join(str(each) for each in value)
    elif isinstance(value, dict):
        value = "; ".join(f"{name}: {each}" for name, each in value.items())
    return shortened(str(value), SHOWN)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
