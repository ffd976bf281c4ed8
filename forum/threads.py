"""A post's comments as a reader meets them: one bounded page of a tree.

A page is some top-level comments, each with its earliest replies; the rest is behind "more replies", which shows one
comment in its place with everything below it, a page at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models.expressions import RawSQL

from common.paging import KeysetPage, paginate
from forum.models import Comment, Post
from notices.muting import muted_by

SORTS = {"best": ("-wilson", "pk"), "new": ("-pk",), "old": ("pk",)}
TOP_LEVEL_PAGE = 20
REPLIES_EACH = 50
REPLIES_IN_PLACE = 300

# The first replies of each top-level comment, each read from the index (root, id) and no further than shown; with
# ANY(ARRAY[…]) and both columns in the order PostgreSQL has no other index to take.
FIRST_REPLIES = """
    SELECT reply.id FROM unnest(%s::bigint[]) top (id)
    CROSS JOIN LATERAL (
        SELECT id FROM forum_comment WHERE root_id = ANY(ARRAY[top.id]) ORDER BY root_id, id LIMIT %s
    ) reply
"""


@dataclass
class Thread:
    """``comments`` are the top-level ones of this page; each has ``children``, and ``more_replies`` where more follow.

    ``everyone`` is all of them in one list. ``at`` is the comment that is shown in its place.
    """

    comments: list[Any]
    everyone: list[Any]
    sort: str = "best"
    page: KeysetPage = field(default_factory=lambda: KeysetPage([]))
    at: int | None = None
    sorts: tuple[str, ...] = tuple(SORTS)


def read_thread(post: Post, reader, sort: str, after: str) -> Thread:
    """One page of the post's thread; ``sort`` is a key of ``SORTS``. Raises ``Http404`` for a bad cursor."""
    top_level = post.comments.for_thread().filter(parent__isnull=True).with_something_to_read(reader)
    page = paginate(top_level, SORTS[sort], after, size=TOP_LEVEL_PAGE)
    first = RawSQL(FIRST_REPLIES, [[root.pk for root in page.rows], REPLIES_EACH + 1])  # noqa: S611 - our own words, and parameters
    replies = list(Comment.objects.for_thread().filter(pk__in=first).order_by("pk"))
    tree = _tree(page.rows, _cut(page.rows, replies), post, reader)
    return Thread(tree, [*page.rows, *replies], sort, page)


def read_in_place(comment: Comment, reader, after: str = "") -> Thread:
    """One comment where it stands: what it answers above it, and a page of what answers it below.

    Raises ``Http404`` for a bad cursor.
    """
    post, comments = comment.post, comment.post.comments.for_thread()
    below = comments.filter(root=comment.root_id or comment.pk)
    if comment.ancestors:
        below = below.filter(pk__gt=comment.pk, ancestors__contains=[comment.pk])
    page = paginate(below, ("pk",), after, size=REPLIES_IN_PLACE)
    # A reply is never read without the comment it answers, which may stand on an earlier page.
    around = {*comment.ancestors, comment.pk, *(reply.parent_id for reply in page.rows)}
    first, *others = comments.filter(pk__in=around - {reply.pk for reply in page.rows}).order_by("pk")
    tree = _tree([first], sorted([*others, *page.rows], key=lambda reply: reply.pk), post, reader)
    return Thread(tree, [first, *others, *page.rows], page=page, at=comment.pk)


def _cut(roots: list[Any], replies: list[Any]) -> list[Any]:
    """The first ``REPLIES_EACH`` replies of each root; the roots that have more are told so."""
    by_root: dict[int, list[Any]] = {root.pk: [] for root in roots}
    for reply in replies:
        by_root[reply.root_id].append(reply)
    for root in roots:
        root.more_replies = len(by_root[root.pk]) > REPLIES_EACH
    return [reply for replies_of_one in by_root.values() for reply in replies_of_one[:REPLIES_EACH]]


def _tree(roots: list[Any], replies: list[Any], post: Post, reader) -> list[Any]:
    """Hang the replies, oldest first, on what they answer, or on the nearest comment above it that is here.

    A comment whose words this reader may not see stays only where something hangs on it.
    """
    by_id = {comment.pk: comment for comment in [*roots, *replies]}
    members = muted_by(reader).members
    for comment in by_id.values():
        comment.post, comment.children = post, []
        comment.is_muted = comment.author_id in members
    for reply in replies:
        nearest = next(pk for pk in reversed(reply.ancestors) if pk in by_id)
        by_id[nearest].children.append(reply)
    return _worth_showing(roots, reader)


def _worth_showing(comments: list[Any], reader) -> list[Any]:
    # Recursion goes no deeper than comments do: ``DEEPEST`` levels.
    kept = []
    for comment in comments:
        comment.children = _worth_showing(comment.children, reader)
        if comment.children or getattr(comment, "more_replies", False) or comment.can_be_read_by(reader):
            kept.append(comment)
    return kept
