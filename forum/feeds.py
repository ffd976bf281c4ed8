"""Posts and comments as entries of Atom feeds, always as a guest sees them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from common import markdown
from common.feeds import MOST, Entry
from forum.models import Comment, Post

GUEST: Any = AnonymousUser()


def entry_of(post: Post) -> Entry:
    return Entry(
        key=reverse("forum:post_short", args=[post.pk]),
        title=post.title,
        url=post.get_absolute_url(),
        updated=post.posted_at,
        summary=post.gist,
        authors=(str(post.byline),) if post.byline else (),
    )


def newest_posts(**those: Any) -> list[Entry]:
    """The newest posts that everyone may see, of those that fit these fields."""
    seen = Post.objects.visible_to(GUEST).filter(**those).select_related("author")
    return [entry_of(post) for post in seen.order_by("-posted_at", "-pk")[:MOST]]


def newest_comments(post: Post) -> list[Entry]:
    """The newest comments on a post that everyone may see, with their first sentences."""
    seen = Comment.objects.visible_to(GUEST).filter(post=post).select_related("author", "text")
    return [
        Entry(
            key=comment.get_absolute_url(),
            title=f"{comment.byline} on “{post}”",
            url=comment.get_absolute_url(),
            updated=comment.posted_at,
            summary=markdown.gist(comment.text.body),
            authors=(str(comment.byline),),
        )
        for comment in seen.order_by("-pk")[:MOST]
    ]
