"""The table of what moderators can do to posts and comments."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from common.tags import set_tags
from forum import holding, reactions, showing_edits, told, waiting_edits
from forum.models import Category, Comment, Picture, Post, PostTag, PostText, ThreadTerms
from forum.moderating import branches, forms, rewording
from forum.roles import moderates
from moderation.acting import CannotDo, Moderable, Verb
from moderation.models import Action


def _named(verb: str, *, undo: bool = False) -> Any:
    """The thing's own method of that name as ``do``, or as ``undo`` of the opposite one."""
    if undo:
        return lambda thing, moderator, reason, action: getattr(thing, verb)(moderator, reason, undoes=action)
    return lambda thing, moderator, reason: getattr(thing, verb)(moderator, reason)


def _unhide(thing: Any, moderator, reason: str, action: Action | None = None) -> Action | None:
    """Show it again, but not beside what it became: its author may have deleted the words there."""
    if isinstance(thing, Picture):
        return thing.unhide(moderator, reason, undoes=action)
    terms = getattr(thing, "terms", None)
    if terms and (terms.merged_into_id if isinstance(thing, Post) else terms.became_id):
        raise CannotDo(gettext("Its words stand elsewhere now. Undo the merge or the split instead."))
    return thing.unhide(moderator, reason, undoes=action)


# ── Pin ──────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def _pin(post: Post, moderator, reason: str, *, everywhere: bool, until: Any) -> Action | None:
    end = until and timezone.make_aware(datetime.combine(until + timedelta(days=1), time.min))
    terms = _terms(post)
    before = {"is_pinned": post.is_pinned, **_said(terms, "pinned_everywhere", "pinned_until")}
    if before == {"is_pinned": True, "pinned_everywhere": everywhere, "pinned_until": end and end.isoformat()}:
        return None
    _set(post, pinned_everywhere=everywhere, pinned_until=end)
    Post.objects.filter(pk=post.pk).update(is_pinned=True)
    return told.record(moderator, "pin", post, reason, details=before)


@transaction.atomic
def _unpin(post: Post, moderator, reason: str) -> Action | None:
    before = {"is_pinned": post.is_pinned, **_said(_terms(post), "pinned_everywhere", "pinned_until")}
    if not post.is_pinned:
        return None
    Post.objects.filter(pk=post.pk).update(is_pinned=False)
    _set(post, pinned_everywhere=False, pinned_until=None)
    return told.record(moderator, "unpin", post, reason, details=before)


@transaction.atomic
def _pinned_as_before(post: Post, moderator, reason: str, action: Action) -> Action | None:
    was = action.details
    if post.is_pinned is (action.action != "pin"):
        return None
    Post.objects.filter(pk=post.pk).update(is_pinned=was["is_pinned"])
    _set(post, pinned_everywhere=was["pinned_everywhere"], pinned_until=_moment(was["pinned_until"]))
    return told.record(moderator, f"undo {action.action}", post, reason, undoes=action)


# ── Shelf and tags ───────────────────────────────────────────────────────────────────────────────


def _move(post: Post, moderator, reason: str, *, category: Category) -> Action | None:
    if not moderates(moderator, category.pk):
        raise CannotDo(gettext("You can move it only to a category that you moderate too."))
    return post.move(moderator, category, reason)


def _move_back(post: Post, moderator, reason: str, action: Action) -> Action | None:
    category = Category.objects.filter(pk=action.details.get("category")).first()
    if category is None:
        raise CannotDo(gettext("The category it came from is gone."))
    return post.move(moderator, category, reason, undoes=action)


def _retag(post: Post, moderator, reason: str, *, tags: list[str], undoes: Action | None = None) -> Action | None:
    with transaction.atomic():
        locked = Post.objects.select_for_update(no_key=True).get(pk=post.pk)
        if not locked.is_shown:
            raise CannotDo(gettext("Show the post again first: the tags of what is out of sight are not counted."))
        before = sorted(tag.name for tag in locked.tags.all())
        carried = list(locked.tag_items.values_list("tag_id", flat=True))
        after = sorted(tag.name for tag in set_tags(locked, PostTag, tags))
        if before == after:
            return None
        reactions.tags_changed(locked, carried)
        PostText.objects.filter(post=locked).update(tag_words=" ".join(after))
        said = "undo retag" if undoes else "retag"
        return told.record(moderator, said, post, reason, details={"tags": before}, undoes=undoes)


def _tags_back(post: Post, moderator, reason: str, action: Action) -> Action | None:
    return _retag(post, moderator, reason, tags=action.details["tags"], undoes=action)


# ── Terms ────────────────────────────────────────────────────────────────────────────────────────


def _terms(post: Post) -> ThreadTerms:
    return ThreadTerms.objects.filter(post=post).first() or ThreadTerms(post=post)


def _set(post: Post, **terms: Any) -> None:
    ThreadTerms.objects.update_or_create(post=post, defaults=terms)


def _said(terms: ThreadTerms, *names: str) -> dict[str, Any]:
    said = {name: getattr(terms, name) for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}


def _moment(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


@transaction.atomic
def _change_terms(action: str, post: Post, moderator, reason: str, **change: Any) -> Action | None:
    Post.objects.select_for_update(no_key=True).get(pk=post.pk)
    terms = _terms(post)
    before = _said(terms, *change)
    if all(getattr(terms, name) == value for name, value in change.items()):
        return None
    _set(post, **change)
    return told.record(moderator, action, post, reason, details=before)


@transaction.atomic
def _terms_back(post: Post, moderator, reason: str, action: Action) -> Action | None:
    Post.objects.select_for_update(no_key=True).get(pk=post.pk)
    was = {name: _moment(value) if name.endswith("_at") else value for name, value in action.details.items()}
    _set(post, **was)
    return told.record(moderator, f"undo {action.action}", post, reason, undoes=action)


def _slow(post: Post, moderator, reason: str, *, minutes: int) -> Action | None:
    return _change_terms("slow", post, moderator, reason, slow_minutes=minutes)


def _close(post: Post, moderator, reason: str, *, days: timedelta) -> Action | None:
    return _change_terms("close", post, moderator, reason, closes_at=timezone.now() + days if days else None)


@transaction.atomic
def _duplicate(post: Post, moderator, reason: str, *, of: Post) -> Action | None:
    locked = Post.objects.select_for_update(no_key=True).get(pk=post.pk)
    terms = _terms(post)
    if of.pk == post.pk or _terms(of).duplicate_of_id == post.pk:
        raise CannotDo(gettext("A post can't be a duplicate of itself. Nothing was changed."))
    if terms.duplicate_of_id == of.pk:
        return None
    before = {"duplicate_of": terms.duplicate_of_id, "is_locked": locked.is_locked}
    _set(post, duplicate_of=of)
    Post.objects.filter(pk=post.pk).update(is_locked=True)
    return told.record(moderator, "duplicate", post, reason, details=before)


@transaction.atomic
def _not_duplicate(post: Post, moderator, reason: str, action: Action) -> Action | None:
    Post.objects.select_for_update(no_key=True).get(pk=post.pk)
    if _terms(post).duplicate_of_id is None:
        return None
    before = Post.objects.filter(pk=action.details["duplicate_of"]).first()
    _set(post, duplicate_of=before)
    Post.objects.filter(pk=post.pk).update(is_locked=action.details["is_locked"])
    return told.record(moderator, "undo duplicate", post, reason, undoes=action)


# ── Comments ─────────────────────────────────────────────────────────────────────────────────────


def _convert(comment: Comment, moderator, reason: str, *, title: str, category: Category) -> Action | None:
    return branches.split(comment.post, moderator, reason, comments=[comment], title=title, category=category)


SHOWN: dict[str, Any] = {"offered": lambda thing: thing.is_shown}
HIDE = Verb(
    "hide", gettext_noop("Hide"), _named("hide"), _unhide, offered=lambda thing: not thing.is_hidden,
    help=gettext_noop("Out of everyone's sight but the moderators'."),
)  # fmt: skip
UNHIDE = Verb(
    "unhide", gettext_noop("Show again"), _unhide, _named("hide", undo=True),
    offered=lambda thing: thing.is_hidden and not thing.is_waiting,
)  # fmt: skip
APPROVE = Verb(
    "approve", gettext_noop("Let it through"), holding.approve, holding.wait_again,
    offered=lambda thing: thing.is_waiting,
    help=gettext_noop("Everyone sees it, as if it were written now."),
)  # fmt: skip
REJECT = Verb(
    "reject", gettext_noop("Don't let it through"), holding.reject, holding.wait_again,
    offered=lambda thing: thing.is_waiting,
    help=gettext_noop("It stays out of sight, and its author reads your reason."),
)  # fmt: skip

APPROVE_EDIT = Verb(
    "approve-edit", gettext_noop("Let the edit through"), waiting_edits.approve, waiting_edits.wait_again,
    forms.SeenForm, offered=lambda thing: waiting_edits.that_waits(thing) is not None, in_bulk=False,
    initial=lambda thing: {"seen": thing.version}, help=gettext_noop("Everyone reads the new words from now on."),
)  # fmt: skip
REJECT_EDIT = Verb(
    "reject-edit", gettext_noop("Don't let the edit through"), waiting_edits.reject, waiting_edits.wait_again,
    offered=lambda thing: waiting_edits.that_waits(thing) is not None, in_bulk=False,
    help=gettext_noop("What everyone reads stays as it is, and the author reads your reason beside the new words."),
)  # fmt: skip

OF_POSTS = (
    APPROVE,
    REJECT,
    APPROVE_EDIT,
    REJECT_EDIT,
    HIDE,
    UNHIDE,
    Verb("lock", gettext_noop("Lock"), _named("lock"), _named("unlock", undo=True),
    offered=lambda post: not post.is_locked,
         help=gettext_noop("Nobody can answer or edit; everything stays readable.")),
    Verb("unlock", gettext_noop("Unlock"), _named("unlock"), _named("lock", undo=True),
    offered=lambda post: post.is_locked),
    Verb("pin", gettext_noop("Pin"), _pin, _pinned_as_before, forms.PinForm, **SHOWN),
    Verb("unpin", gettext_noop("Unpin"), _unpin, _pinned_as_before, offered=lambda post: post.is_pinned),
    Verb("move", gettext_noop("Move"), _move, _move_back, forms.MoveForm),
    Verb("retag", gettext_noop("Change the tags"), _retag, _tags_back, forms.RetagForm, **SHOWN,
         initial=lambda post: {"tags": [tag.name for tag in post.tags.all()]}),
    Verb("slow", gettext_noop("Slow mode"), _slow, _terms_back, forms.SlowForm,
         initial=lambda post: {"minutes": _terms(post).slow_minutes or None}),
    Verb("close", gettext_noop("Close later"), _close, _terms_back, forms.CloseForm),
    Verb("duplicate", gettext_noop("Mark as a duplicate"), _duplicate, _not_duplicate, forms.DuplicateForm, **SHOWN,
         help=gettext_noop("It is locked, and names the post that was there first.")),
    Verb("merge", gettext_noop("Merge into another post"), branches.merge, branches.unmerge, forms.MergeForm, **SHOWN,
         help=gettext_noop(
             "It becomes a comment there, with its comments under it; its address leads on, its followers go "
             "along, and its poll stays open behind a link."
         )),
    Verb("split", gettext_noop("Split off comments"), branches.split, branches.unsplit, forms.SplitForm,
         in_bulk=False, **SHOWN),
    Verb("edit", gettext_noop("Edit the words"), rewording.reword, rewording.put_back, forms.RewordPostForm,
         in_bulk=False, **SHOWN,
         initial=lambda post: {"title": post.title, "body": post.text.body},
         help=gettext_noop("Everyone sees a note that a moderator did, with the reason.")),
)  # fmt: skip
OF_COMMENTS = (
    APPROVE,
    REJECT,
    APPROVE_EDIT,
    REJECT_EDIT,
    HIDE,
    UNHIDE,
    Verb("edit",
    gettext_noop("Edit the words"), rewording.reword, rewording.put_back, forms.RewordCommentForm, in_bulk=False,
         **SHOWN, initial=lambda comment: {"body": comment.text.body},
         help=gettext_noop("Everyone sees a note that a moderator did, with the reason.")),
    Verb("convert", gettext_noop("Make it a post"), _convert, None, forms.ConvertForm, in_bulk=False, **SHOWN,
         help=gettext_noop("With everything under it. Undone where it was: at the post it stood in.")),
)  # fmt: skip

POSTS = Moderable(
    kind="post",
    name="post",
    model=Post,
    rows=lambda: Post.objects.select_related("author", "category", "text", "terms", "waiting_edit__category"),
    may=lambda user, post: moderates(user, post.category_id),
    verbs=OF_POSTS,
    edit_of=showing_edits.proposed,
    beside=showing_edits.beside,
    beside_template="forum/_edit_to_decide.html",
)
COMMENTS = Moderable(
    kind="comment",
    name="comment",
    model=Comment,
    rows=lambda: Comment.objects.select_related("author", "post__category", "text", "terms", "waiting_edit"),
    may=lambda user, comment: moderates(user, comment.post.category_id),
    verbs=OF_COMMENTS,
    edit_of=showing_edits.proposed,
    beside=showing_edits.beside,
    beside_template="forum/_edit_to_decide.html",
)
PICTURES = Moderable(
    kind="picture",
    name="picture",
    model=Picture,
    rows=lambda: Picture.objects.filter(removed_at__isnull=True).select_related("owner"),
    may=lambda user, picture: user.is_moderator,
    verbs=(
        HIDE, UNHIDE,
        Verb("remove", gettext_noop("Remove for good"), _named("remove"), help=gettext_noop(
            "Its files are deleted. This can't "
            "be undone."
        )),
    ),
)  # fmt: skip
