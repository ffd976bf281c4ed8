"""Solved: the author of a post, or a moderator, marks the comment that answered it.

A post counts as answered while that comment can be seen: when it is hidden or deleted the mark rests, and when it comes
back so does the mark. Whoever marks holds the ledgers of those who earn by it, then the post: one order for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from forum import earning, told
from forum.errors import Locked
from forum.models import Comment, Post
from forum.models.solution import Solution
from moderation import log, reputation
from notices.muting import muted_by

TRIES = 5  # when others mark at the same moment


class _Changed(Exception):
    """Somebody else marked another comment between the look and the lock."""


def may_mark(post: Post, user: Any) -> bool:
    """Whether this visitor may mark comments of the post: its author while it is open, and moderators."""
    if not user.is_authenticated or not post.is_shown or not post.category.takes_answers:
        return False
    return user.is_moderator or (not post.is_locked and post.is_by(user))


def mark(comment: Comment, by: Any) -> None:
    """Let this comment be the answer, instead of another if there was one. Raises ``Locked`` where it can't be."""
    _decide(comment, by, is_answer=True)


def withdraw(comment: Comment, by: Any) -> None:
    """This comment is the answer no more; if it was not, nothing changes."""
    _decide(comment, by, is_answer=False)


def _decide(comment: Comment, by: Any, *, is_answer: bool) -> None:
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                _set(comment, by, is_answer=is_answer)
            return
        except _Changed:
            if attempt == TRIES - 1:
                raise Locked from None


def _set(comment: Comment, by: Any, *, is_answer: bool) -> None:
    seen = _now(comment.post_id)
    reputation.hold(comment.author_id, seen.comment.author_id if seen else None)
    post = Post.objects.select_for_update(no_key=True).get(pk=comment.post_id)
    before = _now(post.pk)
    if (seen and seen.comment_id) != (before and before.comment_id):
        raise _Changed
    was = before.comment_id if before else None
    if (not is_answer and was != comment.pk) or (is_answer and was == comment.pk):
        return
    fresh = Comment.objects.select_related("author").get(pk=comment.pk)
    if not may_mark(post, by) or (is_answer and not fresh.is_shown):
        raise Locked
    if before is not None:
        before.delete()
        earning.of_answer(before.comment)
        told.of_answer_withdrawn(before.comment)
    if is_answer:
        Solution.objects.filter(comment=fresh).delete()  # of another thread, from which it was moved here
        Solution.objects.create(post=post, comment=fresh, marked_at=timezone.now())
        earning.of_answer(fresh)
        told.of_answer(fresh, post, by)
    settle(post.pk)
    if not post.is_by(by):
        log.record(by, "mark as the answer" if is_answer else "mark as no answer", fresh, "")


def _now(post_id: int) -> Solution | None:
    return Solution.objects.select_related("comment__author").filter(post=post_id).first()


def settle(post_id: int) -> None:
    """Make ``Post.is_answered`` what it is now. In the transaction of the change, which holds the post."""
    there = {"comment__post": post_id, "comment__is_hidden": False, "comment__deleted_at": None}
    answered = Solution.objects.filter(post=post_id, **there).exists()
    Post.objects.filter(pk=post_id).exclude(is_answered=answered).update(is_answered=answered)


def sight_changed(sender: Any, post_id: int, comment_id: int | None, **kwargs: Any) -> None:
    """A comment went out of sight or came back: the mark on it rests or holds again."""
    if comment_id is None:
        return
    marked = Solution.objects.filter(comment=comment_id).select_related("comment").first()
    if marked is not None:
        settle(post_id)
        earning.of_answer(marked.comment)


def comments_moved(sender: Any, from_post: int, to_post: int, **kwargs: Any) -> None:
    """Comments went to another thread: a mark on one rests in the thread it left, until it is back."""
    settle(from_post)
    settle(to_post)


@dataclass(frozen=True)
class Answer:
    """The comment that answered a post, as its reader may see it."""

    comment: Any

    @property
    def pk(self) -> int:
        return self.comment.pk


def answer_of(post: Post, reader: Any) -> Answer | None:
    """The answer to show on top of the thread, unless its reader mutes who wrote it: one query where there is one."""
    if not post.is_answered or not post.is_shown:
        return None
    shown = {"post": post, "is_hidden": False, "deleted_at": None}
    comment = Comment.objects.for_thread().filter(solution__post=post, **shown).first()
    return Answer(comment) if comment and comment.author_id not in muted_by(reader).members else None
