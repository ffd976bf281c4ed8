"""Edits that wait for a moderator beside the words that are shown.

Everybody goes on reading the earlier words; the new ones are in a row of their own (``WaitingEdit``), which the author
and moderators read and nothing else: so they are in no list, search, history, feed or mail. Let through, they are an
edit like any other, made at that moment. Who changes such a row has locked the thing first (``holding.locked``).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from common import markdown
from forum import holding, reactions, told
from forum.errors import Locked, StaleEdit
from moderation import holding as queue
from moderation import rules, spam_check
from moderation.acting import CannotDo
from moderation.holding import Verdict
from moderation.models import Action, Held

if TYPE_CHECKING:
    from forum.models import WaitingEdit
    from forum.polls import Terms

CHANGED = gettext_noop(
    "Its words have changed since this edit was sent, or the edit has. Look at both again, then decide; letting it"
    " through replaces what stands there now."
)
OUT_OF_SIGHT = gettext_noop("It is hidden or locked by now. Show or unlock it first, or don't let the edit through.")
MOST_STEPS = 20  # earlier versions that are looked at for one to go back to
SKEW = timedelta(seconds=10)  # between the clocks of the site and of its database


def _rows() -> Any:
    from forum.models import WaitingEdit

    return WaitingEdit.objects


def _of(thing: Any) -> dict[str, Any]:
    return {f"{thing._meta.model_name}_id": thing.pk}


def of(thing: Any) -> WaitingEdit | None:
    """The edit of this thing that waits or was not let through; costs nothing where it was selected with the thing."""
    edit = getattr(thing, "waiting_edit", None)
    return edit if edit is not None and (edit.is_waiting or edit.is_rejected) else None


def that_waits(thing: Any) -> WaitingEdit | None:
    edit = of(thing)
    return edit if edit is not None and edit.is_waiting else None


def words_of(thing: Any, edit: WaitingEdit) -> str:
    """All words that the thing would have."""
    gist = getattr(thing, "own_gist", "") if edit.own_gist is None else edit.own_gist
    return holding.in_one(edit.body, edit.title, gist)


def newest_words(thing: Any) -> str:
    """What its author has said last: of an edit that waits, or as everybody reads it."""
    edit = that_waits(thing)
    title, body = (edit.title, edit.body) if edit else (getattr(thing, "title", ""), thing.text.body)
    return f"{title}\n\n{body}" if title else body


def html_of(edit: WaitingEdit) -> str:
    """As it would be shown; for what is counted in it."""
    return markdown.render(edit.body, works=True, members=True, tags=True)


# ── What the author does ─────────────────────────────────────────────────────────────────────────


@transaction.atomic
def let_wait(
    thing: Any, verdict: Verdict, *, version: int, reason: str, body: str, title: str = "", category: Any = None,
    tags: Iterable[str] = (), own_gist: str | None = None,
) -> WaitingEdit:  # fmt: skip
    """Keep an edit beside the words that are shown. Raises ``StaleEdit`` and ``Locked`` as the edit itself does."""
    locked = holding.locked(thing)
    if not _is_open(locked):
        raise Locked
    if locked.version != version:
        raise StaleEdit
    changed: dict[str, Any] = {"category": None, "tags": None, "own_gist": None, "poll": None}
    if category is not None:
        before = {tag.name for tag in locked.tags.all()}
        changed["category"] = category if category.pk != locked.category_id else None
        changed["tags"] = list(tags) if set(tags) != before else None
        changed["own_gist"] = own_gist if own_gist != locked.own_gist else None
    thing.version = _next_version(locked)
    return _keep(locked, verdict, title=title, body=body, reason=reason, version=thing.version, **changed)


def _is_open(thing: Any) -> bool:
    post = getattr(thing, "post", thing)
    return thing.is_shown and post.is_shown and not post.is_locked


def _next_version(thing: Any) -> int:
    type(thing).objects.filter(pk=thing.pk).update(version=F("version") + 1)
    thing.refresh_from_db(fields=["version"])
    return thing.version


def _keep(thing: Any, verdict: Verdict | None, **values: Any) -> WaitingEdit:
    """Without a verdict it waits for what it waited for before."""
    from forum.models import WaitingEdit

    values |= {"state": WaitingEdit.State.WAITING, "sent_at": timezone.now(), "gist_before": ""}
    edit, _ = _rows().update_or_create(**_of(thing), defaults=values)
    if verdict is None:
        queue.wait_again(thing)
        return edit
    words, kind = words_of(thing, edit), str(thing._meta.model_name)
    if verdict.fired:
        rules.note(verdict.fired, kind, thing, thing.author_id)
    spam_check.due(thing, verdict.writer, words, is_edit=True)
    queue.keep(thing, kind, verdict, words, is_told=True)
    return edit


def ask_by_poll(edit: WaitingEdit, terms: Terms | None) -> None:
    """Let what the edit would ask by a poll wait with it. Raises ``HasVotes`` as ``polls.set_terms`` does."""
    from forum import polls
    from forum.models import Poll

    poll = Poll.objects.filter(post=edit.post_id).first()
    if polls.terms_of(poll) == terms:
        return
    if polls.is_fixed(poll):
        raise polls.HasVotes
    written = asdict(terms) | {"closes_at": terms.closes_at and terms.closes_at.isoformat()} if terms else None
    edit.poll = {"terms": written}
    edit.save(update_fields=["poll"])


def terms_in(edit: WaitingEdit) -> Terms | None:
    """What the edit would ask by a poll."""
    from forum import polls

    written = edit.poll["terms"] if edit.poll else None
    if written is None:
        return None
    closes_at = written["closes_at"] and datetime.fromisoformat(written["closes_at"])
    return polls.Terms(**written | {"options": tuple(written["options"]), "closes_at": closes_at})


@transaction.atomic
def take_back(thing: Any) -> bool:
    """Its author wants the edit no more, or has read why it was not let through; False where there is none."""
    locked = holding.locked(thing)
    return of(locked) is not None and gone(locked)


def gone(thing: Any) -> bool:
    """Forget the edit of this thing: taken back, replaced by another, or deleted with its thing."""
    if not (edit := _rows().filter(**_of(thing)).first()):
        return False
    edit.delete()
    if edit.is_waiting:
        queue.withdraw(thing)
    return True


# ── What moderators do ───────────────────────────────────────────────────────────────────────────


@transaction.atomic
def approve(thing: Any, moderator: Any, reason: str, *, seen: int | None = None) -> Action | None:
    """Let the edit be made now. Raises ``CannotDo`` where the thing is not as the moderator has ``seen`` it."""
    from forum import polls

    locked = holding.locked(thing)
    edit = _rows().filter(**_of(locked)).select_for_update().first()
    if edit is None or not edit.is_waiting or locked.is_deleted:
        return None
    if not _is_open(locked):
        raise CannotDo(gettext(OUT_OF_SIGHT))
    if locked.version != (edit.version if seen is None else seen):
        raise CannotDo(gettext(CHANGED))
    details: dict[str, Any] = {"revision": None}
    newest = _newest_revision(locked)
    change: dict[str, Any] = {"body": edit.body, "version": locked.version, "reason": edit.reason}
    if hasattr(locked, "own_gist"):
        tags = sorted(tag.name for tag in locked.tags.all())
        details |= {"category": locked.category_id} if edit.category_id else {}
        details |= {"tags": tags} if edit.tags is not None else {}
        edit.gist_before = locked.own_gist if edit.own_gist is not None else ""
        details |= {"gist": True} if edit.own_gist is not None else {}
        change |= {
            "title": edit.title,
            "category": edit.category or locked.category,
            "tags": tags if edit.tags is None else edit.tags,
            "own_gist": locked.own_gist if edit.own_gist is None else edit.own_gist,
        }
    locked.take_words(**change)
    if edit.poll:
        with suppress(polls.HasVotes):  # somebody has answered since: the poll stays as it is
            polls.set_terms(locked, terms_in(edit))
    kept = _newest_revision(locked)
    details |= {"version": locked.version, "revision": kept.pk if kept and kept != newest else None}
    edit.state, edit.title, edit.body, edit.own_gist, edit.poll = edit.State.APPROVED, "", "", None, None
    edit.save()
    queue.close(locked, Held.State.APPROVED, moderator, reason)
    return told.record(moderator, "approve-edit", locked, reason, details=details)


@transaction.atomic
def reject(thing: Any, moderator: Any, reason: str, *, seen: int | None = None) -> Action | None:
    """Let the shown words stay; the author reads why, and keeps the words that were not let through."""
    locked = holding.locked(thing)
    if locked.is_deleted or not _rows().filter(**_of(locked), state="waiting").update(state="rejected"):
        return None
    queue.close(locked, Held.State.REJECTED, moderator, reason)
    return told.record(moderator, "reject-edit", locked, reason)


@transaction.atomic
def wait_again(thing: Any, moderator: Any, reason: str, action: Action) -> Action | None:
    """Take an approval or a rejection of an edit back: it waits again, and the earlier words are shown."""
    locked = holding.locked(thing)
    if locked.is_deleted:
        return None
    if action.action == "reject-edit":
        if not _rows().filter(**_of(locked), state="rejected").update(state="waiting"):
            raise CannotDo(gettext("Its author has taken the words away, or sent others."))
        queue.wait_again(locked)
    else:
        was = action.details
        if not _is_open(locked):
            raise CannotDo(gettext("It is hidden or locked by now. Show or unlock it first."))
        if locked.version != was["version"]:
            raise CannotDo(gettext("It was edited since: the earlier words are in its history."))
        old = _revisions(locked).filter(pk=was["revision"]).first() if was["revision"] else locked.text
        if old is None or not old.body:
            raise CannotDo(gettext("The earlier words are gone from its history."))
        edit = _rows().filter(**_of(locked)).first()
        _go_back(locked, old, None, was, edit.gist_before if edit else "")
    return told.record(moderator, f"undo {action.action}", locked, reason, undoes=action)


# ── Going back to earlier words ──────────────────────────────────────────────────────────────────


def _revisions(thing: Any) -> Any:
    from forum.history import revisions_of

    return revisions_of(str(thing._meta.model_name), thing)


def _newest_revision(thing: Any) -> Any:
    return _revisions(thing).order_by("-pk").first()


def earlier_words(thing: Any, since: datetime) -> Any:
    """The newest version of the thing from before its last edit, made ``since``, whose words nobody doubts; or None.

    Where its words are the same and only its gist has changed, that is the text itself.
    """
    from forum.models import Removal

    newest, noted = _newest_revision(thing), _gists_before(thing)
    if newest is None:
        is_gist_alone = noted and not spam_check.is_doubted(thing, _with_gist(thing.text, noted[0]))
        return thing.text if is_gist_alone else None
    if newest.pgh_created_at < since - SKEW:
        return thing.text
    kind = str(thing._meta.model_name)
    for old in _revisions(thing).order_by("-pk")[:MOST_STEPS]:
        taken_out = Removal.objects.filter(kind=kind, revision_id=old.pk).exists()
        words = {_with_gist(old, gist) for gist in ("", _gist(thing), *noted)}
        if old.body and not taken_out and not any(spam_check.is_doubted(thing, each) for each in words):
            return old
    return None


def _gist(thing: Any) -> str:
    return getattr(thing, "own_gist", "")


def go_back(thing: Any, old: Any, verdict: Verdict) -> None:
    """Let the thing have these earlier words again, and what it says now wait as an edit of them."""
    gists = [*_gists_before(thing), _gist(thing)]
    # The one that these words had, as far as they were asked about; else the one before all these edits.
    asked = (gist for gist in reversed(gists) if spam_check.was_found_clean(thing, _with_gist(old, gist)))
    gist = next(asked, gists[0])
    _go_back(thing, old, verdict, {"gist": gist != gists[-1]}, gist)


def note_gist(thing: Any, before: str, *, is_doubted: bool, was_doubted: bool) -> None:
    """Keep the author's own gist before an edit that changed it, for as long as the edit may be taken for spam.

    Where the words before were doubted themselves, what was noted for them stays.
    """
    if not hasattr(thing, "own_gist"):
        return
    noted = _gists_before(thing)
    kept = noted if is_doubted and was_doubted else []
    if is_doubted and before != thing.own_gist:
        kept = [*kept, before][:MOST_STEPS]
    if kept != noted:
        type(thing.text).objects.filter(pk=thing.pk).update(gists_before=kept or None)


def _gists_before(thing: Any) -> list[str]:
    return getattr(thing.text, "gists_before", None) or []


def _with_gist(old: Any, gist: str) -> str:
    return holding.in_one(old.body, getattr(old, "title", ""), gist)


def _go_back(thing: Any, old: Any, verdict: Verdict | None, was: dict[str, Any], gist: str) -> None:
    """``was`` says what else the edit had changed, as ``approve`` noted it; ``gist`` is the one before it."""
    text = type(thing.text).objects.select_for_update().get(pk=thing.pk)
    waits: dict[str, Any] = {"body": text.body, "title": getattr(text, "title", ""), "reason": text.edit_reason}
    waits |= {"category": None, "tags": None, "own_gist": None, "poll": None}
    back: dict[str, Any] = {}
    if hasattr(thing, "own_gist"):
        if "category" in was:
            waits["category"], back["category_id"] = thing.category, was["category"]
        if "tags" in was:
            waits["tags"] = sorted(tag.name for tag in thing.tags.all())
            _set_tags(thing, text, was["tags"])
        if was.get("gist"):
            waits["own_gist"], back["own_gist"] = thing.own_gist, gist
        back |= {"title": old.title, "gist": back.get("own_gist", thing.own_gist) or thing.gist_of(old.body)}
    before, newest = text.body_html, _newest_revision(thing)
    text.body, text.edit_reason = old.body, old.edit_reason
    if hasattr(text, "title"):
        text.title, text.gists_before = old.title, None
    else:
        text.comment = thing
    text.save()
    other_waits = that_waits(thing)
    _take_out_of_history(thing, old, newest, keeps=bool(other_waits))
    if not _revisions(thing).exists():
        back["edited_at"] = None
    if back:
        type(thing).objects.filter(pk=thing.pk).update(**back)
    version = _next_version(thing)
    thing.refresh_from_db()
    told.of_edit(thing, before, text.body_html)
    if other_waits:
        # Its author has sent something else since, which waits already.
        _rows().filter(pk=other_waits.pk).update(version=version)
        queue.also_because(thing, Held.Why.CHECK)
    else:
        _keep(thing, verdict, version=version, **waits)


def _take_out_of_history(thing: Any, old: Any, newest: Any, *, keeps: bool) -> None:
    """What waits must be in no history: the version that is shown again is no earlier one any more, and the one that
    the database has just kept of the words that went goes too; ``keeps`` leaves it to moderators."""
    from forum.models import Removal

    if (ours := _newest_revision(thing)) == newest:
        return
    if keeps:
        kind = str(thing._meta.model_name)
        Removal.objects.create(kind=kind, thing_id=thing.pk, revision_id=ours.pk, reason="Taken for spam by the check")
    else:
        ours.delete()
    if newest == old:
        newest.delete()


def _set_tags(post: Any, text: Any, names: Iterable[str]) -> None:
    from common.tags import set_tags
    from forum.models import PostTag

    carried = list(post.tag_items.values_list("tag_id", flat=True))
    text.tag_words = " ".join(tag.name for tag in set_tags(post, PostTag, names))
    reactions.tags_changed(post, carried)
