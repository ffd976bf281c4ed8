"""Badges: earned by use, never given by anybody.

Each floor says in its app's ``ready`` what earns one (``register``): an SQL query that gives who has earned it, for
what and when. What happens awards at once where that is cheap (``consider``); every night ``award_all`` makes the
awards equal to the facts, in both directions. Each is told once, however often it comes and goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from common import wording
from common.counting import CAP, CappedCount
from common.recount import PATIENTLY
from moderation.models import Award
from moderation.reputation import Line, Things
from moderation.trust import KIND
from notices.telling import tell

ADDRESS = "/badges/"


def _nothing(reader: Any, ids: Sequence[int]) -> Mapping[int, Line]:
    return {}


@dataclass(frozen=True)
class Badge:
    """``facts`` is an SQL query of ``member_id, object_id, earned_at``, at most one row for a member.

    ``what`` says what earns it ("a first post"). Where the facts know no lasting moment (not ``is_dated``), that of
    awarding stays. A filter on the member is put around the query.
    """

    name: str
    title: str
    what: str
    facts: str
    things: Things = _nothing
    is_dated: bool = True


_badges: dict[str, Badge] = {}


def register(*badges: Badge) -> None:
    _badges.update({badge.name: badge for badge in badges})


def all_badges() -> tuple[Badge, ...]:
    return tuple(_badges.values())


AWARD = """
    INSERT INTO moderation_award (member_id, badge, object_id, earned_at)
    SELECT f.member_id, %(badge)s, f.object_id, f.earned_at FROM ({facts}) f WHERE {which} ORDER BY f.member_id
    ON CONFLICT (badge, member_id) DO NOTHING RETURNING member_id
"""
MEND = """
    UPDATE moderation_award a SET object_id = f.object_id, earned_at = f.earned_at FROM ({facts}) f
    WHERE a.badge = %(badge)s AND f.member_id = a.member_id
        AND (a.object_id, a.earned_at) IS DISTINCT FROM (f.object_id::bigint, f.earned_at)
"""
TAKE_BACK = """
    DELETE FROM moderation_award a
    WHERE a.badge = %(badge)s AND NOT EXISTS (SELECT FROM ({facts}) f WHERE f.member_id = a.member_id)
"""


EARNED = gettext_noop("You have earned the badge “%(thing)s”: %(what)s.")
wording.know(EARNED)


def consider(member: int | None, *names: str) -> None:
    """Award these badges to the member who has just now earned them, and to nobody else."""
    if member is not None:
        for name in names:
            _award(_badges[name], "f.member_id = %(member)s", {"member": member})


def _award(badge: Badge, which: str, values: dict[str, Any]) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(AWARD.format(facts=badge.facts, which=which), {"badge": badge.name, **values})
            members = [member for (member,) in cursor.fetchall()]
        words = EARNED % {"thing": badge.title, "what": badge.what}
        tell(members, kind=KIND, key=f"badge:{badge.name}", words=words, url=ADDRESS)
    return len(members)


def award_all() -> int:
    """Make all awards what the facts say; gives how many were awarded, changed and taken back."""
    moved = 0
    for badge in all_badges():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PATIENTLY)
            for statement in (TAKE_BACK, MEND) if badge.is_dated else (TAKE_BACK,):
                cursor.execute(statement.format(facts=badge.facts), {"badge": badge.name})
                moved += cursor.rowcount
            moved += _award(badge, "true", {})
    return moved


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────

COUNTS = f"""
    SELECT b.name, (
        SELECT count(*) FROM (
            SELECT FROM moderation_award a JOIN accounts_member m ON m.id = a.member_id AND m.is_active
            WHERE a.badge = b.name LIMIT {CAP + 1}
        ) few
    ) FROM unnest(%s::text[]) b (name)
"""  # noqa: S608 - our own number


def counts() -> dict[str, CappedCount]:
    """How many members have each badge: one query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [list(_badges)])
        return {name: CappedCount.at_most(number) for name, number in cursor.fetchall()}


def of(member: Any, reader: Any) -> list[Award]:
    """The member's badges in the order of the table, each with its ``kind`` (``Badge``) and the ``thing`` it is for."""
    awards = {award.badge: award for award in Award.objects.filter(member=member.pk) if award.badge in _badges}
    wanted: dict[Things, list[int]] = {badge.things: [] for badge in _badges.values()}
    for name, award in awards.items():
        wanted[_badges[name].things].append(award.object_id)
    # Each is asked once, so that a page costs the same whatever its member has earned.
    things = {find: find(reader, ids) for find, ids in wanted.items()}
    shown = [awards[name] for name in _badges if name in awards]
    for award in shown:
        badge: Any = _badges[award.badge]
        award.kind = badge  # type: ignore[attr-defined]
        award.thing = things[badge.things].get(award.object_id)  # type: ignore[attr-defined]
    return shown


def names_of(member: Any) -> frozenset[str]:
    """The names of a member's badges; none for a guest, without asking."""
    if not member.is_authenticated:
        return frozenset()
    return frozenset(Award.objects.filter(member=member.pk).values_list("badge", flat=True))


# ── What moderation knows of ─────────────────────────────────────────────────────────────────────

YEAR = """
    SELECT m.id AS member_id, 0::bigint AS object_id, m.date_joined + interval '1 year' AS earned_at
    FROM accounts_member m JOIN moderation_trust t ON t.member_id = m.id
    WHERE m.date_joined <= now() - interval '1 year' AND t.days >= 25
"""
# Only reports of earlier months, and told by the month: the day would tell which decision was the tenth.
HELPFUL = """
    SELECT r.reporter_id AS member_id, 0::bigint AS object_id,
        date_trunc('month', (array_agg(c.closed_at ORDER BY c.closed_at, r.id))[10]) AS earned_at
    FROM moderation_report r JOIN moderation_case c ON c.id = r.case_id
    WHERE r.was_right AND r.reporter_id IS NOT NULL AND c.closed_at < date_trunc('month', now())
    GROUP BY r.reporter_id HAVING count(*) >= 10
"""
OWN = (
    Badge("year", gettext_noop("A year here"), gettext_noop("a member for a year, and here on 25 days of it"), YEAR),
    Badge(
        "helpful-reports", gettext_noop("Good eye"), gettext_noop("ten reports that moderators found right"), HELPFUL
    ),
)
