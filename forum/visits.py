"""What a member has read: which posts of a list, and which comments have come since.

A view of a thread writes one row at most, in one statement, and only where a member looks: not for guests, not for
HEAD, and not for a page that a browser fetches ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.http import HttpRequest

from forum.models import Post
from notices import telling
from notices.muting import muted_by

MOST_NEW = 99  # new comments that are counted; above it is "99+"
APART = "30 minutes"  # of silence, after which the next view is another visit

# For ``moderation.trust``: how many posts a member has opened, counted no further than is asked for.
POSTS_READ = "SELECT count(*) FROM (SELECT FROM forum_visit v WHERE v.member_id = t.member_id LIMIT {most}) few"
# By their numbers: the id, and for what waited for a moderator the number it arrived with.
NEWEST = """
    greatest((SELECT max(c.id) FROM forum_comment c WHERE c.post_id = p.id),
             (SELECT max(c.arrival) FROM forum_comment c WHERE c.post_id = p.id AND c.arrival IS NOT NULL), 0)
"""
# Of the marks a member has set on whole lists, how far those reach that this post stands under.
MARKED = """
    SELECT max(m.comment_id) FROM forum_readmark m
    WHERE m.member_id = %(member)s AND COALESCE(p.arrival, p.id) <= m.post_id AND (
        m.kind = 'all' OR (m.kind = 'category' AND m.object_id = p.category_id)
        OR (m.kind = 'tag' AND EXISTS (
            SELECT FROM forum_posttag t WHERE t.content_object_id = p.id AND t.tag_id = m.object_id)))
"""
OTHERS = """
    c.post_id = p.id AND NOT c.is_hidden AND c.deleted_at IS NULL AND c.author_id IS DISTINCT FROM %(member)s
    AND (c.author_id IS NULL OR c.author_id <> ALL(%(muted)s::bigint[]))
"""
FRESH = f"""
    CROSS JOIN LATERAL (SELECT count(*) AS number, (array_agg(id ORDER BY number))[1] AS first FROM (
        (SELECT c.id, c.id AS number FROM forum_comment c WHERE c.id > upto.id AND {OTHERS}
            ORDER BY c.id LIMIT %(most)s)
        UNION ALL
        (SELECT c.id, c.arrival FROM forum_comment c WHERE c.arrival > upto.id AND c.id <= upto.id AND {OTHERS}
            ORDER BY c.arrival LIMIT %(most)s)
    ) each) fresh
"""  # noqa: S608 - our own words, and parameters
# Whoever looks again a moment later, at the same comments, writes nothing.
VISIT = f"""
    WITH p AS (SELECT id, arrival, category_id FROM forum_post WHERE id = %(post)s),
    known AS (SELECT since_id FROM forum_visit WHERE member_id = %(member)s AND post_id = %(post)s),
    written AS (
        INSERT INTO forum_visit AS v (member_id, post_id, since_id, last_id, visited_at)
        SELECT %(member)s, p.id, COALESCE(({MARKED}), {NEWEST}), {NEWEST}, now() FROM p
        ON CONFLICT (member_id, post_id) DO UPDATE SET
            since_id = CASE WHEN v.visited_at < now() - interval '{APART}' THEN v.last_id ELSE v.since_id END,
            last_id = greatest(v.last_id, excluded.last_id), visited_at = now()
        WHERE v.last_id < excluded.last_id OR v.visited_at < now() - interval '1 minute'
        RETURNING since_id
    )
    SELECT upto.id, fresh.number, fresh.first FROM p CROSS JOIN LATERAL (
        SELECT greatest(COALESCE((SELECT since_id FROM written), (SELECT since_id FROM known)), ({MARKED})) AS id
    ) upto {FRESH}
"""  # noqa: S608 - our own words, and parameters
LOOK = f"""
    SELECT upto.id, fresh.number, fresh.first FROM forum_post p
    LEFT JOIN forum_visit v ON v.post_id = p.id AND v.member_id = %(member)s
    CROSS JOIN LATERAL (SELECT greatest(v.last_id, ({MARKED})) AS id) upto {FRESH} WHERE p.id = %(post)s
"""  # noqa: S608
OF_LIST = f"""
    SELECT p.id, fresh.number
    FROM unnest(%(posts)s::bigint[]) given (id) JOIN forum_post p USING (id)
    LEFT JOIN forum_visit v ON v.post_id = p.id AND v.member_id = %(member)s
    CROSS JOIN LATERAL (SELECT greatest(v.last_id, ({MARKED})) AS id) upto {FRESH}
    WHERE upto.id IS NOT NULL
"""  # noqa: S608
MARK = """
    INSERT INTO forum_readmark AS m (member_id, kind, object_id, post_id, comment_id, marked_at)
    SELECT %(member)s, %(kind)s, %(thing)s,
        (SELECT greatest(max(id), (SELECT max(arrival) FROM forum_post WHERE arrival IS NOT NULL), 0) FROM forum_post),
        (SELECT greatest(max(id), (SELECT max(arrival) FROM forum_comment WHERE arrival IS NOT NULL), 0)
            FROM forum_comment), now()
    ON CONFLICT (member_id, kind, object_id) DO UPDATE SET
        post_id = greatest(m.post_id, excluded.post_id), comment_id = greatest(m.comment_id, excluded.comment_id),
        marked_at = now()
"""


@dataclass(frozen=True)
class News:
    """The comments since a member's last visit: ``since`` is the newest of then, ``first`` the first new one."""

    since: int
    count: int = 0
    first: int | None = None
    is_here: bool = False  # the first new one stands on the page that is shown

    @property
    def is_more(self) -> bool:
        return self.count > MOST_NEW

    @property
    def shown(self) -> str:
        return f"{MOST_NEW}+" if self.is_more else str(self.count)


def visit(request: HttpRequest, post: Post) -> News | None:
    """Note that the member looks at the post, and give what is new to them; None for guests.

    A first visit finds nothing new: all of it is. Looking again within half an hour is the same visit.
    """
    member: Any = request.user
    if not member.is_authenticated:
        return None
    return _read(VISIT if _looks(request) else LOOK, member, post)


def read_notices(request: HttpRequest, post: Post, comments: Iterable[Any]) -> None:
    """What the member was told of the post and of these comments is read: they stand before them."""
    if request.user.is_authenticated and _looks(request):
        telling.read_here(request.user, f"post:{post.pk}", [comment.pk for comment in comments])


def news_of(member: Any, post: Post) -> News | None:
    """What has come since the member looked last, without noting anything; None where they never did."""
    return _read(LOOK, member, post)


def _looks(request: HttpRequest) -> bool:
    """Whether somebody is looking: not a HEAD, not a form refused, not what a browser fetches ahead."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return request.method == "GET" and not any("prefetch" in purpose or "preview" in purpose for purpose in purposes)


def _read(question: str, member: Any, post: Post) -> News | None:
    values = {"member": member.pk, "post": post.pk, "most": MOST_NEW + 1, "muted": sorted(muted_by(member).members)}
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        since, count, first = cursor.fetchone() or (None, 0, None)
    return None if since is None else News(since, count, first)


def tell_new(comments: Sequence[Any], news: News | None, member: Any) -> News | None:
    """Mark those of a thread's comments that are new to the member; gives the news, and whether the first is here."""
    for comment in comments:
        came_since = news is not None and (comment.arrival or comment.pk) > news.since
        comment.is_new = came_since and comment.is_shown and not comment.is_by(member)
    return news and replace(news, is_here=any(comment.pk == news.first for comment in comments))


def arrive(thing: Any) -> None:
    """Let a post count as the newest of all, a comment as that of its post: it comes into sight after others.

    Its row, or that of its post, is locked.
    """
    table = thing._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET arrival = nextval(pg_get_serial_sequence('{table}', 'id')) WHERE id = %s",  # noqa: S608
            [thing.pk],
        )


def mark(member: Any, posts: Iterable[Post]) -> None:
    """Give each post that the member has read what is ``unread`` of it: one query for any number, none for guests."""
    posts = list(posts)
    if not member.is_authenticated or not posts:
        return
    values = {"member": member.pk, "posts": [post.pk for post in posts], "most": MOST_NEW + 1}
    with connection.cursor() as cursor:
        cursor.execute(OF_LIST, values | {"muted": sorted(muted_by(member).members)})
        read = dict(cursor.fetchall())
    for post in posts:
        if post.pk in read:
            post.unread = News(0, read[post.pk])


def mark_all(member: Any, kind: str, thing_id: int = 0) -> None:
    """Take every post there is now in a list as read: all posts, a category's or a tag's."""
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"member": member.pk, "kind": kind, "thing": thing_id})
