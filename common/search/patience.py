"""How a search is read: by indexes, and not for long. A question that is too dear is told so.

Candidates are few and known by their keys, so their rows are found by probes; PostgreSQL would rather read a table of
some hundred thousand rows from end to end, which is what search must never do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

LONGEST = 2500  # milliseconds for one statement
READING = {"enable_seqscan": "off", "random_page_cost": "1.1"}


SET = "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) wanted (name, value)"


class TookTooLong(Exception):
    """PostgreSQL was stopped: the question reads more than it may."""


@contextmanager
def patience(longest: int = LONGEST) -> Iterator[None]:
    """Let no statement in here take longer, nor read whole tables. Raises ``TookTooLong``; only for reading."""
    inside = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            wanted = {"statement_timeout": str(longest), **READING}
            cursor.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) name", [list(wanted)])
            usual = dict(cursor.fetchall())
            cursor.execute(SET, [list(wanted), list(wanted.values())])
            yield
            if inside:  # else it ends with the transaction
                cursor.execute(SET, [list(usual), list(usual.values())])
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise
