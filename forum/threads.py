"""A post's comments as a reader meets them: one bounded page of a tree.

A page is some top-level comments, each with its best replies; the rest is behind "more replies", which shows one
comment in its place with everything below it, a page at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from common.paging import KeysetPage, paginate
from forum.models import Comment, Post
from notices.muting import muted_by

NAMES = (gettext_noop("Best"), gettext_noop("New"), gettext_noop("Old"))  # as the page names them
SORTS = {"best": ("-wilson", "pk"), "new": ("-pk",), "old": ("pk",)}
TOP_LEVEL_PAGE = 20
REPLIES_EACH = 20
REPLIES_IN_PLACE = 100
FLAT_FROM = 6  # levels: from here on replies stand no further in, and name what they answer

# The best replies of each top-level comment, each read from the index (root, best first) and no further than shown;
# with ANY(ARRAY[…]) and all columns in the order PostgreSQL has no other index to take.
BEST_REPLIES = """
    SELECT reply.root_id, reply.id, reply.ancestors FROM unnest(%s::bigint[]) top (id)
    CROSS JOIN LATERAL (
        SELECT root_id, id, ancestors, wilson FROM forum_comment WHERE root_id = ANY(ARRAY[top.id])
        ORDER BY root_id, wilson DESC, id LIMIT %s
    ) reply
    ORDER BY reply.root_id, reply.wilson DESC, reply.id
"""


@dataclass
class Thread:
    """``comments`` are the top-level ones of this page; each has ``children``, the number of all
    ``below`` it, and ``more_replies`` where more follow.

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
    replies = list(Comment.objects.for_thread().filter(pk__in=_best_replies(page.rows)).order_by("pk"))
    tree = _tree(page.rows, replies, post, reader, by_votes=sort == "best")
    return Thread(tree, [*page.rows, *replies], sort, page)


def read_in_place(comment: Comment, reader, after: str = "") -> Thread:
    """One comment where it stands: what it answers above it, and a page of what answers it below.

    Raises ``Http404`` for a bad cursor.
    """
    post, comments = comment.post, comment.post.comments.for_thread()
    below = comments.filter(root=comment.root_id or comment.pk)
    if comment.ancestors:
        below = below.filter(ancestors__contains=[comment.pk])
    page = paginate(below, ("pk",), after, size=REPLIES_IN_PLACE)
    # A reply is never read without the comment it answers, which may stand on another page.
    around = {*comment.ancestors, comment.pk, *(reply.parent_id for reply in page.rows)}
    # By depth, not by number: what a merge made of a post is younger than what hangs under it.
    found = comments.filter(pk__in=around - {reply.pk for reply in page.rows})
    first, *others = sorted(found, key=lambda each: (len(each.ancestors), each.pk))
    tree = _tree([first], sorted([*others, *page.rows], key=lambda reply: reply.pk), post, reader)
    return Thread(tree, [first, *others, *page.rows], page=page, at=comment.pk)


def _best_replies(roots: list[Any]) -> set[int]:
    """The best ``REPLIES_EACH`` replies of each root, at whatever depth, by id; the roots that have more are told so.

    A reply comes with all that it answers, which counts as well: one too deep for what is left is passed over.
    """
    ranked: dict[int, list[tuple[int, list[int]]]] = {root.pk: [] for root in roots}
    with connection.cursor() as cursor:
        cursor.execute(BEST_REPLIES, [list(ranked), REPLIES_EACH + 1])
        for root, pk, ancestors in cursor.fetchall():
            ranked[root].append((pk, ancestors))
    chosen: set[int] = set()
    for root in roots:
        mine: set[int] = set()
        for pk, ancestors in ranked[root.pk]:
            branch = {pk, *ancestors[1:]} - mine
            if len(mine) + len(branch) <= REPLIES_EACH:
                mine |= branch
        root.more_replies = any(pk not in mine for pk, _ in ranked[root.pk])
        chosen |= mine
    return chosen


def _tree(roots: list[Any], replies: list[Any], post: Post, reader, *, by_votes: bool = False) -> list[Any]:
    """Hang the replies on what they answer, or on the nearest comment above it that is here; the oldest or best first.

    A comment whose words this reader may not see stays only where something hangs on it.
    """
    by_id = {comment.pk: comment for comment in [*roots, *replies]}
    members = muted_by(reader).members
    for comment in by_id.values():
        comment.post, comment.children = post, []
        comment.is_muted = comment.author_id in members
    for reply in sorted(replies, key=lambda reply: (-reply.wilson, reply.pk)) if by_votes else replies:
        nearest = next(pk for pk in reversed(reply.ancestors) if pk in by_id)
        by_id[nearest].children.append(reply)
        reply.answered = by_id[nearest] if len(reply.ancestors) >= FLAT_FROM else None
    return _worth_showing(roots, reader)


def _worth_showing(comments: list[Any], reader) -> list[Any]:
    # Recursion goes no deeper than comments do: ``DEEPEST`` levels.
    kept = []
    for comment in comments:
        comment.children = _worth_showing(comment.children, reader)
        comment.below = sum(child.below + 1 for child in comment.children)
        if comment.children or getattr(comment, "more_replies", False) or comment.can_be_read_by(reader):
            kept.append(comment)
    return kept
