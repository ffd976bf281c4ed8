"""The composer's help where there is no JavaScript: the page that comes back with the preview shows it too."""

from __future__ import annotations

from typing import Any

from django import template

from pages.views.writing import suggested_for
from pages.writing import Suggested

register = template.Library()


@register.simple_tag(takes_context=True)
def suggestions_now(context: dict[str, Any]) -> Suggested:
    """What the form that was sent is about."""
    request = context.get("request")
    return suggested_for(request) if request is not None and request.method == "POST" else Suggested()
