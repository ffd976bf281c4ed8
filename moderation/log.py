"""The log of what moderators did."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_noop

from moderation.models import Action

_batch: ContextVar[uuid.UUID | None] = ContextVar("batch", default=None)


@contextmanager
def batch() -> Iterator[uuid.UUID]:
    """All that is logged inside was done at once, and can be found and undone together by the id this gives."""
    mark = uuid.uuid4()
    token = _batch.set(mark)
    try:
        yield mark
    finally:
        _batch.reset(token)


def record(
    moderator,
    action: str,
    target: models.Model,
    reason: str,
    *,
    details: Mapping[str, Any] | None = None,
    undoes: Action | None = None,
    role: str = "",
) -> Action:
    """Write one line of the log, in the transaction of the action itself.

    ``action`` is the verb (hide, lock, pin, move …), ``reason`` the moderator's own words, at most 500 characters;
    ``details`` is what undoing it needs, never shown; ``undoes`` is the line that this one takes back.
    ``role`` is said where the moderator's own does not tell it.
    """
    return Action.objects.create(
        moderator=moderator,
        action=action,
        content_type=ContentType.objects.get_for_model(target),
        object_id=target.pk,
        label=str(target)[:300],
        role=role or _role(moderator),
        reason=reason[:500],
        details=dict(details or {}),
        undoes=undoes,
        batch=_batch.get(),
    )


THINGS = (  # what a line is about, by the names of the tables
    gettext_noop("post"), gettext_noop("comment"), gettext_noop("member"), gettext_noop("picture"),
    gettext_noop("summary"), gettext_noop("case"), gettext_noop("study"), gettext_noop("poll"), gettext_noop("rule"),
)  # fmt: skip


def _role(moderator) -> str:
    if moderator is None:
        return gettext_noop("the members' reports")
    if moderator.is_superuser:
        return gettext_noop("an admin")
    if moderator.is_moderator:
        return gettext_noop("a moderator")
    return gettext_noop("a category moderator") if moderator.moderates_categories else gettext_noop("a member")
