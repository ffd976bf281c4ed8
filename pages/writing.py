"""While a member writes: the studies and the posts that a title and tags are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.search import Question, TookTooLong, find, patience
from forum.models import Post
from studies.models import Study
from studies.models.study import Retraction

MOST_STUDIES = 4
MOST_POSTS = 4
SHORTEST = 4  # letters of a title, before it says anything


@dataclass(frozen=True)
class Suggested:
    """What there is already: ``studies`` and ``posts``, each closest first."""

    studies: list[Study] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.studies or self.posts)


def suggest(title: str, tags: Sequence[str], reader, *, exclude: int = 0) -> Suggested:
    """Studies on what a post will be about, and posts like it that this reader may see; ``exclude`` is the post itself.

    Tags say more than the words of a title, so they are asked first. A small constant number of queries, each over a
    bounded number of rows (``common.search``); none for what says nothing yet. Retracted studies are not offered.
    """
    if not tags and len(title.strip()) < SHORTEST:
        return Suggested()
    question = Question.of(f"{' '.join(tags)} {title}")
    studies = Study.objects.for_list().exclude(retraction=Retraction.RETRACTED)
    posts = Post.objects.listed_for(reader).for_list().exclude(pk=exclude)
    try:
        with patience():
            return Suggested(
                find(studies, "text__search_vector", question, MOST_STUDIES),
                find(posts, "text__search_vector", question, MOST_POSTS),
            )
    except TookTooLong:
        return Suggested()
