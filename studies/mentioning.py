"""Reading mentions: the posts that mention a study, and the works that posts mention and the library does not have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from common.counting import CAP, CappedCount
from common.paging import KeysetPage, paginate, read_cursor
from forum.models import Comment, Post
from notices.muting import muted_by
from studies.mentions import newest_posts
from studies.models import MentionedWork, Study
from studies.models.mention import twins_of

ORDER = ("-pk",)
MUTED_READ = 200  # posts left out of a page because its reader mutes them, at most
COMMENTS_EACH = 3  # comments named under one post
MENTIONS_READ = 100  # newest mentions of a wanted work, among which members are counted

# Each identifier of the study gives its newest posts, and no more than shown.
POSTS = f"""
SELECT DISTINCT near.post_id FROM studies_mentionedwork w
CROSS JOIN LATERAL ({newest_posts("w.id", "%s", "%s")}) near
WHERE w.study_id = %s ORDER BY 1 DESC LIMIT %s
"""  # noqa: S608 - our own words, and parameters
COMMENTS = """
SELECT near.comment_id FROM unnest(%s::bigint[]) post (id)
JOIN studies_mentionedwork w ON w.study_id = %s
CROSS JOIN LATERAL (
    SELECT m.comment_id FROM studies_mention m
    WHERE m.work_id = w.id AND m.post_id = post.id AND m.in_sight AND m.comment_id IS NOT NULL
    ORDER BY m.comment_id LIMIT %s
) near
"""
# Of works that are named otherwise too: under which other identifiers, and in how many posts under all of them.
JOINED = f"""
WITH joined AS (
    SELECT work.id, array_agg(twin.id ORDER BY twin.post_count DESC, twin.id DESC) AS twins
    FROM studies_mentionedwork work CROSS JOIN LATERAL ({twins_of("work")}) twin
    WHERE work.id = ANY(%s) GROUP BY work.id
)
SELECT id, twins, (SELECT count(*) FROM (
    SELECT DISTINCT near.post_id FROM unnest(twins || id) part (id)
    CROSS JOIN LATERAL ({newest_posts("part.id", str(CAP + 1))}) near LIMIT {CAP + 1}
) counted) FROM joined
"""  # noqa: S608 - our own words, and parameters
WHO_WANTS = """
SELECT work.id, count(DISTINCT near.author_id), (array_agg(near.post_id ORDER BY near.posted_at DESC))[1],
       (array_agg(near.comment_id ORDER BY near.posted_at DESC))[1], max(near.posted_at)
FROM unnest(%s::bigint[], %s::bigint[]) work (id, part) CROSS JOIN LATERAL (
    SELECT m.post_id, m.comment_id,
           CASE WHEN m.comment_id IS NULL THEN p.author_id ELSE c.author_id END AS author_id,
           CASE WHEN m.comment_id IS NULL THEN p.posted_at ELSE c.posted_at END AS posted_at
    FROM studies_mention m JOIN forum_post p ON p.id = m.post_id LEFT JOIN forum_comment c ON c.id = m.comment_id
    WHERE m.work_id = work.part AND m.in_sight ORDER BY m.post_id DESC LIMIT %s
) near GROUP BY work.id
"""


def posts_mentioning(study: Study, reader: Any, *, most: int, before: int = 2**62) -> QuerySet[Post]:
    """The newest posts that mention the study, or in which a comment does; older than ``before``, and ``most`` or more.

    What the reader mutes is left out, of ``MUTED_READ`` posts more than these.
    """
    read = most + MUTED_READ if muted_by(reader) else most
    named = RawSQL(POSTS, [before, read, study.pk, read])  # noqa: S611 - our own words, and parameters
    return Post.objects.listed_for(reader).filter(pk__in=named).order_by(*ORDER)


def page_of_posts(study: Study, reader: Any, after: str) -> KeysetPage:
    """A page of the posts that mention the study, newest first, with ``mentioning_comments``. Raises ``Http404``."""
    before = read_cursor(Post, ORDER, after)[0] if after else 2**62
    posts = posts_mentioning(study, reader, most=settings.LIST_PAGE + 1, before=before)
    page = paginate(posts.for_list(), ORDER, after)  # type: ignore[attr-defined]
    ids = [post.pk for post in page.rows]
    named = RawSQL(COMMENTS, [ids, study.pk, COMMENTS_EACH])  # noqa: S611 - our own words, and parameters
    by_post: dict[int, list[Any]] = {pk: [] for pk in ids}
    for comment in Comment.objects.listed_for(reader).filter(pk__in=named).select_related("author").order_by("pk"):
        by_post[comment.post_id].append(comment)
    for post in page.rows:
        post.mentioning_comments = by_post[post.pk][:COMMENTS_EACH]
    return page


@dataclass(frozen=True)
class Wanted:
    """A work that posts mention and the library does not have, by ``work``, the identifier that most of them name, and
    by ``others``. ``post_count`` is of all these; ``members`` are counted among the newest mentions of each."""

    work: MentionedWork
    others: list[MentionedWork]
    post_count: int
    members: int
    post: Post | None
    comment_id: int | None
    last_at: datetime | None

    @property
    def shown_count(self) -> CappedCount:
        return CappedCount.at_most(self.post_count)


def page_of_wanted(after: str) -> KeysetPage:
    """A page of wanted works, those of most posts first. Raises ``Http404`` for a cursor that does not fit."""
    page = paginate(MentionedWork.objects.wanted(), ("-post_count", "-pk"), after)
    page.rows = with_who_wants(page.rows)
    return page


def with_who_wants(works: Sequence[MentionedWork]) -> list[Wanted]:
    """The same works, with their other identifiers and who asks for them: as many queries for one as for many."""
    with connection.cursor() as cursor:
        cursor.execute(JOINED, [[work.pk for work in works]])
        joined = {pk: (twins, count) for pk, twins, count in cursor.fetchall()}
        parts = [(work.pk, part) for work in works for part in (work.pk, *joined.get(work.pk, ((), 0))[0])]
        cursor.execute(WHO_WANTS, [[pk for pk, _ in parts], [part for _, part in parts], MENTIONS_READ])
        facts = {pk: rest for pk, *rest in cursor.fetchall()}
    posts = Post.objects.in_bulk(_present(post for _, post, _, _ in facts.values()))
    others = MentionedWork.objects.in_bulk([twin for twins, _ in joined.values() for twin in twins])
    rows = []
    for work in works:
        twins, count = joined.get(work.pk, ((), work.post_count))
        members, post, comment, last_at = facts.get(work.pk, (0, None, None, None))
        named = [others[twin] for twin in twins if twin in others]
        rows.append(Wanted(work, named, count, members, posts.get(post), comment, last_at))
    return rows


def _present(ids: Iterable[int | None]) -> list[int]:
    return [pk for pk in ids if pk is not None]
