"""What waits for moderators, queue by queue: counted on the desk's first page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from common.counting import CappedCount, capped_count
from moderation.models import Appeal, Case, Flag, Held


@dataclass(frozen=True)
class Queue:
    """One kind of work: ``page`` is the name of its list at the desk, seen by who has ``permission``."""

    title: str
    page: str
    permission: str
    waiting: Callable[[], CappedCount]

    @property
    def address(self) -> str:
        return reverse(self.page)


_queues: dict[str, Queue] = {}


def register(*queues: Queue) -> None:
    """Add queues, in the order of the desk."""
    for each in queues:
        _queues.setdefault(each.title, each)


def for_user(user: Any) -> list[tuple[Queue, CappedCount]]:
    """The queues that this member may see, each with how many wait in it, capped."""
    return [(queue, queue.waiting()) for queue in _queues.values() if user.has_perm(queue.permission)]


OWN = (
    Queue(
        "Appeals", "admin:moderation_appeal_changelist", "moderation.answer_appeal",
        lambda: capped_count(Appeal.objects.filter(state=Appeal.State.OPEN, waits_for_moderators=True)),
    ),
    Queue(
        "Reports", "admin:moderation_case_changelist", "moderation.view_case",
        lambda: capped_count(Case.objects.filter(state__in=Case.WAITING)),
    ),
    Queue(
        "Waiting posts and comments", "admin:moderation_held_changelist", "moderation.view_held",
        lambda: capped_count(Held.objects.filter(state=Held.State.WAITING)),
    ),
    Queue(
        "Flags", "admin:moderation_flag_changelist", "moderation.view_flag",
        lambda: capped_count(Flag.objects.filter(dismissed_at=None)),
    ),
)  # fmt: skip
