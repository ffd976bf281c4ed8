"""What a librarian says of a study against its records: kept by imports, until it is given back.

Each verb takes its turn among imports, writes one line of the study's history with the reason, and gives whether
anything changed: pressed again it does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.evidence import assess
from studies.importing.building import build, combined, evidence_of
from studies.importing.sources import sources_of
from studies.importing.turns import one_at_a_time
from studies.models import Study, StudyChange, StudyFacts
from studies.models.study import Level
from studies.standing import FIELDS as STANDING
from studies.standing import Changed, Standing, follow, settle

EVIDENCE = ("evidence_level", "study_type", "evidence_source")
FACTS = ("sample_size", *StudyFacts.FIELDS)


def set_standing(study: Study, standing: Standing, *, actor, reason: str) -> bool:
    """Let the study stand so, whatever records and notices say. Readers are told as of any other change."""
    with one_at_a_time():
        locked = _locked(study)
        before, kept = Standing.of(locked), sorted({*locked.kept_fields, *STANDING})
        if before == standing and kept == locked.kept_fields:
            return False
        Study.objects.filter(pk=study.pk).update(**standing.to_json(), kept_fields=kept)
        if before != standing:
            follow([Changed(study.pk, before, standing)], actor=actor, reason=reason)
        else:
            words = f"Standing kept by hand: {standing.words}."
            StudyChange.record(locked, StudyChange.Kind.STANDING, words, actor=actor, reason=reason)
    study.refresh_from_db()
    return True


def give_standing_back(study: Study, *, actor, reason: str) -> bool:
    """Let the records and notices say again how the study stands."""
    with one_at_a_time():
        locked = _locked(study)
        if not set(locked.kept_fields) & set(STANDING):
            return False
        Study.objects.filter(pk=study.pk).update(kept_fields=sorted(set(locked.kept_fields) - set(STANDING)))
        if not settle([study.pk], actor=actor, reason=reason):
            words = "The records say again how it stands; they say the same."
            StudyChange.record(locked, StudyChange.Kind.STANDING, words, actor=actor, reason=reason)
    study.refresh_from_db()
    return True


def _locked(study: Study) -> Study:
    return Study.objects.select_for_update(no_key=True).get(pk=study.pk)


def set_evidence(study: Study, level: str, design: str, *, actor, reason: str) -> bool:
    """Let the evidence level and the design be these; the source shown says who set them and what they were."""
    with one_at_a_time():
        locked = _locked(study)
        if (locked.evidence_level, locked.study_type) == (level, design) and "evidence_level" in locked.kept_fields:
            return False
        before = {name: getattr(locked, name) for name in EVIDENCE}
        was = Level(_computed(locked)[0]).label
        after = dict(zip(EVIDENCE, (level, design, f"set by a librarian, was: {was}"), strict=True))
        kept = sorted({*locked.kept_fields, *EVIDENCE})
        Study.objects.filter(pk=study.pk).update(**after, kept_fields=kept)
        StudyChange.record(
            locked, StudyChange.Kind.EVIDENCE, f"Evidence set to “{Level(level).label}”, was “{_level(before)}”.",
            actor=actor, reason=reason, before=before, after=after,
        )  # fmt: skip
    study.refresh_from_db()
    return True


def give_evidence_back(study: Study, *, actor, reason: str) -> bool:
    """Let the records say the evidence level again."""
    with one_at_a_time():
        locked = _locked(study)
        if not set(locked.kept_fields) & set(EVIDENCE):
            return False
        before = {name: getattr(locked, name) for name in EVIDENCE}
        after = dict(zip(EVIDENCE, _computed(locked), strict=True))
        kept = sorted(set(locked.kept_fields) - set(EVIDENCE))
        Study.objects.filter(pk=study.pk).update(**after, kept_fields=kept)
        words = f"Evidence back to what the records say: “{_level(after)}”, was “{_level(before)}”."
        StudyChange.record(
            locked, StudyChange.Kind.EVIDENCE, words, actor=actor, reason=reason, before=before, after=after
        )
    study.refresh_from_db()
    return True


def _level(values: Mapping[str, Any]) -> str:
    return str(Level(values["evidence_level"]).label)


def _computed(study: Study) -> tuple[str, str, str]:
    """Level, design and source as the records give them; without records, as the study's own publication types do."""
    sources = sources_of([study.pk]).get(study.pk)
    if not sources:
        found = assess(study.publication_types)
    else:
        record = combined(sources)
        types = study.publication_types if "publication_types" in study.kept_fields else None
        found = evidence_of(record, sources, types)
    return str(found.level), found.study_type, found.source


def facts_of(study: Study) -> dict[str, Any]:
    """The facts as they stand: ``sample_size`` and the fields of ``StudyFacts``."""
    facts = StudyFacts.objects.filter(study=study).first() or StudyFacts(study=study)
    return {"sample_size": study.sample_size, **{name: getattr(facts, name) for name in StudyFacts.FIELDS}}


def set_facts(
    study: Study, wanted: Mapping[str, Any], *, back: frozenset[str] = frozenset(), actor, reason: str
) -> bool:
    """Let these facts be as a librarian says; those named in ``back`` be as the records say again.

    Takes values for any of ``FACTS``; what does not differ is not taken as set by hand.
    """
    with one_at_a_time():
        locked = _locked(study)
        before = facts_of(locked)
        back = back & set(locked.kept_fields) & set(FACTS)
        changed = {
            name: value
            for name, value in wanted.items()
            if name in FACTS and name not in back and value != before[name]
        }
        if not changed and not back:
            return False
        facts, _ = StudyFacts.objects.get_or_create(study=locked)
        for name, value in {**{name: type(before[name])() for name in back - {"sample_size"}}, **changed}.items():
            if name == "sample_size":
                locked.sample_size = value
            else:
                setattr(facts, name, value)
                facts.origins.pop(name, None)
        facts.save()
        if "sample_size" in back:
            locked.sample_size = None
        locked.kept_fields = sorted((set(locked.kept_fields) | set(changed)) - back)
        locked.save(update_fields=["sample_size", "kept_fields"])
        if sources := sources_of([study.pk]):
            build(sources)
        locked.refresh_from_db()
        after = facts_of(locked)
        moved = [name for name in FACTS if after[name] != before[name]]
        names = ", ".join(label_of(name) for name in (moved or sorted(back)))
        StudyChange.record(
            locked, StudyChange.Kind.EDITED, f"Facts edited: {names}.", actor=actor, reason=reason,
            before={name: before[name] for name in moved}, after={name: after[name] for name in moved},
        )  # fmt: skip
    study.refresh_from_db()
    return True


def label_of(name: str) -> str:
    """A field of a study or of its facts, in words."""
    model = StudyFacts if name in StudyFacts.FIELDS else Study
    return str(getattr(model._meta.get_field(name), "verbose_name", name))
