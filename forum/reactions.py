"""Reactions to posts, and their sums under tags: stored numbers, moved in the transaction of what changes them.

A post knows how many told each kind of it. A tag knows how many *members* told each kind of posts in sight that carry
it, each once however many posts they told it of: so every teller of a tag has a row with the number of those posts,
and the sum counts rows. Both move when somebody tells or withdraws, and when a post is hidden, deleted, shown again or
tagged otherwise; a post that goes to another category keeps what was told of it. ``manage.py recount`` proves it all.

What is read is bounded by what is shown: a handful of rows for a post, and for a tag, on whatever number of posts.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from common import recount
from forum.errors import Locked
from forum.models.reaction import Reaction, ReactionCount, ReactionKind, TagSum

if TYPE_CHECKING:
    from forum.models import Comment, Post

FEWEST = 5  # members; fewer of them are not counted in sight
ANY = 0  # the kind under which a tag counts who told anything


# ── Telling ──────────────────────────────────────────────────────────────────────────────────────


class NeedsWords(Exception):
    """This kind is told with a comment, and none was written."""


@transaction.atomic
def react(post: Post, kind: ReactionKind, member: Any, words: str = "", token: uuid.UUID | None = None) -> Reaction:
    """Let the member tell this of the post; telling it again does no more.

    Where the kind asks for a comment, ``words`` become one in the thread. Raises ``NeedsWords`` without them, and
    ``Locked`` where nobody may answer. ``is_fresh`` is True on what this call has stored.
    """
    # Whoever tells, withdraws, hides or tags the same post waits here.
    locked = type(post).objects.select_for_update(no_key=True).get(pk=post.pk)
    told = Reaction.objects.filter(post=post, kind=kind, member=member).first()
    if told is not None:
        told.is_fresh = False  # type: ignore[attr-defined]
        return told
    if not locked.is_shown:
        raise Locked
    comment = None
    if kind.asks_for_comment:
        if not words.strip():
            raise NeedsWords
        comment = locked.add_comment(member, words, token=token)
    told = Reaction.objects.create(post=post, kind=kind, member=member, comment=comment)
    told.is_fresh = True  # type: ignore[attr-defined]
    _count(post.pk, kind.pk, +1)
    _move([told.pk], _tags_of(post.pk), +1)
    return told


@transaction.atomic
def withdraw(post: Post, kind: ReactionKind, member: Any) -> bool:
    """Take back what the member told; a comment written with it stays. Without a reaction it does nothing."""
    post = type(post).objects.select_for_update(no_key=True).get(pk=post.pk)
    told = Reaction.objects.filter(post=post, kind=kind, member=member).first()
    if told is None:
        return False
    if post.is_shown:
        _move([told.pk], _tags_of(post.pk), -1)
    told.delete()
    _count(post.pk, kind.pk, -1)
    return True


def comment_deleted(comment: Comment) -> None:
    """Who deletes the words of what they told takes it back. In the transaction that has locked the post."""
    for told in Reaction.objects.filter(comment=comment).select_related("post", "kind", "member"):
        withdraw(told.post, told.kind, told.member)


def withdraw_lot(member: Any, most: int) -> int:
    """Take back up to ``most`` of what a leaving member told; gives how many."""
    mine = Reaction.objects.filter(member=member.pk).select_related("post", "kind").order_by("pk")
    return sum(withdraw(told.post, told.kind, member) for told in mine[:most])


# ── What moves the sums ──────────────────────────────────────────────────────────────────────────


def sight_changed(post: Post) -> None:
    """The post went out of sight or came back, in the transaction that has locked it."""
    _move(_all_of(post), _tags_of(post.pk), +1 if post.is_shown else -1)


def tags_changed(post: Post, before: Collection[int]) -> None:
    """The post in sight carries other tags than ``before``, in the transaction that has locked it."""
    after = set(_tags_of(post.pk))
    told = _all_of(post) if after != set(before) else []
    if told:
        _lock(after ^ set(before))
    _move(told, set(before) - after, -1)
    _move(told, after - set(before), +1)


def _all_of(post: Post) -> list[int]:
    return list(Reaction.objects.filter(post=post).values_list("pk", flat=True))


def _tags_of(post_id: int) -> list[int]:
    from forum.models import PostTag

    return list(PostTag.objects.filter(content_object=post_id).values_list("tag_id", flat=True))


COUNT = """
    INSERT INTO forum_reactioncount AS c (post_id, kind_id, count) VALUES (%(post)s, %(kind)s, greatest(%(step)s, 0))
    ON CONFLICT (post_id, kind_id) DO UPDATE SET count = c.count + %(step)s
"""
# Each reaction counts under each tag for its own kind and for any kind.
STEPS = """
    SELECT tag.id AS tag_id, kind.id AS kind_id, r.member_id, count(DISTINCT r.post_id)::int AS posts
    FROM forum_reaction r CROSS JOIN unnest(%(tags)s::bigint[]) tag (id)
    CROSS JOIN LATERAL (VALUES (r.kind_id), (0)) kind (id)
    WHERE r.id = ANY(%(told)s)
        -- Who told another kind of this post too is counted under any kind once, with the first of those.
        AND (kind.id <> 0 OR NOT EXISTS (
            SELECT FROM forum_reaction o
            WHERE o.post_id = r.post_id AND o.member_id = r.member_id AND o.id <> ALL(%(told)s)
        ))
    GROUP BY 1, 2, 3
"""
TELL = f"""
    WITH steps AS ({STEPS}),
    told AS (
        INSERT INTO forum_tagteller AS t (tag_id, kind_id, member_id, posts)
        SELECT tag_id, kind_id, member_id, posts FROM steps
        ON CONFLICT (tag_id, kind_id, member_id) DO UPDATE SET posts = t.posts + excluded.posts
        RETURNING tag_id, kind_id, member_id, posts
    )
    SELECT tag_id, kind_id, count(*) FROM told JOIN steps USING (tag_id, kind_id, member_id, posts) GROUP BY 1, 2
"""  # noqa: S608 - our own words, and parameters
UNTELL = f"""
    WITH steps AS ({STEPS})
    UPDATE forum_tagteller t SET posts = greatest(t.posts - steps.posts, 0) FROM steps
    WHERE (t.tag_id, t.kind_id, t.member_id) = (steps.tag_id, steps.kind_id, steps.member_id)
    RETURNING t.id, t.tag_id, t.kind_id, t.posts
"""  # noqa: S608 - our own words, and parameters
SUM = """
    INSERT INTO forum_tagsum AS s (tag_id, kind_id, members)
    SELECT * FROM unnest(%(tags)s::bigint[], %(kinds)s::bigint[], %(steps)s::int[])
    ON CONFLICT (tag_id, kind_id) DO UPDATE SET members = s.members + excluded.members
"""


def _count(post_id: int, kind_id: int, step: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"post": post_id, "kind": kind_id, "step": step})
    if step < 0:
        ReactionCount.objects.filter(post=post_id, kind=kind_id, count=0).delete()


def _lock(tags: Collection[int]) -> None:
    """Let one at a time move the sums of a tag. In one order, so that no two who move several wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('told under ' || id, 0))"
            " FROM (SELECT unnest(%s::bigint[]) AS id ORDER BY 1) tag",
            [sorted(tags)],
        )


def _move(told: Collection[int], tags: Collection[int], step: int) -> None:
    """Count these reactions, of one post, under these tags, or count them there no more."""
    if not told or not tags:
        return
    _lock(tags)
    values = {"told": list(told), "tags": sorted(tags)}
    sums: dict[tuple[int, int], int] = {}
    with connection.cursor() as cursor:
        if step > 0:
            cursor.execute(TELL, values)
            sums = {(tag, kind): number for tag, kind, number in cursor.fetchall()}
        else:
            cursor.execute(UNTELL, values)
            gone = [(pk, tag, kind) for pk, tag, kind, left in cursor.fetchall() if left <= 0]
            for _, tag, kind in gone:
                sums[tag, kind] = sums.get((tag, kind), 0) - 1
            cursor.execute("DELETE FROM forum_tagteller WHERE id = ANY(%s)", [[pk for pk, _, _ in gone]])
        if sums:
            tag_ids, kind_ids = zip(*sums, strict=True)
            cursor.execute(SUM, {"tags": list(tag_ids), "kinds": list(kind_ids), "steps": list(sums.values())})


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


def offered_on(post: Post, user: Any) -> QuerySet[ReactionKind]:
    """The kinds that the post's category offers, and those told of it elsewhere before: one query.

    Each has ``count``, ``is_mine`` and ``is_offered``.
    """
    counts = ReactionCount.objects.filter(post=post.pk, kind=OuterRef("pk"))
    offered = ReactionKind.categories.through.objects.filter(category=post.category_id, reactionkind=OuterRef("pk"))
    mine = Reaction.objects.filter(post=post.pk, kind=OuterRef("pk"), member=user.pk)
    kinds = ReactionKind.objects.annotate(
        count=Coalesce(Subquery(counts.values("count")), 0), is_offered=Exists(offered), is_mine=Exists(mine)
    )
    return kinds.filter(Q(is_offered=True) | Q(count__gt=0)).order_by("position", "name")


def kind_on(post: Post, pk: int) -> QuerySet[ReactionKind]:
    """The kind, if the post's category offers it or it has been told of the post."""
    return ReactionKind.objects.filter(
        Q(pk__in=ReactionCount.objects.filter(post=post.pk).values("kind"))
        | Q(pk__in=ReactionKind.categories.through.objects.filter(category=post.category_id).values("reactionkind")),
        pk=pk,
    )


def can_react(post: Post, user: Any) -> bool:
    """Anyone signed in but who wrote the post, while it can be seen."""
    return post.can_be_upvoted_by(user)


@dataclass(frozen=True)
class Told:
    """How many members told one kind of posts under a tag; "fewer than 5" below that."""

    name: str
    members: int

    @property
    def in_words(self) -> str:
        return str(self.members) if self.members >= FEWEST else gettext("fewer than %(fewest)s") % {"fewest": FEWEST}


@dataclass(frozen=True)
class Sums:
    """What members told of posts under a tag. ``members`` told anything at all."""

    members: int
    kinds: list[Told]


def under(tag: Any) -> Sums | None:
    """The sums of a tag, or None where fewer than ``FEWEST`` told anything: two queries, whatever carries the tag."""
    sums = dict(TagSum.objects.filter(tag_id=tag.pk).values_list("kind_id", "members"))
    if sums.get(ANY, 0) < FEWEST:
        return None
    kinds = ReactionKind.objects.filter(pk__in=[kind for kind, members in sums.items() if members > 0])
    return Sums(sums[ANY], [Told(kind.name, sums[kind.pk]) for kind in kinds])


# ── Proof ────────────────────────────────────────────────────────────────────────────────────────

SEEN = """
    forum_reaction r JOIN forum_post p ON p.id = r.post_id AND NOT p.is_hidden AND p.deleted_at IS NULL
    JOIN forum_posttag g ON g.content_object_id = p.id CROSS JOIN LATERAL (VALUES (r.kind_id), (0)) kind (id)
"""
PROOFS = (
    recount.Sums(
        "forum_reactioncount", "count", "SELECT post_id, kind_id, count(*) FROM forum_reaction GROUP BY 1, 2",
        ("post_id", "kind_id"),
    ),
    recount.Sums(
        "forum_tagteller", "posts",
        f"SELECT g.tag_id, kind.id, r.member_id, count(DISTINCT r.post_id) FROM {SEEN} GROUP BY 1, 2, 3",  # noqa: S608
        ("tag_id", "kind_id", "member_id"),
    ),
    recount.Sums(
        "forum_tagsum", "members",
        f"SELECT g.tag_id, kind.id, count(DISTINCT r.member_id) FROM {SEEN} GROUP BY 1, 2",  # noqa: S608
        ("tag_id", "kind_id"),
    ),
)  # fmt: skip
