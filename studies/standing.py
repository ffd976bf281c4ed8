"""How a study stands: retracted, doubted, corrected, or none of these; and what leans on retracted work.

The standing follows from the relations (``StudyRelation``) that its own records state and that notices in the library
state about it: the gravest holds, with its notice and date. Nothing depends on what was there first, so whatever is
taken back, by a source, by a notice that goes, by a librarian, leaves the study as if it had never been said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Q

from common.text import shortened
from forum.models import Comment, Post
from notices.models import Follow
from notices.telling import tell
from studies.dates import PartialDate
from studies.models import MergedStudy, SavedStudy, Study, StudyChange
from studies.models.study import Retraction

FIELDS = ("retraction", "retraction_notice", "retraction_date")
# What a relation makes of the study that states it about itself, and of the one that it is stated about.
STATES = {
    "retracted_by": "retracted", "replaced_by": "retracted", "concern_in": "concern",
    "corrected_by": "corrected", "partly_retracted_by": "corrected", "republished_as": "corrected",
}  # fmt: skip
STATES_OF_OTHER = {
    "retracts": "retracted", "replaces": "retracted", "concern_about": "concern",
    "corrects": "corrected", "partly_retracts": "corrected", "republishes": "corrected",
}  # fmt: skip

# A notice is named by its DOI, else by its PMID; its date is the one stated, else the day it appeared itself. Of
# several notices of the gravest state one with a name goes first, then what the study's own records say, in order.
# A state that a librarian set holds with everything beside it; a notice or a date alone can be set by hand too.
SETTLE = """
WITH own (kind, state) AS (SELECT * FROM unnest(%(kinds)s::text[], %(states)s::text[])),
inverse (kind, state) AS (SELECT * FROM unnest(%(other_kinds)s::text[], %(other_states)s::text[])),
said AS (
    SELECT r.study_id AS id, own.state, false AS by_notice, r.position, r.doi, r.pmid, r.date, r.other_id AS notice_id
    FROM studies_studyrelation r JOIN own USING (kind) WHERE r.study_id = ANY(%(ids)s)
    UNION ALL
    SELECT r.other_id, inverse.state, true, r.position, '', '', r.date, r.study_id
    FROM studies_studyrelation r JOIN inverse USING (kind) WHERE r.other_id = ANY(%(ids)s)
),
named AS (
    SELECT said.id, said.state, said.by_notice, said.position,
           COALESCE(NULLIF(said.doi, ''), NULLIF(said.pmid, ''), n.doi, n.pmid, '') AS notice,
           COALESCE(
               NULLIF(CASE WHEN said.by_notice THEN '' ELSE said.date END, ''),
               n.published_year || COALESCE('-' || lpad(n.published_month::text, 2, '0'), '')
                                || COALESCE('-' || lpad(n.published_day::text, 2, '0'), ''),
               ''
           ) AS date
    FROM said LEFT JOIN studies_study n ON n.id = said.notice_id
),
gravest AS (
    SELECT DISTINCT ON (id) id, state, notice, date FROM named
    ORDER BY id, array_position(ARRAY['retracted', 'concern', 'corrected'], state), notice = '', by_notice, position,
             date, notice
),
settled AS (
    SELECT s.id, s.retraction AS state_before, s.retraction_notice AS notice_before, s.retraction_date AS date_before,
           CASE WHEN s.kept_fields && ARRAY['retraction']::varchar[] THEN s.retraction
                ELSE COALESCE(g.state, '') END AS state,
           CASE WHEN s.kept_fields && ARRAY['retraction', 'retraction_notice']::varchar[] THEN s.retraction_notice
                ELSE COALESCE(g.notice, '') END AS notice,
           CASE WHEN s.kept_fields && ARRAY['retraction', 'retraction_date']::varchar[] THEN s.retraction_date
                ELSE COALESCE(g.date, '') END AS date
    FROM studies_study s LEFT JOIN gravest g ON g.id = s.id WHERE s.id = ANY(%(ids)s)
)
UPDATE studies_study s
SET retraction = settled.state, retraction_notice = settled.notice, retraction_date = settled.date
FROM settled
WHERE s.id = settled.id
  AND (settled.state, settled.notice, settled.date)
      IS DISTINCT FROM (settled.state_before, settled.notice_before, settled.date_before)
RETURNING s.id, state_before, notice_before, date_before, settled.state, settled.notice, settled.date
"""

CITES_RETRACTED = (
    "SELECT count(DISTINCT c.cited_id) FROM studies_citation c JOIN studies_study r ON r.id = c.cited_id"
    " WHERE c.study_id = t.id AND r.retraction = 'retracted'"
)
RECOUNT = f"""
UPDATE studies_study t SET retracted_cites_count = ({CITES_RETRACTED})
WHERE t.id = ANY(%(ids)s) AND t.retracted_cites_count IS DISTINCT FROM ({CITES_RETRACTED})
"""  # noqa: S608 - both parts are ours


@dataclass(frozen=True)
class Standing:
    """A study's state with its notice and date, each "" where there is none."""

    state: str = ""
    notice: str = ""
    date: str = ""

    @classmethod
    def of(cls, study: Study) -> Standing:
        return cls(study.retraction, study.retraction_notice, study.retraction_date)

    def to_json(self) -> dict[str, Any]:
        return dict(zip(FIELDS, (self.state, self.notice, self.date), strict=True))

    @property
    def words(self) -> str:
        """``Retracted, notice 10.1000/1 of 4 March 2001``."""
        said = Retraction(self.state).label if self.state else "Neither retracted nor corrected"
        notice = f"notice {self.notice}" if self.notice else "notice" if self.date else ""
        try:
            date = f"of {PartialDate.parse(self.date)}" if self.date else ""
        except (TypeError, ValueError):
            date = f"of {self.date}"
        return ", ".join(filter(None, (said, f"{notice} {date}".strip())))


@dataclass(frozen=True)
class Changed:
    """One study's standing before and after."""

    study: int
    before: Standing
    after: Standing

    @property
    def sentence(self) -> str:
        if self.before.state == self.after.state:
            return f"Another notice: {self.after.words}."
        return (
            f"{self.after.words}."
            if self.after.state
            else f"No longer {self.before.words[0].lower()}{self.before.words[1:]}."
        )


@transaction.atomic
def settle(studies: Iterable[int], *, actor=None, reason: str = "") -> list[Changed]:
    """Work out the standing of these studies from all that is stated, and let everything that shows it follow.

    What follows: the history, the note on the study's discussion, and how many retracted works each study cites.
    Gives what changed. ``actor`` and ``reason`` go into the history; None is the library itself.
    """
    ids = sorted(set(studies))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM studies_study WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids])
        cursor.execute(
            SETTLE,
            {
                "ids": ids,
                "kinds": list(STATES),
                "states": list(STATES.values()),
                "other_kinds": list(STATES_OF_OTHER),
                "other_states": list(STATES_OF_OTHER.values()),
            },
        )
        changed = [Changed(row[0], Standing(*row[1:4]), Standing(*row[4:])) for row in cursor.fetchall()]
    follow(changed, actor=actor, reason=reason)
    return changed


def follow(changed: Iterable[Changed], *, actor=None, reason: str = "") -> None:
    """Let what shows a standing follow its changes: history, discussion, counts. In the transaction of the change."""
    changed = sorted(changed, key=lambda each: each.study)
    if not changed:
        return
    StudyChange.objects.bulk_create(
        StudyChange(
            study_id=each.study, kind=StudyChange.Kind.STANDING, words=each.sentence[:500], actor=actor,
            reason=reason[:500], before=each.before.to_json(), after=each.after.to_json(),
        )
        for each in changed
    )  # fmt: skip
    notes: dict[str, list[int]] = defaultdict(list)
    for each in changed:
        notes[subject_note(each.after.state)].append(each.study)
    for note, ids in notes.items():
        # A study that others were merged into has their discussions too.
        earlier = MergedStudy.objects.filter(study__in=ids, thread__isnull=False).values("thread")
        threads = Post.objects.filter(Q(discussed_study__in=ids) | Q(pk__in=earlier))
        Post.objects.filter(pk__in=threads.values("pk")).exclude(subject_note=note).update(subject_note=note)
    _tell(changed)
    count_retracted_cites(
        each.study for each in changed if (each.before.state == "retracted") != (each.after.state == "retracted")
    )


def _tell(changed: Iterable[Changed]) -> None:
    """Tell those who follow or keep a study, and those who took part in its discussion, that its state has changed."""
    moved = {each.study: each for each in changed if each.before.state != each.after.state}
    if not moved:
        return
    readers: dict[int, set[int]] = defaultdict(set)
    follows = Follow.objects.filter(
        content_type=ContentType.objects.get_for_model(Study), object_id__in=moved, level=Follow.Level.EVERYTHING
    )
    saves = SavedStudy.objects.kept().filter(study__in=moved)
    comments = Comment.objects.filter(post__discussed_study__in=moved, author__isnull=False).order_by()
    for study, member in (
        *follows.values_list("object_id", "member_id"),
        *saves.values_list("study_id", "member_id"),
        *comments.values_list("post__discussed_study", "author_id").distinct(),
    ):
        readers[study].add(member)
    latest = StudyChange.objects.filter(study__in=readers, kind=StudyChange.Kind.STANDING)
    changes = dict(latest.order_by("pk").values_list("study_id", "pk"))
    for study in Study.objects.filter(pk__in=readers).only("title").order_by("pk"):
        tell(
            readers[study.pk],
            kind="standing",
            key=f"standing:{study.pk}:{changes[study.pk]}",
            words=f"{moved[study.pk].sentence} “{shortened(study.title, 300)}”",
            url=study.get_absolute_url(),
        )


def subject_note(state: str) -> str:
    """What the discussion of a study in this state says beside its title."""
    return str(Retraction(state).label) if state else ""


def count_retracted_cites(cited: Iterable[int]) -> None:
    """Count anew how many retracted works each study cites that cites one of these."""
    ids = sorted(set(cited))
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM studies_study WHERE id IN (SELECT study_id FROM studies_citation WHERE cited_id = ANY(%s))"
            " ORDER BY id FOR NO KEY UPDATE",
            [ids],
        )
        cursor.execute(RECOUNT, {"ids": [pk for (pk,) in cursor.fetchall()]})
