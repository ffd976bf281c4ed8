"""The one statement by which notifications are written, and the letters with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from common.deferring import defer
from notices import kinds
from notices.models import Preference

WORDS_LIMIT, URL_LIMIT, KEY_LIMIT = 500, 500, 200  # characters, as the columns have them
MANY_LIMIT = WORDS_LIMIT - 12  # leaves room for a number before it

# Around each statement below: whoever wants this kind by mail, or on a device, gets a letter with it; one that waits is
# added to.
WITH_LETTERS = """
    WITH told AS ({told} RETURNING id, member_id),
    letters AS (
        INSERT INTO notices_letter AS l (notification_id, member_id, way, due_at, parts)
        SELECT told.id, told.member_id, way.name, now() + way.grace, %(parts)s::bigint[]
        FROM told
        CROSS JOIN (VALUES ('mail', %(mail_grace)s), ('push', %(push_grace)s)) way (name, grace)
        LEFT JOIN notices_preference p ON p.member_id = told.member_id AND p.kind = %(kind)s
        WHERE CASE way.name WHEN 'mail' THEN p.place = %(mail)s
            ELSE %(push_is_on)s AND coalesce(p.push, %(is_personal)s)
                AND EXISTS (SELECT FROM notices_device d WHERE d.member_id = told.member_id)
            END
        ORDER BY told.member_id, told.id, way.name
        ON CONFLICT (notification_id, way) DO UPDATE SET parts = l.parts || excluded.parts
        RETURNING way
    )
    SELECT (SELECT count(*) FROM told), EXISTS (SELECT FROM letters WHERE way = 'mail'),
        EXISTS (SELECT FROM letters WHERE way = 'push')
"""


def write(told: str, values: dict[str, Any], parts: Sequence[int] = ()) -> int:
    """Write the notifications that the statement ``told`` makes, and the letters with them; gives how many it wrote."""
    ways = {
        "parts": list(parts),
        "mail": Preference.Place.MAIL,
        "mail_grace": timedelta(seconds=settings.MAIL_GRACE),
        "push_grace": timedelta(seconds=settings.PUSH_GRACE),
        "push_is_on": bool(settings.PUSH_KEY),
        "is_personal": kinds.known(values["kind"]).is_personal,
    }
    with connection.cursor() as cursor:
        cursor.execute(WITH_LETTERS.format(told=told.replace("{not_muted}", NOT_MUTED)), values | ways)
        count, by_mail, by_push = cursor.fetchone()
    if by_mail:
        defer("notices.write_letters", after=settings.MAIL_GRACE)
    if by_push:
        defer("notices.push_letters", after=settings.PUSH_GRACE)
    return count


# Nobody is told of what comes under something they mute.
NOT_MUTED = """
    AND NOT EXISTS (
        SELECT FROM notices_mute muted
        JOIN unnest(%(muted_kinds)s::text[], %(muted_ids)s::bigint[]) under (kind, id)
            ON muted.kind = under.kind AND muted.object_id = under.id
        WHERE muted.member_id = m.id
    )
"""
Under = Iterable[tuple[str, int | None]]


def muted(under: Under) -> dict[str, Any]:
    named = [(kind, pk) for kind, pk in under if pk is not None]
    return {"muted_kinds": [kind for kind, _ in named], "muted_ids": [pk for _, pk in named]}


def check(kind: str, key: str, url: str) -> None:
    kinds.known(kind)
    if not key or len(key) > KEY_LIMIT:
        raise ValueError(f"A key has 1 to {KEY_LIMIT} characters: {key[:40]!r}")
    if not url.startswith("/") or url.startswith(("//", "/\\")) or len(url) > URL_LIMIT:
        raise ValueError(f"A notification leads to an address of this site: {url[:40]!r}")
