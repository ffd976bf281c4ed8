"""Members who were here before their days were counted: what they wrote and upvoted says on which days they were."""

from __future__ import annotations

from django.db import connection, transaction

from moderation import trust

DAYS = """
    INSERT INTO moderation_trust AS t (member_id, level, days, last_day, held_reason)
    SELECT d.member_id, 0, count(*), max(d.day), '' FROM (
        SELECT author_id AS member_id, (posted_at AT TIME ZONE 'UTC')::date AS day FROM forum_post
        WHERE author_id IS NOT NULL
        UNION SELECT author_id, (posted_at AT TIME ZONE 'UTC')::date FROM forum_comment WHERE author_id IS NOT NULL
        UNION SELECT member_id, (voted_at AT TIME ZONE 'UTC')::date FROM forum_postvote
        UNION SELECT member_id, (voted_at AT TIME ZONE 'UTC')::date FROM forum_commentvote
    ) d
    GROUP BY d.member_id ORDER BY d.member_id
    ON CONFLICT (member_id) DO UPDATE SET
        days = greatest(t.days, excluded.days), last_day = greatest(t.last_day, excluded.last_day)
"""
READ = """
    INSERT INTO forum_visit (member_id, post_id, since_id, last_id, visited_at)
    SELECT r.member_id, r.post_id, max(r.seen), max(r.seen), max(r.moment) FROM (
        SELECT author_id AS member_id, id AS post_id, 0 AS seen, posted_at AS moment FROM forum_post
        WHERE author_id IS NOT NULL
        UNION ALL SELECT author_id, post_id, id, posted_at FROM forum_comment WHERE author_id IS NOT NULL
        UNION ALL SELECT member_id, thing_id, 0, voted_at FROM forum_postvote
        UNION ALL SELECT v.member_id, c.post_id, c.id, v.voted_at FROM forum_commentvote v
            JOIN forum_comment c ON c.id = v.thing_id
    ) r
    GROUP BY r.member_id, r.post_id ORDER BY r.member_id, r.post_id
    ON CONFLICT (member_id, post_id) DO NOTHING
"""


def learn() -> int:
    """Count the days and the posts that members must have been at; gives for how many the trust level changed.

    Takes nothing away, and may run again. What stands under a pseudonym is counted for nobody.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(DAYS)
        cursor.execute(READ)
    return trust.compute_all(everybody=True)
