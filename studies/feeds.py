"""Studies as entries of Atom feeds, and the feeds of the library's own lists."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse

from common.feeds import MOST, Entry
from notices.models import Follow
from studies.models import Study
from studies.models.study import Retraction

# The newest arrivals under each thing followed, read backwards from the index of each.
FOLLOWED = """
    SELECT news.study_id, max(news.arrived_at) AS arrived_at
    FROM notices_follow f CROSS JOIN LATERAL (
        SELECT a.study_id, a.arrived_at FROM studies_arrival a
        WHERE a.content_type_id = f.content_type_id AND a.object_id = f.object_id
        ORDER BY a.study_id DESC LIMIT %(most)s
    ) news
    WHERE f.member_id = %(member)s AND f.level = %(everything)s
        AND NOT EXISTS (
            SELECT FROM studies_studytag t
            JOIN notices_mute m ON m.member_id = %(member)s AND m.kind = 'tag' AND m.object_id = t.tag_id
            WHERE t.content_object_id = news.study_id
        )
    GROUP BY 1 ORDER BY 2 DESC, 1 DESC LIMIT %(most)s
"""


def entry_of(study: Study, **changes) -> Entry:
    """A study (from ``for_list``) as an entry; a retracted one says so first."""
    authors = study.first_authorships  # type: ignore[attr-defined]
    names = [place.author.name for place in authors[:3]] + (["et al."] if len(authors) > 3 else [])
    facts: dict = {
        "key": reverse("studies:study_short", args=[study.pk]),
        "title": f"Retracted: {study.title}" if study.retraction == Retraction.RETRACTED else study.title,
        "url": study.get_absolute_url(),
        "updated": study.added_at,
        "summary": _tldr(study),
        "authors": tuple(names),
    }
    return Entry(**facts | changes)


def newest(studies: QuerySet[Study]) -> list[Entry]:
    """The studies that came last, as entries."""
    return [entry_of(study) for study in studies.for_list().order_by("-pk")[:MOST]]  # type: ignore[attr-defined]


def followed_by(member_id: int) -> list[Entry]:
    """What came lately under all that a member follows, newest first, each study once."""
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWED, {"member": member_id, "everything": Follow.Level.EVERYTHING, "most": MOST})
        arrived: dict[int, object] = dict(cursor.fetchall())
    studies = Study.objects.for_list().in_bulk(list(arrived))
    return [entry_of(studies[pk], updated=moment) for pk, moment in arrived.items() if pk in studies]


def of_list(entries: Iterable) -> list[Entry]:
    """The entries of a reading list (``ListEntry``), with what its owner says of each."""
    entries = list(entries)
    studies = Study.objects.for_list().in_bulk([entry.study_id for entry in entries])
    return [
        entry_of(studies[entry.study_id], updated=entry.added_at, summary=entry.note or _tldr(studies[entry.study_id]))
        for entry in entries
        if entry.study_id in studies
    ]


def _tldr(study: Study) -> str:
    summary = getattr(study, "summary", None)
    return summary.tldr if summary else ""
