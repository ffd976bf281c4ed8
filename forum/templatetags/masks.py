"""What forms and pages say about writing without one's name."""

from __future__ import annotations

from typing import Any

from django import template

from forum import masks
from forum.models import Category

register = template.Library()


@register.simple_tag
def shelves_with_pseudonyms() -> list[Category]:
    """The categories in which members may post without their name."""
    return list(Category.objects.filter(allows_pseudonyms=True))


@register.simple_tag
def worn_in(post: Any, user: Any) -> str:
    """The pseudonym under which this visitor writes in the thread of the post; "" under their own name."""
    mask = masks.worn_in(post, user)
    return mask.name if mask else ""


@register.filter
def may_unmask(user: Any) -> bool:
    return masks.can_unmask(user)
