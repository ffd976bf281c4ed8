"""Badges for what members write. What stands under a pseudonym has no author, and so earns none."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from common import wording
from forum.earning import comments, posts
from moderation import badges
from moderation.badges import Badge

MILESTONES = {10: "post-10", 50: "post-50", 100: "post-100"}  # upvotes

FIRST_POST = """
    SELECT DISTINCT ON (p.author_id) p.author_id AS member_id, p.id AS object_id, p.posted_at AS earned_at
    FROM forum_post p WHERE p.author_id IS NOT NULL AND NOT p.is_hidden AND p.deleted_at IS NULL
    ORDER BY p.author_id, p.posted_at, p.id
"""
FIRST_ANSWER = """
    SELECT DISTINCT ON (c.author_id) c.author_id AS member_id, c.id AS object_id, s.marked_at AS earned_at
    FROM forum_solution s JOIN forum_comment c ON c.id = s.comment_id JOIN forum_post p ON p.id = s.post_id
    WHERE c.author_id IS NOT NULL AND c.author_id IS DISTINCT FROM p.author_id
        AND NOT c.is_hidden AND c.deleted_at IS NULL
    ORDER BY c.author_id, s.marked_at, c.id
"""
# The post that was first to have so many, at the moment of the vote that made them.
UPVOTED = """
    SELECT DISTINCT ON (p.author_id) p.author_id AS member_id, p.id AS object_id, v.voted_at AS earned_at
    FROM forum_post p CROSS JOIN LATERAL (
        SELECT voted_at FROM forum_postvote WHERE thing_id = p.id ORDER BY voted_at, id OFFSET {before} LIMIT 1
    ) v
    WHERE p.score >= {number} AND p.author_id IS NOT NULL AND NOT p.is_hidden AND p.deleted_at IS NULL
    ORDER BY p.author_id, v.voted_at, p.id
"""

# Opened discussions that belong to something outside the forum. A visit knows only when it was last, so no moment of it
# is told.
WELL_READ = """
    SELECT v.member_id, 0::bigint AS object_id, now() AS earned_at
    FROM forum_visit v JOIN forum_post p ON p.id = v.post_id WHERE p.subject_url <> ''
    GROUP BY v.member_id HAVING count(*) >= 100
"""

UPVOTES, A_POST_WITH = gettext_noop("%(number)s upvotes"), gettext_noop("a post with %(number)s upvotes")
wording.know(UPVOTES, A_POST_WITH)
BADGES = (
    Badge("well-read", gettext_noop("Well read"), gettext_noop("a hundred studies' discussions read"),
    WELL_READ, is_dated=False),
    Badge("first-post", gettext_noop("First post"), gettext_noop("a first post"), FIRST_POST, posts),
    Badge("first-answer", gettext_noop("First answer"), gettext_noop("a comment marked as the answer"),
    FIRST_ANSWER, comments),
    *(
        Badge(
            name, UPVOTES % {"number": number}, A_POST_WITH % {"number": number},
            UPVOTED.format(number=number, before=number - 1), posts,
        )
        for number, name in MILESTONES.items()
    ),
)  # fmt: skip


def of_upvotes(thing: Any) -> None:
    """The score of a post or comment is this now."""
    if thing._meta.model_name == "post" and thing.score in MILESTONES:
        badges.consider(thing.author_id, MILESTONES[thing.score])
