"""What ``docs/security.md`` tells in numbers is what holds."""

from __future__ import annotations

import re

from django.apps import apps
from django.conf import settings

from common import fetching

FIELD = re.compile(r"`[a-z]+\.[A-Z]\w+\.\w+`")
DOC = (settings.BASE_DIR / "docs" / "security.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in DOC.splitlines() if line.startswith("| ")]


def test_every_limit_is_told() -> None:
    for limit in settings.LIMITS.values():
        row = [limit["title"], *(limit.get(whose, "") for whose in ("new", "member", "trusted", "network"))]
        assert row in rows(), f"docs/security.md, Limits: | {' | '.join(row)} |"


def test_lengths_are_those_of_the_columns() -> None:
    told = [row for row in rows() if len(row) == 3 and FIELD.fullmatch(row[2])]
    assert len(told) > 20
    for _, length, where in told:
        room, model, field = where.strip("`").split(".")
        assert f"{apps.get_model(room, model)._meta.get_field(field).max_length:,}" == length, where


def test_sessions_last_as_told() -> None:
    for whose, idle, longest in (("member", "14 days", "90 days"), ("staff", "1 hour", "12 hours")):
        assert [f"of {'a member' if whose == 'member' else 'staff'}", idle, longest] in rows()
        seconds = {"days": 86_400, "hour": 3_600, "hours": 3_600}
        for name, said in (("idle", idle), ("longest", longest)):
            number, unit = said.split()
            assert settings.SESSION_AGES[whose][name] == int(number) * seconds[unit]
    assert f"| {settings.TRACE_DAYS} days |" in DOC


def test_each_host_that_is_asked_is_told() -> None:
    for host in (*fetching.HOSTS, *fetching.PUSH_SERVICES):
        assert f"`{host.lstrip('.')}`" in DOC, host
