"""A gentle word to who may be thinking of hurting themselves."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from forum import holding

register = template.Library()


@register.filter
def needs_care(thing: Any, user: Any) -> bool:
    return holding.needs_care(thing, user)


@register.simple_tag
def help_lines() -> list[dict[str, str]]:
    return list(settings.HELP_LINES)
