"""What posts and comments earn for who wrote them: upvotes, while they can be seen.

A post or comment without an author (the house's, a masked one, one of a member who left) earns nothing, not even in
secret: a sum that rose when somebody upvoted it would name its author.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from moderation import reputation
from moderation.reputation import Line, Source

SIGHT = frozenset({"is_hidden", "deleted_at"})

UPVOTES = """
    SELECT t.author_id AS member_id, t.id AS object_id, (v.voted_at AT TIME ZONE 'UTC')::date AS day, count(*) AS count
    FROM {table}vote v JOIN {table} t ON t.id = v.thing_id
    WHERE t.author_id IS NOT NULL AND NOT t.is_hidden AND t.deleted_at IS NULL
    GROUP BY 1, 2, 3
"""


def posts(reader: Any, ids: Sequence[int]) -> Mapping[int, Line]:
    from forum.models import Post

    posts = Post.objects.visible_to(reader).filter(pk__in=ids).only("title", "deleted_at")
    return {post.pk: Line(f"“{post.title}”", post.get_absolute_url()) for post in posts}


def comments(reader: Any, ids: Sequence[int]) -> Mapping[int, Line]:
    from forum.models import Comment

    comments = Comment.objects.visible_to(reader).filter(pk__in=ids).select_related("post").only("post__title")
    return {
        each.pk: Line(gettext("a comment on “%(title)s”") % {"title": each.post.title}, each.get_absolute_url())
        for each in comments
    }


# Whoever marks their own words as the answer earns nothing by it.
ANSWERS = """
    SELECT t.author_id AS member_id, t.id AS object_id, (s.marked_at AT TIME ZONE 'UTC')::date AS day, count(*) AS count
    FROM forum_solution s JOIN forum_comment t ON t.id = s.comment_id JOIN forum_post p ON p.id = s.post_id
    WHERE t.author_id IS NOT NULL AND p.author_id IS DISTINCT FROM t.author_id
        AND NOT t.is_hidden AND t.deleted_at IS NULL
    GROUP BY 1, 2, 3
"""

SOURCES = (
    Source(
        "post_upvote", gettext_noop("an upvote on"), gettext_noop("upvotes on"),
        UPVOTES.format(table="forum_post"), posts, is_public=True
    ),
    Source(
        "comment_upvote", gettext_noop("an upvote on"), gettext_noop("upvotes on"),
        UPVOTES.format(table="forum_comment"), comments,
        is_public=True,
    ),
    Source("answer", gettext_noop("the answer to a post:"), gettext_noop("answers to a post:"),
    ANSWERS, comments, is_public=True),
)  # fmt: skip


def _kind(thing: Any) -> str:
    return f"{thing._meta.model_name}_upvote"


def of_upvote(thing: Any, moment: datetime) -> None:
    """A vote was cast. The thing's row is locked and fresh, its author's ledger held."""
    if thing.is_shown:
        reputation.gain(_kind(thing), thing.author_id, thing.pk, moment)


def of_withdrawal(thing: Any, moment: datetime) -> None:
    if thing.is_shown:
        reputation.lose(_kind(thing), thing.author_id, thing.pk, moment)


def sight_changed(thing: Any) -> None:
    """What went out of sight takes its entries with it; what comes back brings those it has votes for now."""
    reputation.settle(_kind(thing), thing.author_id, [thing.pk])


def of_answer(comment: Any) -> None:
    """A comment was marked as the answer, or is it no more, or went out of sight or came back. Its author is held."""
    reputation.settle("answer", comment.author_id, [comment.pk])
