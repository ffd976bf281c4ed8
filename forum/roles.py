"""Who moderates what in the forum: moderators everywhere, category moderators on their own shelves."""

from __future__ import annotations

from typing import Any


def shelves_of(user: Any) -> frozenset[int]:
    """The ids of the categories that this member moderates as a category moderator; asked of the database once, and
    only for those who do."""
    if not (user.is_authenticated and user.moderates_categories) or user.lacks_second_factor:
        return frozenset()
    if not hasattr(user, "_shelves"):
        user._shelves = frozenset(user.moderated_categories.values_list("category_id", flat=True))
    return user._shelves


def moderates(user: Any, category_id: int) -> bool:
    """Whether this visitor moderates what stands in the category."""
    return user.is_authenticated and (user.is_moderator or category_id in shelves_of(user))


def serves(user: Any) -> bool:
    """Whether this visitor moderates anything at all."""
    return user.is_authenticated and (user.is_moderator or bool(shelves_of(user)))
