"""Two studies that are one work become one study; everything that hangs on the other moves to it.

``MOVES`` says for every relation to a study how it moves; a test fails where a new relation is not in it. What is
bound to a study by its content type registers with ``also``. The old number and the identifiers of the gone study keep
leading to the kept one (``MergedStudy``, ``OtherIdentifier``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from common import recount
from common.models import Tag
from forum.models import Post
from notices import following
from studies import keeping, mentions
from studies.importing.building import COLUMNS, build
from studies.importing.knowing import refresh_keys
from studies.importing.linking import link
from studies.importing.relating import join
from studies.importing.sources import sources_of
from studies.importing.turns import one_at_a_time
from studies.models import (
    Citation,
    ErrorReport,
    MergedStudy,
    MergeProposal,
    OtherIdentifier,
    ReadingList,
    Study,
    StudyChange,
    StudyFacts,
    StudyRelation,
    StudySource,
    StudyTag,
    StudyText,
    Summary,
    SummaryVersion,
)
from studies.searching import refresh_text
from studies.standing import subject_note

IDENTIFIERS = ("doi", "pmid", "pmcid")
# What a librarian may have set by hand at the gone study and not at the kept one, and that goes along.
CARRIED = tuple(name for name in COLUMNS if name not in ("title", *IDENTIFIERS))
STANDING = ("retraction", "retraction_notice", "retraction_date")
PICTURE = ("picture", "picture_credit", "picture_alt")

Move = Callable[[Study, Study, models.Field], None]


class CannotMerge(ValueError):
    """Two studies that cannot be merged; the text says why, as a sentence."""


def merge(kept: Study, gone: Study, *, actor: Any = None, reason: str = "") -> Study:
    """Make one study of two: ``kept`` stays and gets all that hangs on ``gone``. Gives the kept study as it is now.

    One transaction, which waits for imports to be between two batches and locks both studies and all that cite them or
    are cited by them in the order of their numbers. Pressing twice does it once. Raises ``CannotMerge`` where one of
    the two is not there any more.
    """
    if kept.pk == gone.pk:
        raise CannotMerge("A study can't be merged with itself.")
    with one_at_a_time():
        neighbours = _lock(kept.pk, gone.pk)
        found = Study.objects.in_bulk([kept.pk, gone.pk])
        if kept.pk not in found or gone.pk not in found:
            before = MergedStudy.objects.filter(old_id=gone.pk, study=kept.pk).exists()
            if before and kept.pk in found:
                return found[kept.pk]
            missing = next(pk for pk in (kept.pk, gone.pk) if pk not in found)
            raise CannotMerge(f"Study {missing} is not in the library any more; somebody may just have merged it.")
        return _merge(found[kept.pk], found[gone.pk], neighbours, actor, reason)


@transaction.atomic
def keep_apart(one: Study, other: Study, *, actor: Any, reason: str = "") -> None:
    """Let nobody propose the two again, and no import merge them."""
    first, second = sorted((one.pk, other.pk))
    MergeProposal.objects.update_or_create(
        study_id=first,
        other_id=second,
        defaults={
            "state": MergeProposal.State.APART, "decided_by": actor, "decided_at": timezone.now(),
            "reason": reason[:500],
        },
        create_defaults={
            "state": MergeProposal.State.APART, "decided_by": actor, "decided_at": timezone.now(),
            "reason": reason[:500], "why": "compared by hand", "score": 0,
        },
    )  # fmt: skip


def _lock(kept: int, gone: int) -> set[int]:
    """Lock the two and their neighbours among the citations, all in one order; gives the neighbours' ids."""
    pair = [kept, gone]
    citing = Citation.objects.filter(cited__in=pair).values_list("study_id", flat=True)
    cited = Citation.objects.filter(study__in=pair, cited__isnull=False).values_list("cited_id", flat=True)
    stating = StudyRelation.objects.filter(other__in=pair).values_list("study_id", flat=True)
    stated = StudyRelation.objects.filter(study__in=pair, other__isnull=False).values_list("other_id", flat=True)
    neighbours = {*citing, *cited, *stating, *stated} - {kept, gone}
    list(
        Study.objects.select_for_update()
        .filter(pk__in={*neighbours, kept, gone})
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return neighbours


def _merge(kept: Study, gone: Study, neighbours: set[int], actor: Any, reason: str) -> Study:
    mine = _facts_of(kept)
    before = {name: value for name, value in _facts_of(gone).items() if mine.get(name) != value}
    row = MergedStudy.objects.create(
        old_id=gone.pk, study=kept, title=gone.title, actor=actor, reason=reason[:500], facts=before
    )
    for field in relations():
        MOVES.get(name_of(field), each_once)(kept, gone, field)
    for hook in _hooks:
        hook(kept, gone)
    MergedStudy.objects.filter(pk=row.pk).update(thread=_move_discussion(kept, gone))
    _move_identifiers(kept, gone)
    _keep_what_was_set_by_hand(kept, gone)
    gone_id, gone_title = gone.pk, gone.title
    # All that may still hang on the row by now is what a foreign key's own rule may delete.
    gone.delete()
    kept.save(update_fields=[*CARRIED, *STANDING, *IDENTIFIERS, *PICTURE, "kept_fields", "discussion"])
    if sources := sources_of([kept.pk]):
        build(sources)
    kept = Study.objects.get(pk=kept.pk)
    link([kept.pk], neighbours)
    join([kept.pk], neighbours)
    mentions.link([kept.pk])
    if not sources:
        refresh_keys(kept)
    refresh_text(kept)
    for counter in recount.counters():
        if counter.table == Study._meta.db_table:
            counter.mend_rows([kept.pk])
    _rename_threads(kept)
    StudyChange.record(
        kept, StudyChange.Kind.MERGED, f"Study {gone_id}, “{gone_title[:400]}”, was merged into this one.",
        actor=actor, reason=reason, before={"study": gone_id, **before}, after={"study": kept.pk},
    )  # fmt: skip
    return Study.objects.get(pk=kept.pk)


def _facts_of(study: Study) -> dict[str, Any]:
    """What the study says, as JSON values, for the history."""
    facts: dict[str, Any] = {name: getattr(study, name) for name in COLUMNS if name != "journal"}
    facts |= {"journal": str(study.journal or ""), "picture": str(study.picture), "kept_fields": study.kept_fields}
    facts["authors"] = [str(each.author) for each in study.authorships.select_related("author")]
    facts["tags"] = sorted(study.tags.values_list("name", flat=True))
    facts["discussion"] = study.discussion_id
    return {name: value for name, value in facts.items() if value not in ("", None, [])}


# ── How each relation moves ──────────────────────────────────────────────────────────────────────


def relations() -> list[models.Field]:
    """Every foreign key of any table of ours that points at a study, hidden ones too."""
    pointing = (
        relation.field  # type: ignore[union-attr]
        for relation in Study._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)
    )
    return sorted(pointing, key=name_of)


def name_of(field: models.Field) -> str:
    return f"{field.model.__name__}.{field.name}"


def each_once(kept: Study, gone: Study, field: models.Field) -> None:
    """Rows move, but for those of which the kept study has the like: where a unique constraint allows only one.

    Counters of what such a row counted for are made true.
    """
    rows = field.model._base_manager
    for names in _unique_with(field):
        if names:
            there = set(rows.filter(**{field.name: kept}).values_list(*names))
            mine = rows.filter(**{field.name: gone}).values_list("pk", *names)
            double = [pk for pk, *values in mine if tuple(values) in there]
        else:
            taken = rows.filter(**{field.name: kept}).exists()
            double = list(rows.filter(**{field.name: gone}).values_list("pk", flat=True)) if taken else []
        _drop(field, double)
    rows.filter(**{field.name: gone}).update(**{field.name: kept})


def _unique_with(field: models.Field) -> Iterable[list[str]]:
    """For each unique constraint over this field, the names of the other fields it is over."""
    if field.unique:
        yield []
    over = [list(each.fields) for each in field.model._meta.constraints if isinstance(each, models.UniqueConstraint)]
    over += [list(names) for names in field.model._meta.unique_together]
    for names in over:
        if field.name in names:
            yield [name for name in names if name != field.name]


def _drop(field: models.Field, rows: list[Any]) -> None:
    """Delete these rows of the field's table, and count anew what counted them."""
    if not rows:
        return
    table = field.model._base_manager.filter(pk__in=rows)
    counted = [
        (counter, {pk for pk in table.values_list(other.attname, flat=True) if pk})
        for other in field.model._meta.concrete_fields
        if isinstance(other, models.ForeignKey) and other.related_model is not Study
        for counter in recount.counters()
        if counter.table == other.related_model._meta.db_table
    ]
    table.delete()
    for counter, ids in counted:
        counter.mend_rows(ids)


def all_of_them(kept: Study, gone: Study, field: models.Field) -> None:
    """Every row moves."""
    field.model._base_manager.filter(**{field.name: gone}).update(**{field.name: kept})


def where_there_are_none(kept: Study, gone: Study, field: models.Field) -> None:
    """The rows move together, where the kept study has none: they make sense only as a whole."""
    rows = field.model._base_manager
    if not rows.filter(**{field.name: kept}).exists():
        rows.filter(**{field.name: gone}).update(**{field.name: kept})


def _sources(kept: Study, gone: Study, field: models.Field) -> None:
    """One record of each kind: the kept study's own stays; the other goes into the history."""
    kinds = set(kept.sources.values_list("kind", flat=True))
    left = list(StudySource.objects.filter(study=gone, kind__in=kinds))
    if left:
        row = MergedStudy.objects.get(old_id=gone.pk)
        row.facts["records"] = {source.kind: source.record for source in left}
        row.digests = [source.digest for source in left]
        row.save(update_fields=["facts", "digests"])
    StudySource.objects.filter(study=gone).exclude(kind__in=kinds).update(study=kept)


def _tags(kept: Study, gone: Study, field: models.Field) -> None:
    """Both studies' tags, each once; the counts follow."""
    theirs = set(StudyTag.objects.filter(content_object=gone).values_list("tag_id", flat=True))
    both = theirs & set(StudyTag.objects.filter(content_object=kept).values_list("tag_id", flat=True))
    list(Tag.objects.select_for_update().filter(pk__in=theirs).order_by("pk").values_list("pk"))
    StudyTag.objects.filter(content_object=gone, tag__in=both).delete()
    Tag.objects.filter(pk__in=both).update(use_count=F("use_count") - 1)
    StudyTag.objects.filter(content_object=gone).update(content_object=kept)


def _summary(kept: Study, gone: Study, field: models.Field) -> None:
    """The reviewed summary stays, of two alike the newer; the other goes into the history."""
    mine, its = Summary.objects.filter(study=kept).first(), Summary.objects.filter(study=gone).first()
    if its is None:
        return
    if mine is None:
        Summary.objects.filter(study=gone).update(study=kept)
        return
    better = max(mine, its, key=lambda each: (bool(each.reviewed_on), each.written_on, each is mine))
    other = its if better is mine else mine
    StudyChange.record(
        kept, StudyChange.Kind.SUMMARY, "Of two summaries one was kept when the studies were merged.",
        before={"tldr": other.tldr, "body": other.body, "written_by": other.written_by,
                "written_on": other.written_on.isoformat()},
        after={"tldr": better.tldr},
    )  # fmt: skip
    Summary.objects.filter(study=other.study_id).delete()
    Summary.objects.filter(study=better.study_id).update(study=kept)


def _versions(kept: Study, gone: Study, field: models.Field) -> None:
    """One history of both summaries, numbered anew; what the summary says now comes last. ``_summary`` was before."""
    now = Summary.objects.filter(study=kept).first()
    rows = list(SummaryVersion.objects.filter(study__in=(kept, gone)).order_by("saved_at", "number"))
    if now and rows and any(row.study_id == gone.pk for row in rows):
        rows.sort(key=lambda row: (row.number, row.tldr, row.body) == (now.version, now.tldr, now.body))
        # Past all numbers first, so that no two are alike on the way.
        SummaryVersion.objects.filter(study__in=(kept, gone)).update(number=F("number") + len(rows) * 2 + now.version)
        for number, row in enumerate(rows, 1):
            SummaryVersion.objects.filter(pk=row.pk).update(study=kept, number=number)
        Summary.objects.filter(study=kept).update(version=len(rows))
    else:
        SummaryVersion.objects.filter(study=gone).update(study=kept)


def _asked(kept: Study, gone: Study, field: models.Field) -> None:
    """What members ask of the librarians moves; of two alike that wait, the gone study's is answered by the other."""
    rows: Any = field.model._base_manager
    alike = [name for name in ("field", "kind") if name in {each.name for each in field.model._meta.get_fields()}]
    waiting = set(rows.filter(study=kept, status="waiting").values_list("member", *alike))
    double = [
        pk for pk, *who in rows.filter(study=gone, status="waiting").values_list("pk", "member", *alike)
        if tuple(who) in waiting and who[0] is not None
    ]  # fmt: skip
    closed = "known" if field.model is ErrorReport else "declined"
    rows.filter(pk__in=double).update(status=closed, answer="Your other one stands: two studies were merged.")
    rows.filter(study=gone).update(study=kept)


def _texts(kept: Study, gone: Study, field: models.Field) -> None:
    """The abstract where the kept study has none; what search reads is made anew."""
    text = StudyText.objects.filter(study=gone).first()
    mine, _ = StudyText.objects.get_or_create(study=kept)
    if text and text.abstract and not mine.abstract:
        StudyText.objects.filter(study=kept).update(abstract=text.abstract, abstract_html=text.abstract_html)
    StudyText.objects.filter(study=gone).delete()


def _saves(kept: Study, gone: Study, field: models.Field) -> None:
    """Who saved both keeps both notes."""
    keeping.move_saves(kept, gone)


def _facts(kept: Study, gone: Study, field: models.Field) -> None:
    """The facts of the page: where the kept study has none, the gone one's."""
    mine, its = StudyFacts.objects.filter(study=kept).first(), StudyFacts.objects.filter(study=gone).first()
    if mine and its:
        for name in StudyFacts.FIELDS:
            if not getattr(mine, name) and getattr(its, name):
                setattr(mine, name, getattr(its, name))
                if name in its.origins:
                    mine.origins[name] = its.origins[name]
        mine.save()
    each_once(kept, gone, field)


def _entries(kept: Study, gone: Study, field: models.Field) -> None:
    """Reading lists have the kept study in the gone one's place; what a list had twice leaves no gap."""
    ReadingList.replace(kept, gone)


def _related(kept: Study, gone: Study, field: models.Field) -> None:
    """What is related to the gone study is related to the kept one; neither to itself."""
    StudyRelation.objects.filter(other=gone, study=kept).update(other=None)
    StudyRelation.objects.filter(other=kept, study=gone).update(other=None)
    StudyRelation.objects.filter(other=gone).exclude(study=gone).update(other=kept)


def _citing(kept: Study, gone: Study, field: models.Field) -> None:
    """What cites the gone study cites the kept one; neither cites itself by it. Their texts and places stay."""
    Citation.objects.filter(cited=gone, study=kept).update(cited=None)
    Citation.objects.filter(cited=kept, study=gone).update(cited=None)
    Citation.objects.filter(cited=gone).exclude(study=gone).update(cited=kept)


def _merged_before(kept: Study, gone: Study, field: models.Field) -> None:
    """Chains are flattened: what was merged into the gone study leads to the kept one."""
    MergedStudy.objects.filter(study=gone).update(study=kept)


def _proposals(kept: Study, gone: Study, field: models.Field) -> None:
    """The proposal of these two is done; those of the gone study with others are now about the kept one."""
    proposals = MergeProposal.objects.filter(Q(study=gone) | Q(other=gone))
    for proposal in proposals.select_for_update().order_by("pk"):
        (other,) = {proposal.study_id, proposal.other_id} - {gone.pk}
        if other is None or other == kept.pk:
            if proposal.other_id is not None:
                proposal.state, proposal.decided_at = MergeProposal.State.MERGED, timezone.now()
                proposal.decided_by = MergedStudy.objects.get(old_id=gone.pk).actor
                proposal.gone_id = gone.pk
            proposal.study, proposal.other = kept, None
            proposal.save()
            continue
        first, second = sorted((kept.pk, other))
        if MergeProposal.objects.filter(study=first, other=second).exists():
            proposal.delete()
        else:
            MergeProposal.objects.filter(pk=proposal.pk).update(study=first, other=second)


MOVES: dict[str, Move] = {
    "Arrival.study": each_once,
    "Authorship.study": where_there_are_none,  # made anew where there are records
    "Citation.study": where_there_are_none,  # likewise
    "Citation.cited": _citing,
    "Correction.study": _asked,
    "ErrorReport.study": _asked,
    "MergeProposal.study": _proposals,
    "MergeProposal.other": _proposals,
    "ImportLine.study": all_of_them,
    "ListEntry.study": _entries,
    "MentionedWork.study": all_of_them,
    "MergedStudy.study": _merged_before,
    "NewStudy.study": each_once,
    "OtherIdentifier.study": all_of_them,
    "SavedStudy.study": _saves,
    "StudyChange.study": all_of_them,
    "StudyFacts.study": _facts,
    "StudyRelation.other": _related,
    "StudyRelation.study": where_there_are_none,  # made anew where there are records
    "StudySource.study": _sources,
    "StudySuggestion.study": all_of_them,
    "StudyTag.content_object": _tags,
    "StudyText.study": _texts,
    "Summary.study": _summary,
    "SummaryDraft.study": all_of_them,
    "SummaryProposal.study": _asked,
    "SummaryVersion.study": _versions,
    "TitleKey.study": all_of_them,
}

_hooks: list[Callable[[Study, Study], None]] = [following.move]


def also(hook: Callable[[Study, Study], None]) -> None:
    """Let ``hook(kept, gone)`` be called in every merge, while both are there: for what no foreign key shows."""
    if hook not in _hooks:
        _hooks.append(hook)


# ── What needs both at once ──────────────────────────────────────────────────────────────────────


def _move_discussion(kept: Study, gone: Study) -> Post | None:
    """The gone study's thread becomes the kept one's; gives it where both have one, and both live on."""
    thread = gone.discussion
    if thread is None:
        return None
    Study.objects.filter(pk=gone.pk).update(discussion=None)
    gone.discussion = None
    if kept.discussion_id is None:
        kept.discussion = thread
        return None
    return thread


def _rename_threads(kept: Study) -> None:
    """Let every thread about the study, its own and those of studies merged into it, name it and lead to it."""
    threads = [kept.discussion_id, *kept.merged_studies.values_list("thread_id", flat=True)]
    Post.objects.filter(pk__in=filter(None, threads)).update(
        subject_title=kept.title, subject_url=kept.get_absolute_url(), subject_note=subject_note(kept.retraction)
    )


def _move_identifiers(kept: Study, gone: Study) -> None:
    """The kept study takes what it lacks; the rest keeps leading to it."""
    for name in IDENTIFIERS:
        value = getattr(gone, name)
        if not value:
            continue
        Study.objects.filter(pk=gone.pk).update(**{name: None})
        if not getattr(kept, name):
            setattr(kept, name, value)
        else:
            OtherIdentifier.objects.create(study=kept, name=name, value=value)


def _keep_what_was_set_by_hand(kept: Study, gone: Study) -> None:
    """Fields set by hand go along; without records, so does what the kept study lacks. A picture likewise."""
    by_hand = [name for name in (*CARRIED, *STANDING) if name in gone.kept_fields and name not in kept.kept_fields]
    for name in by_hand:
        setattr(kept, name, getattr(gone, name))
    kept.kept_fields = sorted({*kept.kept_fields, *by_hand})
    lacking = [name for name in CARRIED if not getattr(kept, name) and name not in kept.kept_fields]
    if not kept.picture and gone.picture:
        lacking += PICTURE
    for name in lacking:
        if value := getattr(gone, name):
            setattr(kept, name, value)
