"""Gathering: one notification for each follower of several new things, told of each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from common import sealing
from common.deferring import defer
from common.text import shortened
from notices import audiences
from notices.models import Audience, Follow, Preference
from notices.telling.statement import MANY_LIMIT, WORDS_LIMIT, Under, check, muted, write

EVERYBODY = 2**63 - 1  # no member's id is above it

# One notification for each member, whatever number of the things they follow; the first of them names it.
GATHER = """
    INSERT INTO notices_notification AS n
        (member_id, kind, key, words, many, url, count, is_unread, told_at, place, gathered)
    SELECT DISTINCT ON (m.id)
        m.id, %(kind)s, news.key, news.one, news.many, news.url, 1, true, now(), news.place, ARRAY[%(part)s::bigint]
    FROM unnest(%(types)s::int[], %(things)s::bigint[], %(keys)s::text[], %(places)s::text[], %(ones)s::text[],
        %(manys)s::text[], %(urls)s::text[])
        WITH ORDINALITY news (content_type_id, thing_id, key, place, one, many, url, rank)
    JOIN notices_follow f
        ON f.content_type_id = news.content_type_id AND f.object_id = news.thing_id AND f.level = %(everything)s
            AND f.member_id > %(after)s AND f.member_id <= %(until)s
    JOIN accounts_member m ON m.id = f.member_id AND m.is_active AND NOT m.id = ANY(%(besides)s)
    LEFT JOIN notices_preference p ON p.member_id = m.id AND p.kind = %(kind)s
    WHERE p.place IS DISTINCT FROM %(nowhere)s
        {not_muted}
    ORDER BY m.id, news.rank
    ON CONFLICT (member_id, key) DO UPDATE SET
        gathered = n.gathered || excluded.gathered, count = cardinality(n.gathered) + 1, many = excluded.many,
        words = CASE cardinality(n.gathered) WHEN 0 THEN excluded.words
            ELSE cardinality(n.gathered) + 1 || ' ' || excluded.many END,
        url = excluded.url, is_unread = true, is_withdrawn = false, told_at = excluded.told_at
    WHERE NOT (n.gathered || n.withheld) @> excluded.gathered
"""


@dataclass(frozen=True)
class Gathering:
    """One new thing under a followed thing, to be gathered with others under ``key``.

    Alone it is told in the words ``one``; several as their number and ``many``, whose second word ends in "s"
    ("new posts in Treatment"). ``place`` is where ``withhold`` finds it.
    """

    thing: models.Model
    key: str
    place: str
    one: str
    many: str
    url: str


def gather(
    news: Sequence[Gathering], *, part: int, kind: str, besides: Iterable[int | None] = (), under: Under = ()
) -> int:
    """Tell each follower of these things, at "everything", of one new thing, ``part``: once, by the first they follow.

    What has been gathered under a key already is not told again. Followers in great number are told by a job
    (``notices.audiences``), which is deferred in this transaction. Gives how many were told now.
    """
    for each in news:
        check(kind, each.key, each.url)
    if not news:
        return 0
    values: dict[str, Any] = {
        "kind": kind,
        "part": part,
        "types": [ContentType.objects.get_for_model(each.thing).pk for each in news],
        "things": [each.thing.pk for each in news],
        "keys": [each.key for each in news],
        "places": [each.place for each in news],
        "ones": [shortened(each.one, WORDS_LIMIT) for each in news],
        "manys": [shortened(each.many, MANY_LIMIT) for each in news],
        "urls": [each.url for each in news],
        "besides": [pk for pk in besides if pk is not None],
        **muted(under),
        "everything": Follow.Level.EVERYTHING,
        "nowhere": Preference.Place.NOWHERE,
    }
    if not audiences.is_large(values):
        return tell_gathered(values | {"after": 0, "until": EVERYBODY})
    places = list(dict.fromkeys(values["places"]))
    # Whoever is left out may have written it under a pseudonym: the row that waits must not say so.
    kept = values | {"besides": sealing.seal(values["besides"])}
    audience = Audience.objects.create(kind=kind, part=part, places=places, values=kept)
    defer("notices.tell_audience", audience_id=audience.pk)
    return 0


def tell_gathered(values: dict[str, Any]) -> int:
    """Tell those followers whose ids lie above "after", up to "until"."""
    return write(GATHER, values, parts=[values["part"]])
