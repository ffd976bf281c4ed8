"""Moving branches of comments: merging threads, splitting them, making a comment a post, and all of it back again.

Each of these is ``transplant``: a comment with everything under it goes to a place in another thread. The comments
stay the same rows, so votes, reports, saves and addresses stay true.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext

from forum import earning, saving, told
from forum.models import Category, Comment, CommentTerms, CommentText, Poll, Post, ThreadTerms
from forum.models.comment import DEEPEST
from forum.signals import comments_moved
from moderation import reputation
from moderation.acting import CannotDo
from moderation.models import Action
from notices import following

# The branches of comments that stand equally deep, %(cut)s ancestors each: those are replaced by %(prefix)s.
TRANSPLANT = """
    UPDATE forum_comment c SET
        post_id = %(post)s,
        ancestors = %(prefix)s::bigint[] || c.ancestors[%(cut)s + 1:],
        parent_id = CASE WHEN c.id = ANY(%(roots)s) THEN (%(prefix)s::bigint[])[cardinality(%(prefix)s::bigint[])]
                         ELSE c.parent_id END,
        root_id = (%(prefix)s::bigint[] || c.ancestors[%(cut)s + 1:])[1]
    WHERE c.id = ANY(%(roots)s) OR (c.root_id = ANY(%(tops)s) AND c.ancestors[%(cut)s + 1] = ANY(%(roots)s))
    RETURNING c.id, cardinality(c.ancestors)
"""
COUNT = """
    UPDATE forum_post p SET
        comment_count = (SELECT count(*) FROM forum_comment c
                         WHERE c.post_id = p.id AND NOT c.is_hidden AND c.deleted_at IS NULL),
        last_active_at = greatest(p.posted_at, (SELECT max(c.posted_at) FROM forum_comment c
                                                WHERE c.post_id = p.id AND NOT c.is_hidden AND c.deleted_at IS NULL))
    WHERE p.id = ANY(%s)
"""
# What was withdrawn there does not come back here.
COPY_VOTES = """
    WITH withdrawn AS (
        DELETE FROM {target} old WHERE old.thing_id = %(to)s AND NOT EXISTS (
            SELECT FROM {source} v WHERE v.thing_id = %(from)s AND v.member_id = old.member_id)
    )
    INSERT INTO {target} (thing_id, member_id, voted_at)
    SELECT %(to)s, v.member_id, v.voted_at FROM {source} v WHERE v.thing_id = %(from)s ORDER BY v.member_id
    ON CONFLICT (thing_id, member_id) DO NOTHING
"""


@transaction.atomic
def merge(post: Post, moderator, reason: str, *, into: Post) -> Action | None:
    """Let the post become a comment of ``into``, with its comments under it; its address leads there from now on.

    Raises ``CannotDo`` for the discussion of a study and for a post that is merged already.
    """
    reputation.hold(post.author_id)
    posts = _locked(post.pk, into.pk)
    post, into = posts[post.pk], posts[into.pk]
    terms, _ = ThreadTerms.objects.get_or_create(post=post)
    if post.pk == into.pk or not into.is_shown or not post.is_shown or terms.merged_into_id:
        raise CannotDo(gettext("Choose another post, one that can be seen. Nothing was changed."))
    if post.subject_url:
        raise CannotDo(gettext("The thread of a study can't become part of another; merge the other way round."))
    # As the post is signed, whatever its author is called in the other thread.
    became = Comment.objects.create(
        post=into, author=post.author, mask_id=post.mask_id, pseudonym=post.pseudonym, posted_at=post.posted_at
    )
    CommentText.objects.create(comment=became, body=f"**{post.title}**\n\n{post.text.body}")
    if Poll.objects.filter(post=post).exists():
        # It goes on where it is (``polls.stands_in``), and the comment leads there.
        CommentTerms.objects.create(comment=became, poll_of=post)
    _copy_votes("forum_postvote", post.pk, "forum_commentvote", became.pk)
    Comment.objects.filter(pk=became.pk).update(score=became.votes.count())
    earning.sight_changed(became)
    tops = list(post.comments.filter(parent__isnull=True).order_by("pk").values_list("pk", flat=True))
    _transplant(post.pk, tops, into.pk, under=became)
    ThreadTerms.objects.filter(post=post).update(merged_into=became, merged_thread=into)
    following.lend(into, post)
    saving.merged(post, became)
    post._change(is_hidden=True)
    _count(post.pk, into.pk)
    details = {"comment": became.pk, "into": into.pk}
    return told.record(moderator, "merge", post, reason, details=details)


@transaction.atomic
def unmerge(post: Post, moderator, reason: str, action: Action) -> Action | None:
    """Take a merge back: the comments return, also those that came since, and the post is seen again."""
    into, became = action.details["into"], action.details["comment"]
    reputation.hold(post.author_id)
    posts = _locked(post.pk, into)
    merged = ThreadTerms.objects.filter(post=post, merged_into=became)
    if not merged.update(merged_into=None, merged_thread=None):
        return None
    comment = Comment.objects.get(pk=became)
    under = list(Comment.objects.filter(parent=became).order_by("pk").values_list("pk", flat=True))
    _transplant(comment.post_id, under, post.pk, under=None)
    _copy_votes("forum_commentvote", became, "forum_postvote", post.pk)
    Post.objects.filter(pk=post.pk).update(score=post.votes.count())
    following.give_back(post, _went_on(into))
    saving.unmerged(post, comment)
    was = _sight(comment)
    comment.delete_by_author()
    posts[post.pk]._change(**was)
    _count(post.pk, into, comment.post_id)
    return told.record(moderator, "unmerge", post, reason, undoes=action)


@transaction.atomic
def split(post: Post, moderator, reason: str, *, comments: Sequence[Comment], title: str, category: Category):
    """Make a post of its own of some comments, each with everything under it.

    The words of the first become the post, its replies the comments; the others stand beside those. A comment that
    hangs under another one of them goes with it. Raises ``CannotDo`` for comments of another thread or that are gone.
    """
    reputation.hold(*(comment.author_id for comment in comments))
    locked = _locked(post.pk)[post.pk]
    chosen = {comment.pk for comment in comments}
    found = list(Comment.objects.filter(pk__in=chosen, post=locked).select_related("text", "author").order_by("pk"))
    roots = [comment for comment in found if not chosen & set(comment.ancestors)]
    if not roots or len(found) != len(chosen) or not all(comment.is_shown for comment in roots):
        raise CannotDo(gettext("Choose comments of this thread that can be seen. Nothing was changed."))
    first, *others = roots
    made = Post.write(
        author=first.author, category=category, title=title, body=first.text.body, posted_at=first.posted_at,
        tags=[tag.name for tag in locked.tags.all()], tells=False,
    )  # fmt: skip
    _copy_votes("forum_commentvote", first.pk, "forum_postvote", made.pk)
    signed = {"mask_id": first.mask_id, "pseudonym": first.pseudonym}
    Post.objects.filter(pk=made.pk).update(score=made.votes.count(), **signed)
    earning.sight_changed(made)
    under = list(Comment.objects.filter(parent=first).order_by("pk").values_list("pk", flat=True))
    _transplant(locked.pk, under, made.pk, under=None)
    _transplant(locked.pk, [other.pk for other in others], made.pk, under=None)
    CommentTerms.objects.update_or_create(comment=first, defaults={"became": made})
    first._change(is_hidden=True)
    _count(locked.pk, made.pk)
    details = {
        "made": made.pk,
        "first": first.pk,
        "others": {str(other.pk): other.ancestors for other in others},
    }
    return told.record(moderator, "split", locked, reason, details=details)


@transaction.atomic
def unsplit(post: Post, moderator, reason: str, action: Action) -> Action | None:
    """Take a split back: every branch returns to where it hung, what was written since under the first comment."""
    made, first = action.details["made"], action.details["first"]
    reputation.hold(Comment.objects.values_list("author_id", flat=True).get(pk=first))
    posts = _locked(post.pk, made)
    if not CommentTerms.objects.filter(comment=first, became=made).update(became=None):
        return None
    comment, new = Comment.objects.get(pk=first), posts[made]
    hung: dict[int | None, list[int]] = defaultdict(list)
    for pk, ancestors in action.details["others"].items():
        hung[ancestors[-1] if ancestors else None].append(int(pk))
    parents = Comment.objects.in_bulk([parent for parent in hung if parent])
    for parent, others in hung.items():
        here = new.comments.filter(pk__in=others).values_list("pk", flat=True)
        _transplant(made, list(here), post.pk, under=parents.get(parent or 0))
    rest = list(new.comments.filter(parent__isnull=True).order_by("pk").values_list("pk", flat=True))
    _transplant(made, rest, post.pk, under=comment)
    _copy_votes("forum_postvote", made, "forum_commentvote", first)
    Comment.objects.filter(pk=first).update(score=comment.votes.count())
    was = _sight(new)
    comment._change(**was)
    new.delete_by_author()
    _count(post.pk, made)
    return told.record(moderator, "unsplit", post, reason, undoes=action)


def _went_on(thread: int) -> dict[int, list[int]]:
    """The thread, and those into which it went on by merges of its own: each with what is still merged into it."""
    found: dict[int, list[int]] = {}
    here: int | None = thread
    while here is not None and here not in found:
        merged = ThreadTerms.objects.filter(merged_thread=here).order_by("pk").values_list("pk", flat=True)
        found[here] = list(merged)
        here = ThreadTerms.objects.filter(pk=here).values_list("merged_thread", flat=True).first()
    return found


def _sight(words: Post | Comment) -> dict[str, Any]:
    """How words come back to where they stood: what was hidden or deleted in the meantime stays so."""
    gone = {"deleted_at": words.deleted_at} if words.is_deleted else {}
    return {"is_hidden": words.is_hidden} | gone


def _locked(*ids: int) -> dict[int, Post]:
    """These posts, locked in one order, so that two who move comments at the same time do not wait in a circle."""
    rows = Post.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {post.pk: post for post in rows}


def _transplant(from_post: int, roots: Iterable[int], to_post: int, *, under: Comment | None) -> None:
    """Let each of these comments, with its branch, hang under ``under`` in ``to_post``, or stand at its top."""
    if under is not None:
        under.refresh_from_db(fields=["post", "ancestors"])
        if under.post_id != to_post or {*under.ancestors, under.pk} & set(roots := list(roots)):
            raise CannotDo(gettext("These threads were joined otherwise since. Undo that first."))
    prefix = [*under.ancestors, under.pk] if under else []
    by_depth: dict[int, dict[int, int]] = defaultdict(dict)
    for pk, root, ancestors in Comment.objects.filter(pk__in=list(roots)).values_list("pk", "root_id", "ancestors"):
        by_depth[len(ancestors)][pk] = root or pk
    moved: list[int] = []
    deepest = 0
    for cut, chosen in sorted(by_depth.items()):
        roots, tops = list(chosen), list(set(chosen.values()))
        with connection.cursor() as cursor:
            cursor.execute(TRANSPLANT, {"post": to_post, "prefix": prefix, "cut": cut, "roots": roots, "tops": tops})
            for pk, depth in cursor.fetchall():
                moved.append(pk)
                deepest = max(deepest, depth)
    # A thread is drawn level by level, so chains of merges end somewhere too.
    if deepest > 2 * DEEPEST:
        raise CannotDo(gettext("This would nest comments too deep to be read. Nothing was changed."))
    if moved and from_post != to_post:
        told.moved(moved, from_post, to_post)
        comments_moved.send(Comment, comment_ids=moved, from_post=from_post, to_post=to_post)


def _copy_votes(source: str, from_id: int, target: str, to_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COPY_VOTES.format(source=source, target=target), {"to": to_id, "from": from_id})


def _count(*posts: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [sorted(set(posts))])
