"""How fast the site may ask another host: one row for a host, shared by all workers."""

from __future__ import annotations

from django.db import connection, models


class Pace(models.Model):
    """When ``host`` may be asked next. Moved on by whoever asks, in one statement, so that no two take one turn."""

    host = models.CharField(max_length=100, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host} from {self.next_at:%H:%M:%S}"

    @classmethod
    def take_turn(cls, host: str, interval: float) -> float:
        """Take the next turn to ask ``host``; gives the seconds until it comes. Turns are ``interval`` seconds apart.

        Call it outside of transactions: others would wait for its end.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO common_pace AS pace (host, next_at)"
                " VALUES (%(host)s, clock_timestamp() + %(interval)s * interval '1 second')"
                " ON CONFLICT (host) DO UPDATE SET"
                " next_at = greatest(pace.next_at, clock_timestamp()) + %(interval)s * interval '1 second'"
                " RETURNING extract(epoch FROM next_at - clock_timestamp())",
                {"host": host, "interval": interval},
            )
            return max(0.0, float(cursor.fetchone()[0]) - interval)

    @classmethod
    def hold(cls, host: str, seconds: float) -> None:
        """Let nobody ask ``host`` within so many seconds: it said that it is asked too often."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO common_pace AS pace (host, next_at)"
                " VALUES (%(host)s, clock_timestamp() + %(seconds)s * interval '1 second')"
                " ON CONFLICT (host) DO UPDATE SET next_at = greatest(pace.next_at, EXCLUDED.next_at)",
                {"host": host, "seconds": seconds},
            )
