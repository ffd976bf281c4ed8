"""Reputation: a ledger that its member can read, and that can be computed again from what happened.

Upper floors say what earns (``register``, in their app's ``ready``): a ``Source`` is an SQL query that gives its facts,
and ``settings.REPUTATION`` says what each is worth. The ledger holds one entry for a thing and a day, never one for a
vote: so it grows no faster than what is voted on, and knows no voter. What happens moves the entry and the sums in the
same transaction; ``settle`` and ``rebuild`` make entries anew from the facts, and ``manage.py recount`` proves them.

One rule keeps it true and free of deadlocks: whoever changes what a member's ledger tells of calls ``hold`` for that
member first, before any row of the thing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from common import recount
from moderation import trust
from moderation.models import Reputation, ReputationEntry


@dataclass(frozen=True)
class Line:
    """A thing of the ledger as its reader may see it: ``words``, and ``url`` where it leads somewhere."""

    words: str
    url: str = ""


# Takes who reads and the ids of things; gives those that this reader may see. One query for any number.
Things = Callable[[Any, Sequence[int]], Mapping[int, Line]]


@dataclass(frozen=True)
class Source:
    """One kind of entry. ``facts`` is an SQL query of ``member_id, object_id, day, count``, all of it grouped.

    A filter on member or object is put around it, so both must be plain columns that an index finds. ``one`` and
    ``many`` are read before the thing ("an upvote on", "upvotes on"). What is not ``is_public`` stays out of the number
    that everybody sees: a sum that moved at the moment of a secret would tell it.
    """

    kind: str
    one: str
    many: str
    facts: str
    things: Things
    is_public: bool = False

    @property
    def worth(self) -> int:
        return settings.REPUTATION[self.kind]

    @property
    def entries(self) -> str:
        """The ledger of this source as it should be. All of it is ours: the kind and two literals."""
        return (  # noqa: S608
            "SELECT f.member_id::bigint, {kind}::varchar AS kind, f.object_id::bigint, f.day::date,"
            " f.count::int, (f.count * {worth})::int AS points, {public} AS is_public FROM ({facts}) f"
        ).format(
            kind=f"'{self.kind}'",
            worth=int(self.worth),
            public="true" if self.is_public else "false",
            facts=self.facts,
        )


sources: dict[str, Source] = {}


def register(*kinds: Source) -> None:
    sources.update({each.kind: each for each in kinds})


COLUMNS = "member_id, kind, object_id, day, count, points, is_public"
HOLD = "SELECT member_id FROM moderation_reputation WHERE member_id = ANY(%s) ORDER BY member_id FOR NO KEY UPDATE"
# A member who leaves at this moment is waited for, and has no row then.
OPEN = """
    INSERT INTO moderation_reputation (member_id, points, public_points)
    SELECT id, 0, 0 FROM (SELECT id FROM accounts_member WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE) m
    ON CONFLICT (member_id) DO NOTHING
"""
GAIN = f"""
    WITH held AS (SELECT member_id FROM moderation_reputation WHERE member_id = %(member)s),
    entry AS (
        INSERT INTO moderation_reputationentry AS e ({COLUMNS})
        SELECT member_id, %(kind)s, %(thing)s, %(day)s, 1, %(worth)s, %(public)s FROM held
        ON CONFLICT (kind, object_id, day, member_id)
        DO UPDATE SET count = e.count + 1, points = e.points + excluded.points
    )
    UPDATE moderation_reputation r
    SET points = points + %(worth)s, public_points = public_points + %(public_worth)s
    FROM held WHERE r.member_id = held.member_id
    RETURNING r.public_points
"""  # noqa: S608
LOSE = """
    WITH entry AS (
        UPDATE moderation_reputationentry SET count = count - 1, points = points - %(worth)s
        WHERE kind = %(kind)s AND object_id = %(thing)s AND day = %(day)s AND member_id = %(member)s AND count > 1
        RETURNING 1
    ), gone AS (
        DELETE FROM moderation_reputationentry
        WHERE kind = %(kind)s AND object_id = %(thing)s AND day = %(day)s AND member_id = %(member)s AND count = 1
        RETURNING 1
    )
    UPDATE moderation_reputation
    SET points = points - %(worth)s, public_points = public_points - %(public_worth)s
    WHERE member_id = %(member)s AND (EXISTS (SELECT FROM entry) OR EXISTS (SELECT FROM gone))
    RETURNING public_points
"""
SUMS = """
    UPDATE moderation_reputation r SET points = s.points, public_points = s.public_points
    FROM (
        SELECT coalesce(sum(e.points), 0) AS points,
            coalesce(sum(e.points) FILTER (WHERE e.is_public), 0) AS public_points
        FROM moderation_reputationentry e WHERE e.member_id = %s
    ) s
    WHERE r.member_id = %s
"""


def hold(*members: int | None) -> None:
    """Take the ledgers of these members for this transaction; ``None`` (a thing without an author) is nobody."""
    ids = sorted({member for member in members if member is not None})
    if not ids:
        return
    with connection.cursor() as cursor:
        if len(ids) == 1:
            cursor.execute(HOLD, [ids])
            if cursor.fetchall():
                return
        # All rows are there before the first is locked: to wait for a new one with another in hand would be no order.
        cursor.execute(OPEN, [ids])
        cursor.execute(HOLD, [ids])


def gain(kind: str, member: int | None, thing: int, moment: datetime) -> None:
    """One more of what this source counts. The caller holds the member and knows that the thing can be seen."""
    _move(GAIN, kind, member, thing, moment)


def lose(kind: str, member: int | None, thing: int, moment: datetime) -> None:
    """One less: what was gained at ``moment`` is taken back. The caller holds the member."""
    _move(LOSE, kind, member, thing, moment)


def _move(statement: str, kind: str, member: int | None, thing: int, moment: datetime) -> None:
    if member is None:
        return
    source = sources[kind]
    values: dict[str, Any] = {
        "kind": kind,
        "member": member,
        "thing": thing,
        "day": moment.astimezone(UTC).date(),
        "worth": source.worth,
        "public": source.is_public,
        "public_worth": source.worth * source.is_public,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        moved = cursor.fetchone()
    if moved:
        trust.points_moved(member, moved[0])


def settle(kind: str, member: int | None, things: Iterable[int]) -> None:
    """Make the entries of these things, all of one member, what the facts say now. The caller holds the member."""
    ids = list(things)
    if member is None or not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM moderation_reputationentry WHERE kind = %s AND object_id = ANY(%s)", [kind, ids])
        cursor.execute(
            f"INSERT INTO moderation_reputationentry ({COLUMNS}) SELECT {COLUMNS} FROM ({sources[kind].entries}) now"  # noqa: S608
            " WHERE now.object_id = ANY(%s) AND now.member_id = %s",
            [ids, member],
        )
        cursor.execute(SUMS, [member, member])


@transaction.atomic
def rebuild(member: int) -> None:
    """Make a member's whole ledger anew from the facts."""
    hold(member)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM moderation_reputationentry WHERE member_id = %s", [member])
        cursor.execute(
            f"INSERT INTO moderation_reputationentry ({COLUMNS}) SELECT {COLUMNS} FROM ({_all()}) now"  # noqa: S608
            " WHERE now.member_id = %s",
            [member],
        )
        cursor.execute(SUMS, [member, member])


def _all() -> str:
    return " UNION ALL ".join(source.entries for source in sources.values())


class Ledger(recount.Counter):
    """All ledgers against all facts, for ``manage.py recount``."""

    @transaction.atomic
    def drifted(self) -> int:
        """How many entries are wrong, too many or missing."""
        return sum(count for _, count in self._differing())

    def mend(self) -> int:
        """Make anew the ledgers that hold such entries, one after another; gives how many entries that were."""
        with transaction.atomic():
            wrong = self._differing()
        for member, _ in wrong:
            rebuild(member)
        return sum(count for _, count in wrong)

    def _differing(self) -> list[tuple[int, int]]:
        ledger = f"SELECT {COLUMNS} FROM moderation_reputationentry"  # noqa: S608
        facts = f"SELECT {COLUMNS} FROM ({_all()}) facts"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(recount.PATIENTLY)
            cursor.execute(
                "SELECT member_id, count(DISTINCT (kind, object_id, day)) FROM"  # noqa: S608
                f" (({facts} EXCEPT {ledger}) UNION ALL ({ledger} EXCEPT {facts})) wrong"
                " GROUP BY member_id ORDER BY member_id"
            )
            return cursor.fetchall()


COUNTERS = (
    Ledger("moderation_reputationentry", "count", ""),
    recount.Counter(
        "moderation_reputation",
        "points",
        "SELECT coalesce(sum(e.points), 0) FROM moderation_reputationentry e WHERE e.member_id = t.member_id",
    ),
    recount.Counter(
        "moderation_reputation",
        "public_points",
        "SELECT coalesce(sum(e.points), 0) FROM moderation_reputationentry e"
        " WHERE e.member_id = t.member_id AND e.is_public",
    ),
)


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


def public_points(member: int) -> int:
    """The number that everybody sees."""
    return Reputation.objects.filter(member=member).values_list("public_points", flat=True).first() or 0


def can_be_read_by(reader: Any, member: int) -> bool:
    """Whether ``reader`` may read this member's ledger: the member, and moderators."""
    return reader.is_authenticated and (reader.pk == member or reader.is_moderator)


def name_things(reader: Any, entries: Sequence[ReputationEntry]) -> None:
    """Give each entry its ``source`` and its ``thing``, a ``Line`` or ``None`` where the reader may not see it."""
    by_kind: dict[str, set[int]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, set()).add(entry.object_id)
    # Every source is asked, so that a page costs the same whatever stands on it.
    lines = {kind: source.things(reader, sorted(by_kind.get(kind, ()))) for kind, source in sources.items()}
    for entry in entries:
        entry.source = sources.get(entry.kind)  # type: ignore[attr-defined]
        entry.thing = lines.get(entry.kind, {}).get(entry.object_id)  # type: ignore[attr-defined]
