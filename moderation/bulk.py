"""The desk's side of ``moderation.acting``: the same verbs for many things at once, and undo for many lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from moderation import acting, log
from moderation.acting import CannotDo, NothingToDo, Verb
from moderation.forms import ReasonForm
from moderation.models import ReasonTemplate

SHOWN = 50  # things named on the page that asks; more can be chosen


class BulkForm(ActionForm):
    """Beside the choice of an action: the reason. Without one, and for what asks more, a page of its own asks."""

    reason = forms.CharField(max_length=500, required=False, widget=forms.TextInput(attrs={"placeholder": "Reason"}))


def ask(
    model_admin: admin.ModelAdmin, request: HttpRequest, things: Any, action: str, title: str,
    forms: Iterable[forms.Form | None],
) -> HttpResponse:  # fmt: skip
    """The page between choosing and doing: what was chosen, and what the deed needs."""
    chosen = list(things[: SHOWN + 1])
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.model._meta,
        "things": chosen[:SHOWN],
        "has_more": len(chosen) > SHOWN,
        "ids": list(things.values_list("pk", flat=True)),
        "checkbox": ACTION_CHECKBOX_NAME,
        "action": action,
        "forms": [form for form in forms if form is not None],
        "templates": ReasonTemplate.objects.all(),
    }
    return TemplateResponse(request, "admin/moderation/ask.html", context)


def in_words(done: int, refused: list[str]) -> tuple[str, int]:
    said = f"Done for {done}." if done else "Nothing was changed."
    if refused:
        said += " " + " ".join(dict.fromkeys(refused))
    return said, messages.SUCCESS if done and not refused else messages.WARNING


class ModeratedDesk:
    """For a ``ModelAdmin`` of what is ``acting.Moderable``: every verb that can be done in bulk is an action, and each
    row's page leads to all verbs."""

    action_form = BulkForm
    change_form_template: Any = "admin/moderation/moderated.html"
    moderate_permission = ""
    model: Any

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        kind = acting.moderable_of(self.model)
        if kind is None or not request.user.has_perm(self.moderate_permission):
            return {}
        return {verb.name: (_action(verb), verb.name, verb.label) for verb in kind.verbs if verb.in_bulk}

    def do(self, request: HttpRequest, things: Any, verb: Verb) -> HttpResponse | None:
        """Do it to each of the chosen things, each in a transaction of its own, all found again by one batch."""
        applied = "apply" in request.POST or verb.form is None
        data = request.POST if applied and (request.POST.get("reason") or "apply" in request.POST) else None
        reason, values = ReasonForm(data), acting.form_of(verb, data)
        if data is None or not (reason.is_valid() & (values is None or values.is_valid())):
            return ask(self, request, things, verb.name, verb.label, [values, reason])  # type: ignore[arg-type]
        done, refused = 0, []
        kind = acting.moderable_of(self.model)
        rows = kind.rows().filter(pk__in=things.values("pk")).order_by("pk")  # type: ignore[union-attr]
        with log.batch() as mark:
            for thing in rows:
                if not kind.may(request.user, thing):  # type: ignore[union-attr]
                    refused.append(kind.refusal)  # type: ignore[union-attr]
                    continue
                try:
                    arguments = values.cleaned_data if values else {}
                    acting.act(verb, thing, request.user, reason.cleaned_data["reason"], **arguments)  # type: ignore[arg-type]
                    done += 1
                except NothingToDo:
                    continue
                except CannotDo as cannot:
                    refused.append(str(cannot))
        said, level = in_words(done, refused)
        address = f"{reverse('admin:moderation_action_changelist')}?batch={mark}"
        link = format_html(' <a href="{}">Look at it, or undo it</a>', address) if done else ""
        self.message_user(request, format_html("{}{}", said, link), level)  # type: ignore[attr-defined]
        return None


def _action(verb: Verb) -> Callable[..., HttpResponse | None]:
    return partial(_do, verb=verb)


def _do(desk: Any, request: HttpRequest, things: Any, *, verb: Verb) -> HttpResponse | None:
    return desk.do(request, things, verb)
