"""Moderating one thing from its page: what can be done to it, what was done, and taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import category_moderators_too
from moderation import acting
from moderation.acting import CannotDo, Moderable, NothingToDo
from moderation.forms import ReasonForm
from moderation.models import Action, ReasonTemplate

DONE_SHOWN = 20  # lines of what was done to a thing


def _found(request: HttpRequest, kind: str, pk: int) -> tuple[Moderable, Any]:
    """The thing, if this member moderates it. Raises ``Http404`` or ``PermissionDenied``."""
    moderable = acting.moderable(kind)
    if moderable is None:
        raise Http404(gettext("This can't be moderated."))
    thing = get_object_or_404(moderable.rows(), pk=pk)
    if not moderable.may(request.user, thing):
        raise PermissionDenied(gettext(moderable.refusal))
    return moderable, thing


@require_safe
@category_moderators_too
def moderate(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """What can be done to the thing, with a form for each verb, and what was done to it."""
    return _page(request, *_found(request, kind, pk))


@require_POST
@category_moderators_too
def act(request: HttpRequest, kind: str, pk: int, verb: str) -> HttpResponseBase:
    """Do one thing, with a reason; back to where the button stood."""
    moderable, thing = _found(request, kind, pk)
    chosen = moderable.verb(verb)
    if chosen is None:
        raise Http404(gettext("A %(name)s can't be treated so.") % {"name": moderable.name})
    reason, values = ReasonForm(request.POST), acting.form_of(chosen, request.POST)
    if not (reason.is_valid() & (values is None or values.is_valid())):
        return _page(request, moderable, thing, failed=(chosen.name, reason, values), status=422)
    try:
        acting.act(
            chosen, thing, request.user, reason.cleaned_data["reason"], **(values.cleaned_data if values else {})
        )
    except NothingToDo:
        messages.info(request, f"Nothing was changed: the {moderable.name} is so already.")
        return _back(request, moderable, thing)
    except CannotDo as refused:
        reason.add_error(None, str(refused))
        return _page(request, moderable, thing, failed=(chosen.name, reason, values), status=422)
    messages.success(request, gettext("Done: %(lower)s.") % {"lower": chosen.label.lower()})
    return _back(request, moderable, thing)


@require_POST
@category_moderators_too
def undo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take one line of the log back, with a reason."""
    action = get_object_or_404(Action.objects.select_related("content_type"), pk=pk)
    kind = acting.moderable_of(action.content_type.model_class())
    if kind is None:
        raise Http404(gettext("This can't be undone from here."))
    moderable, thing = _found(request, kind.kind, action.object_id)
    reason = ReasonForm(request.POST)
    if not reason.is_valid():
        return _page(request, moderable, thing, failed=(f"undo-{pk}", reason, None), status=422)
    try:
        acting.undo(action, request.user, reason.cleaned_data["reason"])
    except NothingToDo:
        messages.info(request, "Nothing was changed: it was undone before, or it is not so any more.")
    except CannotDo as refused:
        reason.add_error(None, str(refused))
        return _page(request, moderable, thing, failed=(f"undo-{pk}", reason, None), status=422)
    else:
        messages.success(request, gettext("Undone."))
    return _back(request, moderable, thing)


def _back(request: HttpRequest, moderable: Moderable, thing: Any) -> HttpResponseBase:
    if request.POST.get("back") == "thing":
        fresh = moderable.rows().get(pk=thing.pk)
        return redirect(moderable.address(fresh))
    return redirect("moderation:moderate", moderable.kind, thing.pk)


def _page(
    request: HttpRequest, moderable: Moderable, thing: Any, *, failed: Any = ("", None, None), status: int = 200
) -> HttpResponse:
    name, refused_reason, refused_form = failed
    verbs = [
        {
            "verb": verb,
            "form": refused_form if verb.name == name else acting.form_of(verb, thing=thing),
            "reason": refused_reason if verb.name == name else None,
        }
        for verb in moderable.verbs
        if verb.offered(thing) or verb.name == name
    ]
    done = [
        {"action": action, "undoing": f"undo-{action.pk}", "can_be_undone": acting.can_be_undone(action)}
        for action in acting.done_to(thing)[:DONE_SHOWN]
    ]
    context = {
        "section": "moderation",
        "moderable": moderable,
        "thing": thing,
        "address": moderable.address(thing),
        "verbs": verbs,
        "done": done,
        "failed": name,
        "refused": refused_reason,
        "templates": ReasonTemplate.objects.all(),
        **moderable.beside(request.user, thing),
    }
    return render(request, "moderation/moderate.html", context, status=status)
