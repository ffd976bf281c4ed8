"""Study cards in pages that show members' texts: one query for all texts of the page, then each text with its cards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from studies.cards import Cards, read_cards

register = template.Library()


@register.simple_tag(takes_context=True)
def cards_of(context: dict[str, Any], *things: Any) -> Cards:
    """The cards for posts, comments, lists of them, and rendered HTML. What this reader may not read is left out."""
    return read_cards(_texts(things, context.get("user")))


def _texts(things: Any, reader: Any) -> Iterator[str]:
    for thing in things:
        if not thing:
            continue
        if isinstance(thing, str):
            yield thing
        elif hasattr(thing, "body_html"):
            yield thing.body_html
        elif hasattr(thing, "can_be_read_by"):
            if reader is not None and thing.can_be_read_by(reader):
                yield thing.text.body_html
        else:
            yield from _texts(thing, reader)


@register.filter
def with_cards(html: str, cards: Cards | str | None) -> SafeString:
    """Stored HTML with the cards of ``cards_of``; without any it is shown as it is stored."""
    return cards.shown(html) if isinstance(cards, Cards) else mark_safe(html)  # noqa: S308 - sanitised by nh3 at save
