"""Whoever writes many rows of the library takes turns with all others who do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

ONE_AT_A_TIME = 7_203_411_952  # the advisory lock that imports share; any number that nothing else uses
# Imports wait for each other, and a batch writes thousands of rows: a request's limits would be too tight.
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "300s", "120s"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """A transaction that no other import shares its time with: both would find the same work missing and make it twice.

    Reading files goes on in parallel; only the writing takes turns. A caller's own transaction keeps its own limits.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
                [LOCK_TIMEOUT, STATEMENT_TIMEOUT],
            )
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', '60s', true)")
            # A batch touches few rows of large tables, always by an index. PostgreSQL guesses more of them, and would
            # read whole tables or compile what runs for a moment.
            cursor.execute("SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
            # New words wait beside the search index until there are enough of them to be sorted in at once.
            cursor.execute("SELECT set_config('gin_pending_list_limit', '32MB', true)")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        yield
