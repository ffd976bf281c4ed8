"""The outbox looked through for mails that nobody is at any more."""

from __future__ import annotations

from typing import Any

from django.db import connection

from notices.models import Mail

MOST = 1000

# A job that is "todo" will come to its mail; one that is "doing" may belong to a worker that has died.
LEFT_BEHIND = """
    SELECT m.id FROM notices_mail m
    WHERE m.queued_at < now() - %(longest)s AND (m.handed_at IS NULL OR m.handed_at < now() - %(longest)s)
        AND NOT EXISTS (
            SELECT FROM procrastinate_jobs j
            WHERE j.task_name = 'notices.send_mail' AND j.status = 'todo' AND (j.args ->> 'mail_id')::bigint = m.id
        )
    ORDER BY m.id LIMIT %(most)s
"""


def left_behind() -> list[int]:
    """The mails that have waited long and for which no job is waiting."""
    values: dict[str, Any] = {"longest": Mail.LONGEST_HANDING, "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(LEFT_BEHIND, values)
        return [pk for (pk,) in cursor.fetchall()]
