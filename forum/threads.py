"""A post's comments as a reader meets them: one bounded page of a tree.

A page is some top-level comments, each with its earliest replies; the rest is behind "more replies". Replies
are read in the order they were written, so a reply is never read without the comment it answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from common.paging import KeysetPage, paginate
from forum.models import Comment, Post

SORTS = {"best": ("-wilson", "pk"), "new": ("-pk",), "old": ("pk",)}
TOP_LEVEL_PAGE = 20
REPLIES_EACH = 50
REPLIES_IN_PLACE = 300


@dataclass
class Thread:
    """``comments`` are the top-level ones of this page; each has ``children`` and ``more_replies`` (a number)."""

    comments: list[Any]
    everyone: list[Any]
    sort: str = "best"
    page: KeysetPage = field(default_factory=lambda: KeysetPage([]))
    at: int | None = None
    sorts: tuple[str, ...] = tuple(SORTS)


def read_thread(post: Post, sort: str, after: str) -> Thread:
    """One page of the post's thread; ``sort`` is a key of ``SORTS``. Raises ``Http404`` for a bad cursor."""
    top_level = post.comments.for_thread().filter(parent__isnull=True)
    page = paginate(top_level, SORTS[sort], after, size=TOP_LEVEL_PAGE)
    roots = page.rows
    replies = Comment.objects.for_thread().filter(root__in=[root.pk for root in roots])
    numbered = replies.annotate(number=Window(RowNumber(), partition_by=F("root"), order_by="pk"))
    return Thread(
        _tree(roots, list(numbered.filter(number__lte=REPLIES_EACH + 1).order_by("pk")), REPLIES_EACH, post),
        roots, sort, page,
    )  # fmt: skip


def read_in_place(comment: Comment) -> Thread:
    """One comment where it stands: what it answers above it, what answers it below."""
    top = comment.root_id or comment.pk
    near = Q(pk__in=[*comment.ancestors, comment.pk]) | Q(root=top, ancestors__contains=[comment.pk])
    comments = list(comment.post.comments.for_thread().filter(near).order_by("pk")[: REPLIES_IN_PLACE + 1])
    root = next(each for each in comments if each.pk == top)
    replies = [each for each in comments if each.pk != top]
    return Thread(_tree([root], replies, REPLIES_IN_PLACE, comment.post), comments, at=comment.pk)


def _tree(roots: list[Any], replies: list[Any], most: int, post: Post) -> list[Any]:
    """Hang the replies on their parents; a comment nobody may read stays only where something hangs on it."""
    by_id = {comment.pk: comment for comment in [*roots, *replies]}
    shown: dict[int, int] = {}
    for comment in by_id.values():
        comment.post, comment.children, comment.more_replies = post, [], 0
    for reply in replies:
        shown[reply.root_id] = shown.get(reply.root_id, 0) + 1
        if shown[reply.root_id] > most:
            by_id[reply.root_id].more_replies = max(1, post.comment_count - most)
        elif reply.parent_id in by_id:
            by_id[reply.parent_id].children.append(reply)
    return _worth_showing(roots)


def _worth_showing(comments: list[Any]) -> list[Any]:
    # Deepest first and without recursion in the data: a branch is at most ``DEEPEST`` levels deep.
    kept = []
    for comment in comments:
        comment.children = _worth_showing(comment.children)
        if comment.is_shown or comment.children or comment.more_replies:
            kept.append(comment)
    return kept
