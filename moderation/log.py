"""The log of what moderators did."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.db import models

from moderation.models import Action


def record(moderator, action: str, target: models.Model, reason: str, *, role: str = "") -> Action:
    """Write one line of the log, in the transaction of the action itself.

    ``action`` is the verb (hide, lock, pin, move …), ``reason`` the moderator's own words, at most 500 characters.
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
    )


def _role(moderator) -> str:
    if moderator is None:
        return "the members' reports"
    return "an admin" if moderator.is_superuser else "a moderator" if moderator.is_moderator else "a member"
