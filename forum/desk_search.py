"""Searching posts and comments at the desk: by words, or by who wrote, each read from an index.

Among millions of rows the desk's own search (a piece of a title, anywhere) would read them all.
"""

from __future__ import annotations

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from accounts.models import Member
from forum.models import PostText
from forum.models.comment import CommentText

MOST = 1_000  # the newest that have the words


def posts(rows: QuerySet, typed: str) -> QuerySet:
    """The posts that have these words, and those of the member of this whole name; all for nothing typed."""
    if not typed.strip():
        return rows
    return rows.filter(Q(pk__in=_posts_with(typed)) | Q(author__in=_named(typed)))


def comments(rows: QuerySet, typed: str) -> QuerySet:
    """The comments that have these words, or whose post has them, and those of the member of this whole name."""
    if not typed.strip():
        return rows
    found = CommentText.objects.filter(search_vector=_query(typed)).order_by("-comment_id")
    with_words = list(found.values_list("comment_id", flat=True)[:MOST])
    return rows.filter(Q(pk__in=with_words) | Q(post__in=_posts_with(typed)) | Q(author__in=_named(typed)))


# Lists of ids, not queries: only then does PostgreSQL put the indexes together for an "or".


def _query(typed: str) -> SearchQuery:
    return SearchQuery(typed, config="english")


def _posts_with(typed: str) -> list[int]:
    found = PostText.objects.filter(search_vector=_query(typed)).order_by("-post_id")
    return list(found.values_list("post_id", flat=True)[:MOST])


def _named(typed: str) -> list[int]:
    return list(Member.objects.filter(username__iexact=typed.strip()).values_list("pk", flat=True))
