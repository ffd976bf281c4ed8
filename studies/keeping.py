"""What members keep of the library: saving studies, and what becomes of it when two studies become one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from studies.models import SavedStudy, Study

MOST_SAVED = 10_000  # studies that one member keeps


class TooManySaved(Exception):
    """The member keeps as many studies as anyone may."""


def save(member: Any, study: Study) -> None:
    """Keep the study for the member; saving again changes nothing. One that was removed comes back without its note.

    Raises ``TooManySaved``.
    """
    if SavedStudy.objects.filter(member=member)[:MOST_SAVED].count() >= MOST_SAVED:
        raise TooManySaved
    SavedStudy.objects.bulk_create([SavedStudy(member=member, study=study)], ignore_conflicts=True)
    SavedStudy.objects.filter(member=member, study=study, removed_at__isnull=False).update(
        note="", folder=None, saved_at=timezone.now(), removed_at=None
    )


def remove(member: Any, study: Study) -> None:
    """Take the study out of the member's saved ones; its note waits a day for ``put_back`` and is then gone."""
    SavedStudy.objects.kept().filter(member=member, study=study).update(removed_at=timezone.now())


def put_back(member: Any, study: Study) -> None:
    """Undo ``remove``, with note and place; where that can't be undone any more it does nothing."""
    SavedStudy.objects.filter(member=member, study=study).update(removed_at=None)


@transaction.atomic
def write_note(member: Any, study: Study, note: str) -> None:
    """Keep the study with this note, whether it was saved before or not."""
    save(member, study)
    SavedStudy.objects.filter(member=member, study=study).update(note=note)


def savers_of(study: Study) -> set[int]:
    """The ids of the members who keep the study."""
    return set(SavedStudy.objects.kept().filter(study=study).values_list("member_id", flat=True))


def move_saves(kept: Study, gone: Study) -> None:
    """Let who saved ``gone`` have ``kept`` saved: who saved both keeps both notes, one after the other.

    What was removed waits no longer to be put back. Call it in the transaction that makes two studies one
    (``studies.merging``).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO studies_savedstudy AS saved (member_id, study_id, folder_id, note, saved_at, removed_at)"
            " SELECT member_id, %s, folder_id, note, saved_at, NULL FROM studies_savedstudy"
            " WHERE study_id = %s AND removed_at IS NULL ORDER BY member_id"
            " ON CONFLICT (member_id, study_id) DO UPDATE SET removed_at = NULL,"
            " folder_id = COALESCE(saved.folder_id, excluded.folder_id),"
            " saved_at = LEAST(saved.saved_at, excluded.saved_at), note = left(CASE"
            " WHEN saved.removed_at IS NOT NULL THEN excluded.note"
            " WHEN excluded.note IN ('', saved.note) THEN saved.note WHEN saved.note = '' THEN excluded.note"
            " ELSE saved.note || E'\\n\\n' || excluded.note END, 10000)",
            [kept.pk, gone.pk],
        )
    SavedStudy.objects.filter(study=gone).delete()


def forget_removed() -> int:
    """Delete what was removed more than a day ago; gives how many."""
    long_ago = timezone.now() - timedelta(days=1)
    return SavedStudy.objects.filter(removed_at__lt=long_ago).delete()[0]
