"""Searches of the whole site that members keep: what is new is tried on them by a job, and told once, gathered.

Whoever writes leaves one row (``NewWords``) in the transaction of the words. The job takes a bounded number of rows
out, tries each saved search on those posts and comments alone (equal searches of several members together), and tells
in the same transaction: so each is told of once, however often the job runs or is killed. New studies go the way of
all new studies (``studies.arrivals``), which asks ``studies_found`` here.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from common import wording
from common.search import QUERY_LIMIT, Query, matching
from common.wording import ngettext_noop
from forum import masks, told
from forum.models import Comment, Post, PostNews
from notices import telling
from notices.kinds import Line
from notices.models import Follow, Notification
from pages.searching import operators
from pages.searching.kinds import VECTOR, Search
from studies import searches
from studies.models import FoundWords, NewWords, SavedSearch

logger = logging.getLogger(__name__)

KIND = "search"
FOUND = {
    "post": gettext_noop("A new post that your search “%(search)s” finds: %(where)s"),
    "comment": gettext_noop("A new comment that your search “%(search)s” finds: %(where)s"),
}
FOUND_MANY = {
    "post": "new posts that your search “%(search)s” finds",
    "comment": "new comments that your search “%(search)s” finds",
}
wording.know(*FOUND.values())
wording.know_counted(
    ngettext_noop(
        "%(count)s new post that your search “%(search)s” finds",
        "%(count)s new posts that your search “%(search)s” finds",
    ),
    ngettext_noop(
        "%(count)s new comment that your search “%(search)s” finds",
        "%(count)s new comments that your search “%(search)s” finds",
    ),
)
WATCHED = ("study", "post", "comment")  # kinds of which something new is told
ROUND = 200  # posts and comments of one transaction
KEPT = timedelta(days=60)
GUEST = AnonymousUser()

TAKE = """
    DELETE FROM studies_newwords WHERE id IN (
        SELECT id FROM studies_newwords ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING post_id, comment_id
"""


def save(member: Any, query: Query) -> SavedSearch:
    """Keep the search and follow it; the same search again is the same row.

    Raises ``searches.CannotSave`` and ``following.TooManyFollows``.
    """
    spelled = str(query)
    if not query or not set(operators.kinds_of(query)).intersection(WATCHED):
        raise searches.CannotSave(
            gettext("Search for something in studies, posts or comments first: that can be followed.")
        )
    if len(spelled) > QUERY_LIMIT:
        raise searches.CannotSave(gettext("This search is too long to be kept. Please shorten its words."))
    return searches.keep(member, SavedSearch.Place.SITE, spelled, spelled)


def studies_found(studies: QuerySet, query: str) -> QuerySet | None:
    """Those of some new studies that a saved search of the whole site finds."""
    search = Search.of(query, GUEST)
    return matching(search.narrowing.studies(studies), VECTOR, search.question) if "study" in search.kinds else None


def words_written(sender: Any, *, post_id: int, comment_id: int | None, is_new: bool, **more: Any) -> None:
    """Somebody wrote a post or a comment: note it for the job, in the transaction of the words."""
    if is_new:
        row = NewWords(comment_id=comment_id) if comment_id else NewWords(post_id=post_id)
        NewWords.objects.bulk_create([row], ignore_conflicts=True)


@transaction.atomic
def tell_of_new_words(most: int = ROUND) -> int:
    """One round: try the saved searches on up to ``most`` new posts and comments; gives how many it took."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")
        cursor.execute(TAKE, [most])
        taken = cursor.fetchall()
    if taken:
        posts = _found("post", [post for post, _ in taken if post])
        comments = _found("comment", [comment for _, comment in taken if comment])
        if posts or comments:
            _tell(posts, comments)
    return len(taken)


def _asked() -> QuerySet:
    content_type = ContentType.objects.get_for_model(SavedSearch)
    followed = Follow.objects.filter(content_type=content_type, level=Follow.Level.EVERYTHING).values("object_id")
    asked = SavedSearch.objects.filter(pk__in=followed, place=SavedSearch.Place.SITE).values("query")
    return asked.annotate(searches=ArrayAgg("pk")).values_list("query", "searches").order_by("query")


def _found(kind: str, ids: list[int]) -> dict[int, list[int]]:
    """Which saved searches find each of these posts or comments: ids of searches, by the id of what they find."""
    found: dict[int, list[int]] = defaultdict(list)
    if not ids:
        return found
    for query, search_ids in _asked().iterator():
        for pk in _matches(kind, query, ids):
            found[pk] += search_ids
    return found


def _matches(kind: str, query: str, ids: list[int]) -> list[int]:
    search = Search.of(query, GUEST)
    if kind not in search.kinds:
        return []
    try:
        with transaction.atomic():
            rows = matching(search.rows(kind).filter(pk__in=ids), VECTOR, search.question)
            return list(rows.values_list("pk", flat=True))
    except DatabaseError:
        # One search that can't be answered must not keep everybody else's news back.
        logger.exception("a saved search could not be asked")
        return []


def _tell(posts: dict[int, list[int]], comments: dict[int, list[int]]) -> None:
    day = timezone.localdate()
    every = SavedSearch.objects.in_bulk({pk for these in (*posts.values(), *comments.values()) for pk in these})
    found: list[FoundWords] = []
    for post in Post.objects.filter(pk__in=posts).order_by("pk"):
        mine = [every[pk] for pk in posts[post.pk] if pk in every]
        news = [_gathering(search, "post", day, f"“{post}”") for search in mine]
        _gather(news, post, post)
        # So a post that goes out of sight is untold, and told again when it comes back.
        PostNews.objects.bulk_create([PostNews(post=post, place=each.place) for each in news], ignore_conflicts=True)
        found += [FoundWords(search=search, post=post, found_on=day) for search in mine]
    for comment in Comment.objects.filter(pk__in=comments).select_related("post").order_by("pk"):
        mine = [every[pk] for pk in comments[comment.pk] if pk in every]
        news = [_gathering(search, "comment", day, f"on “{comment.post}”") for search in mine]
        _gather(news, comment, comment.post)
        found += [FoundWords(search=search, comment=comment, found_on=day) for search in mine]
    FoundWords.objects.bulk_create(found, ignore_conflicts=True)


def _gather(news: list[telling.Gathering], thing: Post | Comment, post: Post) -> None:
    """Tell whoever follows these searches, but not of their own words, nor of what comes under something they mute."""
    besides = [masks.owner_of(thing)]
    telling.gather(news, part=thing.pk, kind=KIND, besides=besides, under=told.under_of(thing, post))


def _gathering(search: SavedSearch, kind: str, day: date, what: str) -> telling.Gathering:
    place = place_of(search.pk, kind, day)
    return telling.Gathering(
        search,
        place,
        place,
        FOUND[kind] % {"search": search, "where": what},
        FOUND_MANY[kind] % {"search": search},
        f"{reverse('pages:search_saved', args=[search.pk])}?show={kind}",
    )


def place_of(search_id: int, kind: str, day: date) -> str:
    return f"{KIND}:{search_id}:{kind}:{day.isoformat()}"


def sight_changed(sender: Any, *, post_id: int, comment_id: int | None, **more: Any) -> None:
    """Comments that went out of sight are untold, and told again when they come back. Posts are by the forum itself."""
    found = FoundWords.objects.filter(comment=comment_id) if comment_id else FoundWords.objects.filter(
        comment__in=Comment.objects.filter(post=post_id)
    )  # fmt: skip
    places: dict[int, list[str]] = defaultdict(list)
    for comment, search, day in found.values_list("comment", "search", "found_on"):
        places[comment].append(place_of(search, "comment", day))
    shown = set(Comment.objects.visible_to(GUEST).filter(pk__in=places).values_list("pk", flat=True))
    for comment, where in places.items():
        (telling.give_back if comment in shown else telling.withhold)(where, comment)


LINES = 5  # posts and comments named under one notification of a digest


def lines(notifications: Sequence[Notification], since: datetime) -> dict[int, list[Line]]:
    """The newest that each notification has gathered since, for digests: two queries for any number."""
    wanted = {
        each.pk: (each.key.split(":")[2], each.gathered[-LINES:][::-1]) for each in notifications if each.count > 1
    }
    if not wanted:
        return {}
    reader = notifications[0].member
    ids = {
        kind: {pk for of, gathered in wanted.values() if of == kind for pk in gathered} for kind in ("post", "comment")
    }
    posts = Post.objects.listed_for(reader).filter(posted_at__gt=since).in_bulk(ids["post"])
    comments = (
        Comment.objects.listed_for(reader).filter(posted_at__gt=since).select_related("post").in_bulk(ids["comment"])
    )
    found = {
        "post": {pk: Line(post.title, post.get_absolute_url()) for pk, post in posts.items()},
        "comment": {
            pk: Line(gettext("On “%(post)s”") % {"post": each.post}, each.get_absolute_url())
            for pk, each in comments.items()
        },
    }
    return {pk: [found[kind][one] for one in gathered if one in found[kind]] for pk, (kind, gathered) in wanted.items()}


def forget_old() -> int:
    """Delete what was found more than ``KEPT`` ago; gives how many rows."""
    return FoundWords.objects.filter(found_on__lt=timezone.localdate() - KEPT).delete()[0]
