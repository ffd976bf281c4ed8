"""Posts related to a set of tags: bounded per tag before they are scored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection

from common.counting import CAP, CappedCount
from common.models import Tag
from common.paging import SIFTED
from common.tags import rarity
from forum.listing import as_sql
from forum.models import Post
from notices.muting import muted_by

CANDIDATES_PER_TAG = 200
GUEST = AnonymousUser()

# A post counts once for each shared tag, weighted by how rare the tag is; its votes decide between posts
# that share as much. Each tag gives its newest posts only, read from the index (tag, newest first). What nobody
# may see is left out while reading, so that a hundred hidden posts do not stand in the way of the others.
# ANY(ARRAY[…]) with both columns in the order leaves PostgreSQL no index but that one, and the inner LIMIT 1 makes it
# look each post up by its id: it might else walk every newer post of the forum to find those of a tag gone quiet.
RANKED = """
    WITH wanted (tag_id, weight) AS (SELECT * FROM unnest(%(tags)s::bigint[], %(weights)s::float8[])),
    near AS (
        SELECT recent.content_object_id AS post_id, sum(wanted.weight) AS shared
        FROM wanted CROSS JOIN LATERAL (
            SELECT content_object_id FROM {near}
            CROSS JOIN LATERAL (SELECT FROM forum_post WHERE id = content_object_id AND NOT is_hidden
                AND deleted_at IS NULL AND id <> %(exclude)s{listed} LIMIT 1) shown
            WHERE tag_id = ANY(ARRAY[wanted.tag_id])
            ORDER BY tag_id, content_object_id DESC LIMIT %(each)s
        ) recent
        GROUP BY 1
    )
    SELECT post.id FROM near JOIN forum_post post ON post.id = near.post_id
    ORDER BY near.shared * (1 + log(1 + post.score) / 4) DESC, post.id DESC
    LIMIT %(most)s
"""

# For who mutes something: the tag's newest posts are looked at no further than this, should nearly all be muted.
NEAR = """(
    SELECT tag_id, content_object_id FROM forum_posttag WHERE tag_id = ANY(ARRAY[wanted.tag_id])
    ORDER BY tag_id, content_object_id DESC LIMIT %(read)s) forum_posttag
"""

COUNTED = """
    SELECT count(*) FROM (
        SELECT DISTINCT recent.content_object_id FROM unnest(%(tags)s::bigint[]) wanted (tag_id)
        CROSS JOIN LATERAL (
            SELECT content_object_id FROM {near}
            CROSS JOIN LATERAL (SELECT FROM forum_post WHERE id = content_object_id AND NOT is_hidden
                AND deleted_at IS NULL AND id <> %(exclude)s{listed} LIMIT 1) shown
            WHERE tag_id = ANY(ARRAY[wanted.tag_id])
            ORDER BY tag_id, content_object_id DESC LIMIT %(most)s
        ) recent
        LIMIT %(most)s
    ) counted
"""


@dataclass
class RelatedPosts:
    """``posts`` best first, with what a list row shows, and how many there are in all, capped."""

    posts: list[Post] = field(default_factory=list)
    count: CappedCount = field(default_factory=lambda: CappedCount(0))


def related_posts(tags: Iterable[Tag], *, reader: Any = GUEST, exclude: int = 0, most: int = 6) -> RelatedPosts:
    """The posts everyone may see that share these tags and that the reader does not mute, the closest first.

    Rare tags weigh more (``common.tags.rarity``). ``exclude`` is the id of a post to leave out. Three
    queries and a prefetch, whatever the tables hold; none where there are no tags.
    """
    tags = list(tags)
    if not tags:
        return RelatedPosts()
    weights = rarity(tags)
    arguments: dict[str, Any] = {
        "tags": [tag.pk for tag in tags],
        "weights": [weights[tag.pk] for tag in tags],
        "each": CANDIDATES_PER_TAG,
        "exclude": exclude,
    }
    listed, more = as_sql(muted_by(reader), reader)
    near = NEAR if listed else "forum_posttag"
    arguments |= more | {"read": SIFTED}
    with connection.cursor() as cursor:
        cursor.execute(RANKED.format(near=near, listed=listed), arguments | {"most": most})
        ids = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(COUNTED.format(near=near, listed=listed), arguments | {"most": CAP + 1})
        count = CappedCount.at_most(cursor.fetchone()[0])
    found = {post.pk: post for post in Post.objects.for_list().filter(pk__in=ids)}
    return RelatedPosts([found[pk] for pk in ids], count)
