"""What the terms of a thread mean for who answers: slow mode, and the day on which it closes by itself."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from forum import masks
from forum.errors import Locked
from forum.roles import moderates
from moderation.limits import TooMany, in_words

if TYPE_CHECKING:
    from forum.models import Comment, Post, ThreadTerms


def of(post: Post) -> ThreadTerms | None:
    """The terms of the thread as they stand now; None where none were ever set."""
    from forum.models import ThreadTerms

    return ThreadTerms.objects.filter(post=post).first()


def became(post_id: int) -> Comment | None:
    """The comment that a post out of sight was merged into, where that can be seen."""
    from forum.models import ThreadTerms

    terms = ThreadTerms.objects.filter(post=post_id).select_related("merged_into__post").first()
    comment = terms.merged_into if terms else None
    return comment if comment and comment.is_shown and comment.post.is_shown else None


def check(post: Post, author: Any, token: Any = None) -> None:
    """Raise ``Locked`` in a thread that has closed, ``TooMany`` where the member has to wait in slow mode.

    Call it while the post's row is locked, so that two comments at once are not both the first. The same form sent
    again (``token``) waits for nothing: it is one comment.
    """
    terms = of(post)
    if terms is None:
        return
    now = timezone.now()
    if terms.closes_at and terms.closes_at <= now:
        raise Locked
    if terms.slow_minutes and author is not None and not moderates(author, post.category_id):
        wait = timedelta(minutes=terms.slow_minutes)
        mask = masks.worn_in(post, author)
        mine = post.comments.filter(Q(mask=mask) if mask else Q(author=author), posted_at__gt=now - wait)
        mine = mine.exclude(token=token)
        if last := mine.order_by("-posted_at").values_list("posted_at", flat=True).first():
            words = gettext("This thread is in slow mode: one comment in %(value)s each.") % {
                "value": in_words(60 * terms.slow_minutes)
            }
            raise TooMany(words, math.ceil((last + wait - now).total_seconds()))


def pinned(posts: Any, shelf: Any) -> Any:
    """Those of ``posts`` that stand above the list of a category; without one, above the list of all posts.

    A pin that has an end is over by itself.
    """
    lasting = Q(terms__pinned_until__isnull=True) | Q(terms__pinned_until__gt=timezone.now())
    if shelf is None:
        return posts.filter(lasting, is_pinned=True, terms__pinned_everywhere=True)
    return posts.filter(lasting, is_pinned=True, category=shelf)
