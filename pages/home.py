"""What home shows: hot posts beside new studies, with nobody crowding the first page."""

from __future__ import annotations

from collections import Counter
from typing import Any

from common.paging import SIFTED
from forum import listing
from forum.models import Post
from studies.models import Study

POSTS, STUDIES = 14, 8
CANDIDATES = 120
FROM_ONE_CATEGORY = 4
FROM_ONE_MEMBER = 2


def hot_posts(user) -> list[Post]:
    """The hottest posts, at most four of a category and two of a member."""
    categories: Counter = Counter()
    members: Counter = Counter()
    chosen = []
    # Ids first: choosing among thin rows, then reading only those that are shown.
    thin = _hottest(user).values_list("pk", "category_id", "author_id")
    for pk, category, author in thin[:CANDIDATES]:
        if categories[category] < FROM_ONE_CATEGORY and (author is None or members[author] < FROM_ONE_MEMBER):
            chosen.append(pk)
            categories[category] += 1
            members[author] += 1
        if len(chosen) == POSTS:
            break
    return list(Post.objects.for_list().filter(pk__in=chosen).order_by("-hotness", "-pk"))


def _hottest(user) -> Any:
    """The hottest posts that this visitor does not mute, looked for among a bounded number."""
    hottest = Post.objects.visible_to(user).order_by("-hotness", "-pk")
    sieve = listing.sieve(user)
    return sieve(hottest.filter(pk__in=hottest.values("pk")[:SIFTED])) if sieve else hottest


def new_studies() -> list[Study]:
    """The studies that came into the library last."""
    return list(Study.objects.for_list().order_by("-pk")[:STUDIES])
