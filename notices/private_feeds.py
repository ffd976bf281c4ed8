"""The private feeds that there are: one table, to which each floor adds its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PrivateFeed:
    """``route`` is the name of an address that takes the token of a ``FeedKey``."""

    title: str
    route: str


_feeds: list[PrivateFeed] = []


def register(*feeds: PrivateFeed) -> None:
    """Called by each app's ``ready``; adding one again changes nothing."""
    _feeds.extend(feed for feed in feeds if feed not in _feeds)


def all_feeds() -> tuple[PrivateFeed, ...]:
    return tuple(_feeds)
