"""What mails at once hold of posts and comments: their words as all may read them, in threads that keep together.

A post's mail is "post-12", a comment's "comment-34", whoever gets it and for whatever reason; a comment's mail names
the post and the comments above it as what it answers. So one thread is one thread in a mail reader too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from common.text import letter_text, shortened
from forum.models import Comment, Post
from notices.kinds import Content, Passage

LONGEST = 2000  # characters of one post or comment in a mail
MOST = 20  # posts or comments in one mail, the newest

Pairs = Sequence[tuple[Any, Sequence[int]]]


def of_one(member: Any, pairs: Pairs) -> dict[int, Content]:
    """Of notifications that tell of one post or comment, which their key names (reply, mention)."""
    keys = {told.pk: told.key.split(":")[:2] for told, _ in pairs}
    posts = _posts(member, [int(pk) for name, pk in keys.values() if name == "post"])
    comments = _comments(member, [int(pk) for name, pk in keys.values() if name == "comment"])
    found: dict[int, Content] = {}
    for told, (name, pk) in keys.items():
        if name == "post" and int(pk) in posts:
            found[told] = _of_post(posts[int(pk)])
        elif name == "comment" and int(pk) in comments:
            found[told] = _of_comments([comments[int(pk)]])
    return found


def of_comments(member: Any, pairs: Pairs) -> dict[int, Content]:
    """Of notifications that gather the new comments on a post."""
    comments = _comments(member, [pk for _, parts in pairs for pk in parts[-MOST:]])
    there = {told.pk: [comments[pk] for pk in parts if pk in comments] for told, parts in pairs}
    return {told: _of_comments(found) for told, found in there.items() if found}


def of_posts(member: Any, pairs: Pairs) -> dict[int, Content]:
    """Of notifications that gather new posts under something followed."""
    posts = _posts(member, [pk for _, parts in pairs for pk in parts[-MOST:]])
    there = {told: [posts[pk] for pk in parts if pk in posts] for told, parts in pairs}
    return {
        told.pk: _of_post(found[0]) if len(found) == 1 else Content(told.said, [_passage(post) for post in found])
        for told, found in there.items()
        if found
    }


def _of_post(post: Post) -> Content:
    return Content(f"[{settings.SITE_NAME}] {post}", [_passage(post)], name=f"post-{post.pk}")


def _of_comments(comments: Sequence[Comment]) -> Content:
    """Of comments on one post. Several together answer the post, one alone what it answers."""
    [first, *others] = comments
    root = f"post-{first.post_id}"
    subject = f"Re: [{settings.SITE_NAME}] {first.post}"
    passages = [_passage(comment) for comment in comments]
    if others:
        return Content(subject, passages, thread=[root])
    thread = [root, *(f"comment-{pk}" for pk in first.ancestors)]
    return Content(subject, passages, name=f"comment-{first.pk}", thread=thread)


def _passage(thing: Post | Comment) -> Passage:
    who = str(thing.byline or gettext("Somebody"))
    if isinstance(thing, Post):
        who = f"{who}, “{thing}”"
    return Passage(who, shortened(letter_text(thing.text.body_html), LONGEST), thing.get_absolute_url())


def _posts(member: Any, ids: Sequence[int]) -> dict[int, Post]:
    shown = Post.objects.listed_for(member).filter(is_hidden=False)
    return shown.select_related("author", "text").defer("text__body", "text__search_vector").in_bulk(ids) if ids else {}


def _comments(member: Any, ids: Sequence[int]) -> dict[int, Comment]:
    shown = Comment.objects.listed_for(member).filter(is_hidden=False, post__is_hidden=False)
    return shown.for_thread().select_related("post").in_bulk(ids) if ids else {}
