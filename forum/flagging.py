"""Every night: texts that are the same or nearly, and members who vote for each other. Flagged, never punished.

Bounded: the newest ``TEXTS`` texts and ``VOTES`` votes are looked at, whatever there is. What was dismissed is known by
its key and not flagged again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Member
from common.recount import PATIENTLY
from forum.models import Comment, Post
from moderation import likeness, rings
from moderation.models import Flag

TEXTS = 10_000  # of posts, and of comments
VOTES = 200_000  # for posts, and for comments
FRESH = timedelta(days=3)  # a night that failed is made up for
VOTES_OF = timedelta(days=90)

GIVEN = """
    SELECT voter, author, shelf, count(*) FROM (
        SELECT v.member_id AS voter, p.author_id AS author, p.category_id AS shelf
        FROM (SELECT * FROM forum_postvote ORDER BY id DESC LIMIT %(most)s) v JOIN forum_post p ON p.id = v.thing_id
        WHERE v.voted_at > %(since)s
        UNION ALL
        SELECT v.member_id, c.author_id, p.category_id
        FROM (SELECT * FROM forum_commentvote ORDER BY id DESC LIMIT %(most)s) v
        JOIN forum_comment c ON c.id = v.thing_id JOIN forum_post p ON p.id = c.post_id
        WHERE v.voted_at > %(since)s
    ) given WHERE author IS NOT NULL GROUP BY 1, 2, 3
"""


def texts() -> Iterator[tuple[Any, str]]:
    """The newest posts and comments in sight with their words, oldest first."""
    shown = {"is_hidden": False, "deleted_at": None}
    posts = Post.objects.filter(subject_url="", **shown).select_related("text").order_by("-pk")[:TEXTS]
    comments = Comment.objects.filter(post__is_hidden=False, **shown).select_related("text").order_by("-pk")[:TEXTS]
    found: list[tuple[Any, str]] = [
        (post, post.text.body) for post in posts.defer("text__body_html", "text__search_vector")
    ]
    found += [(each, each.text.body) for each in comments.defer("text__body_html", "text__search_vector")]
    yield from sorted(found, key=lambda pair: (pair[0].posted_at, pair[0].pk))


def flag_copies() -> int:
    """Flag what was written lately and says what something before it says; gives how many are new."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(PATIENTLY)
        things = {f"{thing._meta.model_name}:{thing.pk}": (thing, words) for thing, words in texts()}
    since, flags = timezone.now() - FRESH, []
    for alike in likeness.find((key, words) for key, (_, words) in things.items()):
        later, earlier = things[alike.later][0], things[alike.earlier][0]
        if later.posted_at < since:
            continue
        same = alike.share == 1.0
        kind = Flag.Kind.COPY if same else Flag.Kind.NEAR
        how = "The same words" if same else f"{alike.share:.0%} of the words in the same order"
        flags.append(_flag(kind, alike.later, later, earlier, f"{how} as an earlier one.", 2.0 if same else 1.0))
    return _keep(flags)


def flag_rings() -> int:
    """Flag members who vote for each other far above chance; gives how many pairs are new."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PATIENTLY)
        cursor.execute(GIVEN, {"most": VOTES, "since": timezone.now() - VOTES_OF})
        found = rings.find(cursor.fetchall())
    members = Member.objects.in_bulk({pk for ring in found for pk in (ring.one, ring.other)})
    flags = []
    for ring in found:
        said = (
            f"{ring.given[0]} of {ring.of[0]} votes went to the other, and {ring.given[1]} of {ring.of[1]} came back,"
            f" in {VOTES_OF.days} days; by chance it would be {ring.expected[0]:.1f} and {ring.expected[1]:.1f}"
            f" (chance over all pairs {ring.chance:.0e})."
        )
        one, other = members[ring.one], members[ring.other]
        flags.append(_flag(Flag.Kind.RING, f"{one.pk}:{other.pk}", one, other, said, 3.0))
    return _keep(flags)


def _flag(kind: str, key: str, thing: Any, other: Any, evidence: str, concern: float) -> Flag:
    return Flag(
        kind=kind, key=key, evidence=evidence, concern=concern, made_at=timezone.now(), object_id=thing.pk,
        content_type=ContentType.objects.get_for_model(thing), other_id=other.pk,
        other_type=ContentType.objects.get_for_model(other),
    )  # fmt: skip


def _keep(flags: list[Flag]) -> int:
    before = Flag.objects.count()
    Flag.objects.bulk_create(flags, ignore_conflicts=True)
    return Flag.objects.count() - before
