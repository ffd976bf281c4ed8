"""Telling a large audience: in a job, a few hundred followers in one transaction, each once.

The job can be killed, and can run twice: how far it came stands in the ``Audience``, which each step locks; and the
statement itself tells nobody twice of the same thing. Whoever hides the thing in the meantime stops it first and then
takes back what was told, so that nobody is told of it afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from common import sealing
from notices.models import Audience

logger = logging.getLogger(__name__)

STEP = 500  # followers told in one transaction
LARGE = 300  # so many followers, and more, are told by a job
FORGOTTEN = timedelta(minutes=10)  # a job that has not come so far in this time has died
KEPT = timedelta(days=30)  # how long what is out of sight may come back and be told

COUNT = """
    SELECT count(*) FROM (
        SELECT FROM unnest(%(types)s::int[], %(things)s::bigint[]) news (type, thing)
        JOIN notices_follow f
            ON f.content_type_id = news.type AND f.object_id = news.thing AND f.level = %(everything)s
        LIMIT %(large)s
    ) followers
"""
# The id of the last of the next followers, whichever of the things they follow; none where fewer are left.
NEXT = """
    SELECT f.member_id FROM unnest(%(types)s::int[], %(things)s::bigint[]) news (type, thing)
    CROSS JOIN LATERAL (
        SELECT member_id FROM notices_follow
        WHERE content_type_id = news.type AND object_id = news.thing AND level = %(everything)s
            AND member_id > %(after)s
        ORDER BY member_id LIMIT %(step)s
    ) f
    ORDER BY f.member_id OFFSET %(step)s - 1 LIMIT 1
"""


def is_large(values: dict[str, Any]) -> bool:
    """Whether too many follow these things to be told in a request; counts no further than it must."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values | {"large": LARGE})
        return cursor.fetchone()[0] >= LARGE


@transaction.atomic
def step(pk: int) -> bool:
    """Tell the next followers; gives whether there are more."""
    from notices import telling

    audience = Audience.objects.select_for_update().filter(pk=pk, is_withheld=False).first()
    if audience is None:
        return False
    try:
        besides = sealing.unseal(audience.values["besides"])
    except sealing.Broken:
        logger.error("audience %s was sealed with a key that is gone: nobody more is told", pk)
        audience.delete()
        return False
    values = audience.values | {"after": audience.reached, "besides": besides}
    with connection.cursor() as cursor:
        cursor.execute(NEXT, values | {"step": STEP})
        found = cursor.fetchone()
    until = found[0] if found else telling.EVERYBODY
    telling.tell_gathered(values | {"until": until})
    if found is None:
        audience.delete()
        return False
    audience.reached = until
    audience.save(update_fields=["reached"])
    return True


def withhold(places: Sequence[str], part: int | None = None) -> None:
    """Stop telling of what went out of sight. Waits for a step that is under way."""
    _at(places, part).filter(is_withheld=False).update(is_withheld=True)


def give_back(places: Sequence[str], part: int | None = None, *, besides: Sequence[int] = ()) -> list[int]:
    """Let what came back be told on; gives the audiences for which somebody must start a job."""
    waiting = _at(places, part).filter(is_withheld=True).exclude(part__in=besides)
    ids = list(waiting.values_list("pk", flat=True))
    Audience.objects.filter(pk__in=ids).update(is_withheld=False)
    return ids


def _at(places: Sequence[str], part: int | None) -> models.QuerySet[Audience]:
    audiences = Audience.objects.filter(places__overlap=list(places))
    return audiences if part is None else audiences.filter(part=part)


def left_behind() -> list[int]:
    """Those whose job has died; what has been out of sight for long is forgotten."""
    now = timezone.now()
    Audience.objects.filter(is_withheld=True, begun_at__lt=now - KEPT).delete()
    left = Audience.objects.filter(is_withheld=False, begun_at__lt=now - FORGOTTEN)
    return list(left.order_by("pk").values_list("pk", flat=True)[:100])
