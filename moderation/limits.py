"""How often anybody may do a thing: counted in the database, in one statement, for the member and for the network.

``settings.LIMITS`` is the one table of them all; ``/about/limits/`` shows it. What holds for a member depends on their
level of trust (``moderation.trust``). A limit "10/hour" lets ten come at once and then one every six minutes: the
generic cell rate algorithm, which needs one moment a limit and no list of what was done. Nothing is counted for what is
refused, and nothing for what fails later in the same transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext

from accounts.clients import client_ip
from common import calling, limiting
from moderation import trust
from moderation.models import Allowance

ONE_TEXT = 0  # the span of a limit that holds for each text by itself
SPANS = {"text": ONE_TEXT, "second": 1, "minute": 60, "hour": 3600, "day": 86_400}
FIRST_DAY = timedelta(days=1)
WIDE = 3  # the level from which the wider limits hold
REMEMBERED = 20_000  # networks and members that one worker keeps in mind for what is only read

# ``span`` and ``used_until - now`` (the price of one) come with the row that could not be inserted.
SPEND = """
INSERT INTO moderation_allowance AS kept (key, used_until, span)
SELECT wanted.key, %(now)s + wanted.price, wanted.span
FROM unnest(%(keys)s::text[], %(prices)s::interval[], %(spans)s::int[]) wanted (key, price, span)
WHERE wanted.price <= make_interval(secs => wanted.span) ORDER BY wanted.key
ON CONFLICT (key) DO UPDATE
SET used_until = greatest(kept.used_until, %(now)s) + (excluded.used_until - %(now)s), span = excluded.span
WHERE greatest(kept.used_until, %(now)s) + (excluded.used_until - %(now)s)
      <= %(now)s + make_interval(secs => excluded.span)
RETURNING key
"""


class TooMany(limiting.Refusal):
    """A limit is used up. ``wait`` is the number of whole seconds after which one more is free.

    ``status`` is that of the answer which says so.
    """

    status = 429

    def __init__(self, words: str, wait: int) -> None:
        super().__init__(
            gettext("%(words)s Please wait %(time)s, then send it again.") % {"words": words, "time": in_words(wait)}
        )
        self.wait = wait

    def told_by(self, answer: HttpResponse) -> HttpResponse:
        """The same answer, with ``Retry-After``."""
        answer["Retry-After"] = str(self.wait)
        return answer


class TooMuch(TooMany):
    """One text holds more than it may: no waiting helps."""

    status = 422

    def __init__(self, words: str) -> None:
        Exception.__init__(self, words)

    def told_by(self, answer: HttpResponse) -> HttpResponse:
        return answer


EACH = {
    "second": gettext_noop("%(most)s a second"), "minute": gettext_noop("%(most)s a minute"),
    "hour": gettext_noop("%(most)s an hour"), "day": gettext_noop("%(most)s a day"),
}  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """So many in so many seconds, or in one text."""

    most: int
    span: int

    @property
    def price(self) -> timedelta:
        """The time that one use costs."""
        return timedelta(seconds=self.span) / self.most

    def __str__(self) -> str:
        if self.span == ONE_TEXT:
            return gettext("%(most)s in one text") % {"most": self.most}
        name = next(name for name, seconds in SPANS.items() if seconds == self.span)
        return gettext(EACH[name]) % {"most": self.most}


@cache
def limits(line: str) -> tuple[Limit, ...]:
    """The limits that a line of ``settings.LIMITS`` names: "10/hour 30/day"."""
    pairs = (part.split("/") for part in line.split())
    return tuple(Limit(int(most), SPANS[span]) for most, span in pairs)


def count(request: HttpRequest, action: str, times: int = 1) -> None:
    """Count one ``action`` of ``settings.LIMITS``, or ``times`` of it, for who sends the request.

    Raises ``TooMany`` where a limit is used up. Members count for themselves, by their level of trust, and for the
    network they come from; guests for the network alone. Staff is not counted.
    """
    if not _is_counted(request):
        return
    table, member, network = settings.LIMITS[action], request.user, network_of(request)
    wanted: list[tuple[str, Limit]] = []
    if member.is_authenticated:
        wanted += [(f"{action}/{each.span}/m{member.pk}", each) for each in limits(line_for(member, table))]
    wanted += [(f"{action}/{each.span}/n{network}", each) for each in limits(table["network"])]
    spend(((key, each) for key, each in wanted if each.span != ONE_TEXT), gettext(table["words"]), times)


def _is_counted(request: HttpRequest) -> bool:
    return settings.LIMITS_ON and not (request.user.is_authenticated and request.user.is_staff)


def line_for(member: Any, table: Mapping[str, str]) -> str:
    """Which line of a row of ``settings.LIMITS`` holds for this member."""
    level = trust.level_of(member)
    if level == 0 or timezone.now() - member.joined < FIRST_DAY:
        return table["new"]
    return table.get("trusted", table["member"]) if level >= WIDE else table["member"]


def count_words(request: HttpRequest, html: str, before: str = "") -> None:
    """Count the links, pictures and mentions of a text as rendered; of an edit, only those that are not in ``before``.

    Raises ``TooMuch`` where one text holds too many of them, ``TooMany`` where a day's are used up.
    """
    if not _is_counted(request):
        return
    was = contents(before)
    for action, held in contents(html).items():
        number, new = held.total(), (held - was[action]).total()
        if number > was[action].total():
            table = settings.LIMITS[action]
            for each in limits(line_for(request.user, table)):
                if each.span == ONE_TEXT and number > each.most:
                    raise TooMuch(
                        gettext(
                            "%(title)s: one text of yours takes up to %(most)s so far, and this has %(number)s."
                            " Take some out and send it again. The more you read and take part, the more you may."
                        )
                        % {"title": gettext(table["title"]), "most": each.most, "number": number}
                    )
        if new:
            count(request, action, new)


# As ``common.markdown`` writes them. A link to a study, known by its identifier, is what this place is for.
LINK = re.compile(r'<a href="(?P<address>https?://[^"]*)"(?: title="[^"]*")?(?P<is_study> class="work)?')
PICTURE = re.compile(r'<img src="([^"]*)"')


def contents(html: str) -> dict[str, Counter[Any]]:
    """The links to other sites, pictures and mentions in rendered HTML, by their names in the table: each how often."""
    links = (link["address"] for link in LINK.finditer(html) if not link["is_study"])
    return {
        "link": Counter(address for address in links if not address.startswith(f"{settings.SITE_URL}/")),
        "picture": Counter(PICTURE.findall(html)),
        "mention": Counter(calling.ids_in(html)),
    }


def refusal(request: HttpRequest, action: str, form: Form) -> TooMany | None:
    """Count one ``action``; where a limit is used up, say it on the form, which keeps what was typed, and give it."""
    try:
        count(request, action)
    except TooMany as refused:
        form.add_error(None, str(refused))
        return refused
    return None


def spend(wanted: Iterable[tuple[str, Limit]], words: str = "", times: int = 1) -> None:
    """Use each of these limits (key, limit) so many ``times``, or none: raises ``TooMany`` where one is used up.

    One statement counts them all, so that no two who come at the same moment get the same last place.
    """
    by_key = dict(wanted)
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            SPEND,
            {
                "now": now,
                "keys": list(by_key),
                "prices": [limit.price * times for limit in by_key.values()],
                "spans": [limit.span for limit in by_key.values()],
            },
        )
        refused = set(by_key) - {key for (key,) in cursor.fetchall()}
        if refused:
            raise TooMany(words or gettext("That was too often."), _wait(refused, by_key, now, times))


def _wait(keys: set[str], by_key: dict[str, Limit], now: datetime, times: int) -> int:
    moments = dict(Allowance.objects.filter(key__in=keys).values_list("key", "used_until"))
    free = (
        moments.get(key, now) + by_key[key].price * times - timedelta(seconds=by_key[key].span) - now for key in keys
    )
    return max(1, math.ceil(max(each.total_seconds() for each in free)))


def sweep() -> int:
    """Forget the limits that are wholly free again; gives how many rows went."""
    return Allowance.objects.filter(used_until__lt=timezone.now()).delete()[0]


def network_of(request: HttpRequest) -> str:
    """The network that a request comes from, as a keyed hash: its IPv4 address, or the first 64 bits of an IPv6 one."""
    address = ipaddress.ip_address(client_ip(request))
    if address.version == 6:
        address = address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False).network_address
    return hmac.new(settings.SECRET_KEY.encode(), f"network/{address}".encode(), hashlib.sha256).hexdigest()[:24]


def in_words(seconds: int) -> str:
    """A waiting time as people say it: "40 seconds", "3 minutes", "2 hours"."""
    if seconds > 3600:
        return gettext("%(count)s hours") % {"count": math.ceil(seconds / 3600)}
    if seconds > 60:
        return gettext("%(count)s minutes") % {"count": math.ceil(seconds / 60)}
    return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}


# ── What is only read ────────────────────────────────────────────────────────────────────────────

_read: OrderedDict[str, float] = OrderedDict()
_reading = Lock()


def count_reading(request: HttpRequest, action: str) -> None:
    """As ``count``, for pages that must write no row: kept in memory, so it holds for each worker apart."""
    if not settings.LIMITS_ON:
        return
    key = f"{action}/{network_of(request)}"
    limit = limits(settings.LIMITS[action]["network"])[0]
    now, price = timezone.now().timestamp(), limit.price.total_seconds()
    with _reading:
        used_until = max(_read.pop(key, now), now)
        allowed = used_until + price <= now + limit.span
        _read[key] = used_until + price if allowed else used_until
        while len(_read) > REMEMBERED:
            _read.popitem(last=False)
    if not allowed:
        raise TooMany(
            gettext(settings.LIMITS[action]["words"]), max(1, math.ceil(used_until + price - limit.span - now))
        )
