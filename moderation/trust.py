"""Trust: levels 0 to 4, earned by being here, by reading and by upvotes received, lost by what moderators acted on.

``settings.TRUST_LEVELS`` is the one table of what each level asks; ``/about/trust/`` shows it. A level is a function of
facts (``Facts``), written once, as SQL, and computed at three moments: at a member's first visit of a day, where an
upvote or a decision reaches a step, and every night for whoever anything can have changed. Nobody chooses levels;
a moderator can hold one still.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts.models import Member
from common import wording
from common.recount import PATIENTLY
from moderation import log
from moderation.models import Trust
from notices.telling import tell

KIND = "earned"  # of notifications: levels and badges
HIGHEST = 4
LOT = 1_000  # members that one statement of the nightly job computes
LATELY = 3  # days that the nightly job looks back: a night that failed is made up for

# How many posts the member ``t.member_id`` has read, as SQL; where nobody knows, it hinders nobody.
_read = "{most}"


def read_is(expression: str) -> None:
    """Called by an app's ``ready``: how many posts a member has read, counted no further than ``{most}``."""
    global _read
    _read = expression


@dataclass(frozen=True)
class Level:
    """What one level asks for: days here, posts read, points that everybody sees."""

    number: int
    name: str
    days: int
    read: int
    points: int


def levels() -> tuple[Level, ...]:
    return tuple(Level(number, **row) for number, row in enumerate(settings.TRUST_LEVELS))


@dataclass(frozen=True)
class Facts:
    """What a level is made of. ``penalties`` are those of the last ``settings.TRUST_PENALTY_DAYS`` days."""

    days: int
    read: int
    points: int
    penalties: int


def earned(facts: Facts) -> int:
    """The level that these facts make: the highest whose every number is reached, less one for each penalty."""
    reached = max(
        level.number
        for level in levels()
        if level.number == 0 or (facts.days >= level.days and facts.read >= level.read and facts.points >= level.points)
    )
    return max(0, reached - facts.penalties)


FACTS = """
    SELECT t.id, t.member_id, t.level AS was, t.held_level, t.days, ({read})::int AS read,
        coalesce((SELECT r.public_points FROM moderation_reputation r WHERE r.member_id = t.member_id), 0) AS points,
        coalesce((
            SELECT sum(e.count) FROM moderation_reputationentry e
            WHERE e.member_id = t.member_id AND e.points < 0 AND e.day > %(since)s
        ), 0)::int AS penalties
    FROM moderation_trust t WHERE t.member_id = ANY(%(members)s) ORDER BY t.id FOR NO KEY UPDATE OF t
"""


def compute(members: Iterable[int]) -> int:
    """Compute the levels of these members who have been here; gives how many changed. Who rose is told."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_facts(), {"members": sorted(members), "since": _since()})
        now = [
            (row[0], row[1], row[2], earned(Facts(*row[4:])) if row[3] is None else row[3]) for row in cursor.fetchall()
        ]
        moved = [each for each in now if each[2] != each[3]]
        if moved:
            cursor.execute(
                "UPDATE moderation_trust t SET level = new.level FROM unnest(%s::bigint[], %s::int[]) new (id, level)"
                " WHERE t.id = new.id",
                [[each[0] for each in moved], [each[3] for each in moved]],
            )
        for _, member, was, level in moved:
            if level > was:
                _tell(member, level)
    return len(moved)


REACHED = gettext_noop("You have reached trust level %(level)s, “%(called)s”: your limits are wider now.")
wording.know(REACHED)


def _tell(member: int, level: int) -> None:
    words = REACHED % {"level": level, "called": levels()[level].name}
    tell([member], kind=KIND, key=f"trust:{level}", words=words, url="/about/trust/")


def _facts() -> str:
    most = max(level.read for level in levels())
    return FACTS.format(read=_read.format(most=most))


def _since() -> date:
    return timezone.now().astimezone(UTC).date() - timedelta(days=settings.TRUST_PENALTY_DAYS)


def facts_of(member: int) -> Facts:
    """What stands in the table for this member now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_facts().replace("FOR NO KEY UPDATE OF t", ""), {"members": [member], "since": _since()})
        row = cursor.fetchone()
    return Facts(*row[4:]) if row else Facts(0, 0, 0, 0)


NOTE = """
    INSERT INTO moderation_trust AS t (member_id, level, days, last_day, held_reason) VALUES (%s, 0, 1, %s, '')
    ON CONFLICT (member_id) DO UPDATE SET days = t.days + 1, last_day = excluded.last_day
    WHERE t.last_day IS NULL OR t.last_day < excluded.last_day
"""


def note_visit(member: int, day: date) -> None:
    """Count a day on which the member was here, once however often they come; the first visit computes the level."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(NOTE, [member, day])
            is_first = cursor.rowcount == 1
        if is_first:
            compute([member])


def points_moved(member: int, points: int) -> None:
    """The member's public points are these now: where that is a step, the level is computed at once."""
    if points in {level.points for level in levels() if level.points}:
        compute([member])


STALE = """
    SELECT t.member_id FROM moderation_trust t
    WHERE t.member_id > %(after)s AND (
        t.last_day >= %(lately)s OR EXISTS (
            SELECT FROM moderation_reputationentry e WHERE e.member_id = t.member_id AND (
                e.day >= %(lately)s OR (e.points < 0 AND e.day BETWEEN %(over)s - {lately} AND %(over)s)
            )
        ) OR {everybody}
    )
    ORDER BY t.member_id LIMIT {lot}
"""


def compute_all(*, everybody: bool = False) -> int:
    """Compute the level of everybody for whom something can have changed lately, or of all; gives how many changed."""
    today = timezone.now().astimezone(UTC).date()
    stale = STALE.format(lately=LATELY, lot=LOT, everybody="true" if everybody else "false")
    after, changed = 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PATIENTLY)
            cursor.execute(stale, {"after": after, "lately": today - timedelta(days=LATELY), "over": _since()})
            members = [member for (member,) in cursor.fetchall()]
        if not members:
            return changed
        changed += compute(members)
        after = members[-1]


def level_of(member: Any) -> int:
    """The member's level; asked of the database once for each object."""
    if not hasattr(member, "_trust_level"):
        level = Trust.objects.filter(member=member.pk).values_list("level", flat=True).first()
        member._trust_level = level or 0
    return member._trust_level


def levels_of(members: Iterable[int]) -> dict[int, int]:
    """The levels of these members by their ids; who has none is at 0."""
    return dict(Trust.objects.filter(member__in=members).values_list("member", "level"))


@transaction.atomic
def fix(member: Member, moderator: Member, level: int | None, reason: str) -> None:
    """Hold the member's level still, or (``None``) let it be what is earned again. Nobody does so for themselves."""
    if member.pk == moderator.pk:
        raise PermissionDenied(gettext("Nobody decides about their own level."))
    Trust.objects.bulk_create([Trust(member=member)], ignore_conflicts=True)
    trust = Trust.objects.select_for_update(no_key=True).get(member=member)
    if trust.held_level == level:
        return
    trust.held_level, trust.held_reason, trust.held_by, trust.held_at = level, reason, moderator, timezone.now()
    if level is None:
        trust.held_reason, trust.held_by, trust.held_at = "", None, None
    trust.save(update_fields=["held_level", "held_reason", "held_by", "held_at"])
    log.record(moderator, "release trust level" if level is None else f"hold trust level {level}", member, reason)
    compute([member.pk])


def level_name(number: int) -> str:
    """A level as it is shown: "Level 2, Regular"."""
    return gettext("Level %(number)s, %(name)s") % {"number": number, "name": gettext(levels()[number].name)}
