"""Posts and comments that wait for a moderator: written and kept, out of everyone's sight but their author's.

They are hidden (``is_hidden``) as what a moderator hides is, so everything that leaves that out leaves them out too;
``is_waiting`` beside it lets the author read them. They tell nobody and count nowhere until they come into sight for
the first time, by whatever verb: then they tell whom they have to, once. What is approved is posted at that moment, so
that it stands in lists as if it had just been written, and nobody loses their day at the top by having waited.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import Member
from common import markdown
from common.tags import count_in_sight
from forum import masks, roles, told
from forum.signals import words_written
from moderation import holding, lens, reputation, rules, spam_check, trust
from moderation.holding import PASSED, Sent, Verdict, domains_in
from moderation.models import Action, Held

if TYPE_CHECKING:
    from forum.models import Comment, Post

# The parser of the search has the host of an address as a word of its own, so the index of the search knows all sites.
KNOWN = """
    SELECT EXISTS (
        SELECT FROM forum_posttext t JOIN forum_post p ON p.id = t.post_id
        WHERE t.search_vector @@ %(site)s::tsquery AND NOT p.is_hidden AND p.deleted_at IS NULL
    ) OR EXISTS (
        SELECT FROM forum_commenttext t JOIN forum_comment c ON c.id = t.comment_id
        WHERE t.search_vector @@ %(site)s::tsquery AND NOT c.is_hidden AND c.deleted_at IS NULL
    )
"""


# ── Before words are written ─────────────────────────────────────────────────────────────────────


def judge(
    author: Any, *, kind: str, shelf: int, body: str, title: str = "", is_new: bool = True, masked: bool = False
) -> Verdict:
    """What becomes of these words of a member; what the house writes is not judged."""
    if author is None:
        return PASSED
    # Links alone are asked for, and only where something depends on them: that costs no query.
    rendered = cache(partial(markdown.render, body, works=True))
    return holding.judge(
        Sent(author, kind, title, body, rendered, lambda most: _stand(author, most), _known, shelf, is_new, masked)
    )


def judge_edit(thing: Post | Comment, *, shelf: int, body: str, title: str = "") -> Verdict:
    """As ``judge``, for what its author changes."""
    if (owner := masks.owner_of(thing)) is None:
        return PASSED
    writer = Member.objects.get(pk=owner)
    return judge(
        writer,
        kind=str(thing._meta.model_name),
        shelf=shelf,
        title=title,
        body=body,
        is_new=False,
        masked=thing.mask_id is not None,
    )


def _stand(member: Any, most: int) -> int:
    """How many of the member's posts and comments stand in sight, counted up to ``most``."""
    from forum.models import Comment, Post

    named = (Post.objects.filter(author=member), Comment.objects.filter(author=member))
    count = 0
    for rows in (*named, *masks.things_of(member)):
        if count < most:
            count += rows.filter(is_hidden=False, deleted_at=None).order_by()[: most - count].count()
    return count


def _known(domains: Collection[str]) -> set[str]:
    """Which of these sites something in sight links to or names."""
    known = set()
    with connection.cursor() as cursor:
        for domain in domains:
            cursor.execute(KNOWN, {"site": f"'{domain}' | 'www.{domain}'"})
            if cursor.fetchone()[0]:
                known.add(domain)
    return known


# ── When words are written ───────────────────────────────────────────────────────────────────────


def written(thing: Post | Comment, verdict: Verdict) -> bool:
    """Keep what was judged about a thing that was just written; True where it waits, and so tells nobody yet."""
    if verdict.fired:
        rules.note(verdict.fired, str(thing._meta.model_name), thing, thing.author_id)
    spam_check.due(thing, verdict.writer, words_of(thing))
    if not thing.is_waiting:
        return False
    if hasattr(thing, "tag_items"):
        count_in_sight(thing, -1)
    holding.keep(thing, str(thing._meta.model_name), verdict, words_of(thing))
    return True


def words_of(thing: Any) -> str:
    text = type(thing).text.related.related_model.objects.get(pk=thing.pk)
    return in_one(text.body, getattr(text, "title", ""), getattr(thing, "own_gist", ""))


def in_one(body: str, title: str = "", own_gist: str = "") -> str:
    """All words of a post or comment as one text."""
    return "\n".join(filter(None, (title, own_gist, body)))


def needs_care(thing: Any, user: Any) -> bool:
    """Whether these are this visitor's own words, and they may be thinking of hurting themselves."""
    return thing.is_by(user) and not thing.is_deleted and lens.look(thing.text.body_html).is_self_harm


# ── For who writes rules ─────────────────────────────────────────────────────────────────────────


def recent(most: int) -> Iterator[rules.Tried]:
    """The newest posts and comments of members, as a rule sees them."""
    from forum.models import Comment, Post

    posts = Post.objects.filter(deleted_at=None, author__isnull=False).select_related("text")
    comments = Comment.objects.filter(deleted_at=None, author__isnull=False).select_related("text", "post")
    things: list[Any] = [*posts.order_by("-pk")[:most], *comments.order_by("-pk")[:most]]
    things = sorted(things, key=lambda thing: thing.posted_at, reverse=True)[:most]
    levels = trust.levels_of({thing.author_id for thing in things})
    for thing in things:
        title = getattr(thing, "title", "")
        text = rules.Text(f"{title}\n{thing.text.body}", partial(str, thing.text.body_html), domains_in)
        label = title or f"A comment on {thing.post.title}"
        yield rules.Tried(text, label, thing.get_absolute_url(), levels.get(thing.author_id, 0), thing.shelf_id)


def shelves() -> list[tuple[int, str]]:
    from forum.models import Category

    return list(Category.objects.values_list("pk", "name"))


def edited(thing: Post | Comment, verdict: Verdict, *, said: str, gist: str = "") -> None:
    """After an edit that was made at once, in its transaction: what waited of an earlier one is replaced by it.

    ``said`` are all words before it, ``gist`` the author's own.
    """
    from forum import waiting_edits

    waiting_edits.gone(thing)
    if verdict.fired:
        rules.note(verdict.fired, str(thing._meta.model_name), thing, thing.author_id)
    if said != (words := words_of(thing)):
        is_due = spam_check.due(thing, verdict.writer, words, is_edit=True)
        waiting_edits.note_gist(thing, gist, is_doubted=is_due, was_doubted=spam_check.is_doubted(thing, said))


def sight_changed(thing: Post | Comment) -> None:
    """It came into sight, or was deleted: in the transaction, with its row locked and fresh."""
    from forum import waiting_edits

    if thing.is_deleted:
        waiting_edits.gone(thing)
        holding.withdraw(thing)
    elif thing.is_shown and holding.is_to_tell(thing):
        _tell(thing)


def _tell(thing: Any) -> None:
    html = thing.text.body_html
    if hasattr(thing, "post_id"):
        where = {"post_id": thing.post_id, "comment_id": thing.pk}
        told.of_comment(thing, thing.post, thing.parent)
        # Where its post is out of sight, so is what tells of it.
        told.sight_changed(thing)
    else:
        where = {"post_id": thing.pk, "comment_id": None}
        told.of_post(thing, thing.tags.all(), html)
    words_written.send(type(thing), **where, html=html, is_new=True)


# ── What moderators do ───────────────────────────────────────────────────────────────────────────


def locked(thing: Any) -> Any:
    """The row, fresh and locked, after what ``_change`` locks before it."""
    from forum.models import Post

    reputation.hold(thing.author_id)
    if hasattr(thing, "post_id"):
        Post.objects.select_for_update(no_key=True).get(pk=thing.post_id)
    return type(thing).objects.select_for_update(no_key=True).get(pk=thing.pk)


@transaction.atomic
def approve(thing: Post | Comment, moderator: Any, reason: str) -> Action | None:
    """Let it be seen, as if it were written now. Gives the line of the log; None where it does not wait."""
    row = locked(thing)
    if not row.is_waiting:
        return None
    details = {"posted_at": row.posted_at.isoformat()}
    _post_at(row, timezone.now())
    row._change(is_hidden=False)
    holding.close(row, Held.State.APPROVED, moderator, reason)
    return told.record(moderator, "approve", row, reason, details=details)


def _post_at(thing: Any, moment: Any) -> None:
    from forum import visits
    from forum.models import Post

    type(thing).objects.filter(pk=thing.pk).update(posted_at=moment)
    visits.arrive(thing)
    post = getattr(thing, "post_id", thing.pk)
    Post.objects.filter(pk=post).update(last_active_at=Greatest(F("last_active_at"), moment))


@transaction.atomic
def wait_again(thing: Post | Comment, moderator: Any, reason: str, action: Action) -> Action | None:
    """Take an approval or a rejection back: it waits again."""
    row = locked(thing)
    was_approved = action.action == "approve"
    if row.is_deleted or row.is_waiting or row.is_shown != was_approved:
        return None
    if was_approved:
        row._change(is_hidden=True)
        type(row).objects.filter(pk=row.pk).update(posted_at=action.details["posted_at"])
    type(row).objects.filter(pk=row.pk).update(is_waiting=True, is_rejected=False)
    holding.wait_again(row)
    return told.record(moderator, f"undo {action.action}", row, reason, undoes=action)


@transaction.atomic
def reject(thing: Post | Comment, moderator: Any, reason: str) -> Action | None:
    """Let it stay out of sight; its author hears why, and goes on reading it."""
    row = locked(thing)
    if not row.is_waiting:
        return None
    type(row).objects.filter(pk=row.pk).update(is_waiting=False, is_rejected=True)
    holding.close(row, Held.State.REJECTED, moderator, reason)
    row.refresh_from_db()
    return told.record(moderator, "reject", row, reason)


def waits_for(thing: Any, user: Any) -> bool:
    """Whether it waits and this visitor may read it all the same."""
    return thing.is_waiting and (thing.is_by(user) or roles.moderates(user, thing.shelf_id))


# ── What the check for spam says ─────────────────────────────────────────────────────────────────


def texts_of(model: Any, pk: int) -> list[str]:
    """All words of a post or comment that stand or wait; nothing where its author deleted it."""
    from forum import waiting_edits

    thing = model.objects.filter(pk=pk, deleted_at=None).first()
    if thing is None:
        return []
    edit = waiting_edits.of(thing)
    return [words_of(thing), *([waiting_edits.words_of(thing, edit)] if edit else [])]


@transaction.atomic
def hold_spam(model: Any, pk: int, text: str, said: str, since: datetime) -> None:
    """Let words that the check takes for spam wait, unless a moderator has looked at them since they were written.

    New ones wait with their thing; those of an edit wait beside the earlier ones, which are shown again.
    """
    from forum import waiting_edits

    if not (thing := model.objects.filter(pk=pk).first()):
        return
    now = locked(thing)
    edit = waiting_edits.that_waits(now)
    if now.is_deleted or holding.was_let_through(now, since):
        return
    if edit and waiting_edits.words_of(now, edit) == text:
        holding.also_because(now, Held.Why.CHECK, said)
    elif words_of(now) != text:
        return
    elif now.is_waiting:
        holding.also_because(now, Held.Why.CHECK, said)
    elif now.is_shown:
        verdict = Verdict((Held.Why.CHECK,), said)
        if old := waiting_edits.earlier_words(now, since):
            waiting_edits.go_back(now, old, verdict)
            return
        now._change(is_hidden=True)
        model.objects.filter(pk=pk).update(is_waiting=True)
        holding.keep(now, str(now._meta.model_name), verdict, text, is_told=True)


def decided(thing: Any, action: str, reason: str) -> None:
    """A moderator has done this: the check hears where it was wrong."""
    from forum import waiting_edits

    if not spam_check.is_on() or thing.is_deleted:
        return
    edit = waiting_edits.of(thing) if action == "reject-edit" else None
    words = waiting_edits.words_of(thing, edit) if edit else words_of(thing)
    spam_check.decided(thing, action, reason, words)
