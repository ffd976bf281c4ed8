"""What members keep to themselves."""

from __future__ import annotations

from typing import Any

from accounts.models import Member


def shows_activity(member: Member, *, to: Any) -> bool:
    """Whether lists of what this member wrote and kept may be shown ``to`` this visitor: on the profile, by search.

    Each post and comment stays where it is, under the member's name: what is hidden is the gathering of them. What they
    earned (level, reputation, badges) still stands on the profile.
    """
    if not member.hides_activity:
        return True
    return bool(to.is_authenticated and (to.pk == member.pk or to.is_moderator))
