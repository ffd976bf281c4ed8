"""What moderators can do to things: one table of verbs, used by the page itself, by the desk, and to undo.

Upper floors register what can be moderated (``register``, in their app's ``ready``); nothing here knows what those
things are. A verb writes its line of the log with what it needs to be undone (``log.record(..., details=…)``), in the
transaction of the deed. Undoing is a deed of its own, with a reason and a line that names what it undid; the log only
ever grows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext, gettext_noop

from accounts.models import Member
from moderation.models import Action


class NothingToDo(Exception):
    """The thing is already so, or is not so any more: nothing was changed, and nothing is logged."""


class CannotDo(Exception):
    """The deed makes no sense for this thing; the text says why."""


Do = Callable[..., Action | None]
Undo = Callable[[Any, Member, str, Action], Action | None]


PAGES = (  # of what is moderated, by its name
    gettext_noop("Moderate this post"), gettext_noop("Moderate this comment"), gettext_noop("Moderate this picture"),
    gettext_noop("Moderate this summary"), gettext_noop("Moderate this member"),
)  # fmt: skip


@dataclass(frozen=True)
class Verb:
    """One thing that can be done.

    ``do(thing, moderator, reason, **values)`` does it and gives its line of the log, None where it was so already;
    ``values`` are what ``form`` asks for. ``undo(thing, moderator, reason, action)`` takes that one line back.
    ``offered`` says whether it would change anything; ``in_bulk`` whether the desk offers it for many at once;
    ``initial`` is what stands in the form at first.
    """

    name: str
    label: str
    do: Do
    undo: Undo | None = None
    form: type[forms.Form] | None = None
    offered: Callable[[Any], bool] = lambda thing: True
    help: str = ""
    in_bulk: bool = True
    initial: Callable[[Any], dict[str, Any]] = lambda thing: {}


@dataclass(frozen=True)
class Moderable:
    """A kind of thing that can be moderated: ``kind`` stands in addresses, ``name`` in sentences.

    ``rows`` gives all of them with what the page shows; ``may`` says whether this member may act on this thing, and
    ``refusal`` what is said to who may not. ``beside(user, thing)`` gives what ``beside_template`` shows with the
    verbs. ``edit_of`` gives the edit that waits beside the thing or was rejected: its ``words``, ``version``,
    ``changes``, whether it ``is_waiting`` and ``is_behind``.
    """

    kind: str
    name: str
    model: type[models.Model]
    rows: Callable[[], QuerySet[Any]]
    may: Callable[[Any, Any], bool]
    verbs: tuple[Verb, ...]
    address: Callable[[Any], str] = field(default=lambda thing: thing.get_absolute_url())
    refusal: str = gettext_noop("You moderate other categories than this one.")
    beside: Callable[[Any, Any], dict[str, Any]] = lambda user, thing: {}
    beside_template: str = ""
    edit_of: Callable[[Any], Any] = lambda thing: None

    def verb(self, name: str) -> Verb | None:
        return next((verb for verb in self.verbs if verb.name == name), None)


_moderables: dict[str, Moderable] = {}


def register(*kinds: Moderable) -> None:
    """Add kinds of things; adding one again changes nothing."""
    for each in kinds:
        _moderables.setdefault(each.kind, each)


def add_verbs(kind: str, *verbs: Verb) -> None:
    """Add what an upper floor can do to a kind of a lower one; adding it again changes nothing."""
    known = _moderables[kind]
    new = tuple(verb for verb in verbs if known.verb(verb.name) is None)
    _moderables[kind] = replace(known, verbs=(*known.verbs, *new))


def moderable(kind: str) -> Moderable | None:
    return _moderables.get(kind)


def that_can(verb: str) -> list[Moderable]:
    """The kinds of things to which this can be done."""
    return [each for each in _moderables.values() if each.verb(verb)]


def moderable_of(thing: Any) -> Moderable | None:
    """The kind that this thing, or model, is of."""
    model = thing if isinstance(thing, type) else type(thing)
    return next((each for each in _moderables.values() if each.model is model), None)


def form_of(verb: Verb, data: QueryDict | Mapping[str, Any] | None = None, thing: Any = None) -> forms.Form | None:
    """The form of what the verb asks for besides a reason, its fields named after the verb; None where it asks nothing.

    Without ``data`` it begins as the ``thing`` is.
    """
    if verb.form is None:
        return None
    return verb.form(data, prefix=verb.name, initial=verb.initial(thing) if thing is not None else None)


@transaction.atomic
def act(verb: Verb, thing: Any, moderator: Member, reason: str, **values: Any) -> Action:
    """Do it, once. Raises ``NothingToDo`` where the thing is so already, ``CannotDo`` where it can't be."""
    action = verb.do(thing, moderator, reason, **values)
    if action is None:
        raise NothingToDo
    return action


@transaction.atomic
def undo(action: Action, moderator: Member, reason: str) -> Action:
    """Take one deed back, once however often and by however many this is called.

    Raises ``NothingToDo`` where it was taken back before or is not so any more, ``CannotDo`` for what can't be undone.
    """
    # The line itself never changes; whoever undoes it at the same moment waits here.
    locked = Action.objects.select_for_update(no_key=True).get(pk=action.pk)
    if Action.objects.filter(undoes=locked).exists():
        raise NothingToDo
    kind = moderable_of(locked.content_type.model_class())
    verb = kind.verb(locked.action) if kind else None
    thing = kind.rows().filter(pk=locked.object_id).first() if kind else None
    if verb is None or verb.undo is None or thing is None or locked.undoes_id:
        raise CannotDo(gettext("This can't be undone from here."))
    undone = verb.undo(thing, moderator, reason, locked)
    if undone is None:
        raise NothingToDo
    return undone


def can_be_undone(action: Action) -> bool:
    """Whether an undo is worth offering, as far as the line alone tells (``undone_by`` is known)."""
    kind = moderable_of(action.content_type.model_class())
    verb = kind.verb(action.action) if kind else None
    return bool(verb and verb.undo and not action.undoes_id and not hasattr(action, "undone_by"))


def done_to(thing: models.Model) -> QuerySet[Action]:
    """What was done to the thing, newest first, each with what undid it."""
    here = {"content_type": ContentType.objects.get_for_model(thing), "object_id": thing.pk}
    return Action.objects.filter(**here).select_related("moderator", "content_type", "undone_by").order_by("-pk")
