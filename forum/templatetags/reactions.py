"""What members tell of a post, and of a tag."""

from __future__ import annotations

from typing import Any

from django import template

from forum import reactions

register = template.Library()


@register.simple_tag
def offered_on(post: Any, user: Any) -> list[Any]:
    """What this visitor may tell of the post, with how many did."""
    return list(reactions.offered_on(post, user))


@register.filter
def may_react(post: Any, user: Any) -> bool:
    return reactions.can_react(post, user)


@register.simple_tag
def told_under(tag: Any) -> reactions.Sums | None:
    return reactions.under(tag)
