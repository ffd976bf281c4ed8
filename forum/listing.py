"""What a reader's own lists leave out: what they mute and hide.

Each condition is asked of one row at a time, by one probe of an index, while a list is read in its own order. So a page
costs what it shows and what it leaves out on the way, whatever carries a muted tag: never join the muted tag's posts.
Pages and counts look at a bounded number of rows besides (``sieve``), should nearly all of a list be muted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

from notices.models import Mute
from notices.muting import POST, Muted, muted_by

NEWEST = ("-posted_at", "-pk")  # the order of the indexes that lead to what a member wrote


def posts(rows: Any, reader: Any, muted: Muted | None = None) -> Any:
    """``rows`` of posts without what the reader mutes; ``muted`` where it is not all of that."""
    return _without(rows, reader, muted, post="")


def sieve(reader: Any, muted: Muted | None = None) -> Callable[[Any], Any] | None:
    """``posts`` for lists that read a bounded number of rows (``common.paging``); None for who mutes nothing."""
    muted = muted_by(reader) if muted is None else muted
    return partial(posts, reader=reader, muted=muted) if muted else None


def sieve_of_comments(reader: Any, muted: Muted | None = None) -> Callable[[Any], Any] | None:
    muted = muted_by(reader) if muted is None else muted
    return partial(comments, reader=reader, muted=muted) if muted else None


def comments(rows: Any, reader: Any, muted: Muted | None = None) -> Any:
    """``rows`` of comments without those of muted members, and without those on posts that are muted or hidden."""
    muted = muted_by(reader) if muted is None else muted
    return _by_others(_without(rows, reader, muted, post="post__"), "author", muted.members)


def left_out_for(post: Any, reader: Any) -> list[tuple[str, Any]]:
    """For what the lists of this reader leave out a post that they have opened: each kind and thing, to unmute it.

    One query for who hides any post, none for others; one's own posts are never left out.
    """
    muted = muted_by(reader)
    if not muted or post.author_id == reader.pk:
        return []
    found: list[tuple[str, Any]] = []
    if post.author_id in muted.members:
        found.append(("member", post.author))
    if post.category_id in muted.categories:
        found.append(("category", post.category))
    found += [("tag", tag) for tag in post.tags.all() if tag.pk in muted.tags]
    if muted.hides and Mute.objects.filter(member=reader.pk, kind=POST, object_id=post.pk).exists():
        found.append((POST, post))
    return found


def _without(rows: QuerySet, reader: Any, muted: Muted | None, post: str) -> QuerySet:
    from forum.models import PostTag

    muted = muted_by(reader) if muted is None else muted
    rows = _by_others(rows, f"{post}author", muted.members)
    if muted.categories:
        rows = rows.exclude(**{f"{post}category__in": sorted(muted.categories)})
    pk = OuterRef("post_id" if post else "pk")
    if muted.tags:
        rows = _unless(rows, PostTag.objects.filter(content_object=pk, tag__in=sorted(muted.tags)))
    if muted.hides:
        rows = _unless(rows, Mute.objects.filter(member=reader.pk, kind=POST, object_id=pk))
    return rows


def _by_others(rows: QuerySet, author: str, members: Iterable[int]) -> QuerySet:
    # Where no author is named there is nobody to mute.
    others = Q(**{f"{author}__isnull": True}) | ~Q(**{f"{author}__in": sorted(members)})
    return rows.filter(others) if members else rows


def _unless(rows: QuerySet, these: QuerySet) -> QuerySet:
    # A scalar subquery stays a probe for each row; NOT EXISTS becomes a join, which may read all posts of a tag first.
    return rows.filter(IsNull(Subquery(these.order_by().values("pk")[:1]), True))


# The same for SQL of our own, over one row of forum_post.
LISTED = """
    AND (author_id IS NULL OR author_id <> ALL(%(muted_members)s::bigint[]))
    AND category_id <> ALL(%(muted_categories)s::bigint[])
    AND NOT EXISTS (SELECT FROM forum_posttag muted
        WHERE muted.content_object_id = forum_post.id AND muted.tag_id = ANY(%(muted_tags)s::bigint[]) OFFSET 0)
    AND NOT EXISTS (SELECT FROM notices_mute muted
        WHERE muted.member_id = %(reader)s AND muted.kind = 'post' AND muted.object_id = forum_post.id OFFSET 0)
"""


def as_sql(muted: Muted, reader: Any) -> tuple[str, dict[str, Any]]:
    """A condition to add to a query that reads ``forum_post``, and its arguments; nothing where nothing is muted."""
    if not muted:
        return "", {}
    return LISTED, {
        "muted_members": sorted(muted.members),
        "muted_categories": sorted(muted.categories),
        "muted_tags": sorted(muted.tags),
        "reader": reader.pk,
    }
