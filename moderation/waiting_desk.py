"""The desk's list of what waits: decided one after the other or in bulk, by the verbs of ``moderation.acting``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html

from common.looking import LookOnly
from common.text import clean_line, shortened
from moderation import acting, bulk, lens, log, record, reporting, trust
from moderation.acting import CannotDo, NothingToDo
from moderation.forms import ReasonForm
from moderation.models import Held, ReasonTemplate

WITHIN = "Looked at, and within the rules."  # the reason of an approval that gives none
OPENING = 120  # characters of the words in the list


class HeldFilter(admin.SimpleListFilter):
    """The queue, unless somebody asks for what is done."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("waiting", "Waiting"), ("done", "Decided")]

    def choices(self, changelist):
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request, rows):
        waiting = {"state": Held.State.WAITING}
        return rows.exclude(**waiting) if self.value() == "done" else rows.filter(**waiting)


def edit_of(held: Held) -> Any:
    """The edit that waits, or waited, beside its thing; None where it is the thing itself."""
    kind, thing = acting.moderable(held.kind), held.thing
    return kind.edit_of(thing) if kind and thing and not thing.is_waiting else None


def words_of(held: Held) -> str:
    facts = reporting.reportables.get(held.kind)
    thing: Any = held.thing
    if not facts or not thing or thing.is_deleted:
        return ""
    edit = edit_of(held)
    return edit.words if edit else facts.words(thing)


@admin.register(Held)
class HeldAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("opening", "kind", "by", "reasons", "lens_says", "held_at", "state")
    list_filter = (HeldFilter, "kind")
    search_fields = ("author__username", "said")
    list_select_related = ("author",)
    ordering = ("-concern", "pk")
    list_per_page = 50
    actions = ("approve", "reject")
    action_form = bulk.BulkForm
    change_form_template = "admin/moderation/held/change_form.html"

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .prefetch_related(GenericPrefetch("thing", [kind.rows() for kind in acting.that_can("approve")]))
        )

    def get_actions(self, request):
        return super().get_actions(request) if request.user.has_perm("moderation.decide_held") else {}

    @admin.display(description="words")
    def opening(self, held: Held) -> str:
        return shortened(" ".join(words_of(held).split()), OPENING) or "It is gone."

    @admin.display(description="author")
    def by(self, held: Held) -> str:
        thing: Any = held.thing
        return f"{thing.byline} (posted without a name)" if thing and thing.byline.is_masked else str(held.author or "")

    @admin.display(description="read early", ordering="concern")
    def lens_says(self, held: Held) -> str:
        return ", ".join(lens.look(words_of(held)).badges) if held.concern else ""

    @admin.display(description="why")
    def reasons(self, held: Held) -> str:
        return held.reasons

    # ── Many at once ─────────────────────────────────────────────────────────────────────────────

    @admin.action(description="Let through")
    def approve(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        self._all(request, rows, "approve", clean_line(request.POST.get("reason", ""))[:500] or WITHIN)
        return None

    @admin.action(description="Don't let through")
    def reject(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        form = ReasonForm(request.POST if request.POST.get("reason") or "apply" in request.POST else None)
        if not form.is_valid():
            return bulk.ask(self, request, rows, "reject", "Don't let through", [form])
        self._all(request, rows, "reject", form.cleaned_data["reason"])
        return None

    def _all(self, request: HttpRequest, rows: Any, verb: str, reason: str) -> None:
        done, refused = 0, []
        with log.batch() as mark:
            for held in rows.order_by("pk"):
                try:
                    self._do(request, held, verb, reason)
                    done += 1
                except NothingToDo:
                    continue
                except (CannotDo, PermissionDenied) as cannot:
                    refused.append(str(cannot))
        said, level = bulk.in_words(done, refused)
        address = f"{reverse('admin:moderation_action_changelist')}?batch={mark}"
        link = format_html(' <a href="{}">Look at it, or undo it</a>', address) if done else ""
        self.message_user(request, format_html("{}{}", said, link), level)

    # ── One after the other ──────────────────────────────────────────────────────────────────────

    def get_urls(self):
        act, following = self.admin_site.admin_view(self.act), self.admin_site.admin_view(self.following)
        return [
            path("<int:pk>/decide/<slug:verb>/", act, name="moderation_held_act"),
            path("<int:pk>/next/", following, name="moderation_held_next"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        held = self.get_object(request, unquote(object_id))
        return super().change_view(request, object_id, form_url, self._context(request, held) if held else None)

    def _context(self, request: HttpRequest, held: Held) -> dict[str, Any]:
        author, thing = held.author, held.thing
        before = Held.objects.filter(author=author).exclude(pk=held.pk).order_by().values_list("state")
        return {
            "held": held,
            "thing": thing,
            "shown": reporting.reportables[held.kind].words(thing) if thing and not thing.is_deleted else "",
            "address": thing.get_absolute_url() if thing else "",
            "edit": edit_of(held),
            "words": words_of(held),
            "concern": lens.look(words_of(held)),
            "help_lines": settings.HELP_LINES,
            "author": author,
            "level": trust.level_of(author) if author else 0,
            "record": record.of(author) if author else None,
            "before": dict(before.annotate(count=Count("pk"))) if author else {},
            "may_decide": held.is_waiting and self._may(request, held),
            "templates": ReasonTemplate.objects.all(),
        }

    def _may(self, request: HttpRequest, held: Held) -> bool:
        facts, thing = reporting.reportables.get(held.kind), held.thing
        # Nobody lets their own words through.
        return bool(
            request.user.has_perm("moderation.decide_held")
            and facts
            and isinstance(thing, Model)
            and not facts.is_by(thing, request.user)  # type: ignore[arg-type]
        )

    def _do(self, request: HttpRequest, held: Held, verb: str, reason: str) -> None:
        kind = acting.moderable(held.kind)
        chosen, thing = (
            kind.verb(verb) if kind else None,
            kind.rows().filter(pk=held.object_id).first() if kind else None,
        )
        if chosen is None or thing is None or not self._may(request, held):
            raise PermissionDenied("Some of it is not yours to decide, or is gone.")
        values: dict[str, Any] = {}
        if (edit := kind.edit_of(thing)) and edit.is_waiting and not thing.is_waiting:  # type: ignore[union-attr]
            chosen = kind.verb(f"{verb}-edit")  # type: ignore[union-attr]
            values["seen"] = int(seen) if (seen := request.POST.get("seen", "")).isdecimal() else thing.version
        acting.act(chosen, thing, request.user, reason, **values)  # type: ignore[arg-type]

    def act(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """One decision, by POST; then on to the next that waits. Letting through needs no reason."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        held = get_object_or_404(Held, pk=pk)
        if verb not in ("approve", "reject"):
            raise PermissionDenied("What waits is let through, or not.")
        reason = clean_line(request.POST.get("reason", ""))[:500] or (WITHIN if verb == "approve" else "")
        if not reason:
            self.message_user(request, "Give a reason, which its author reads. Nothing was changed.", messages.ERROR)
            return redirect("admin:moderation_held_change", pk)
        try:
            self._do(request, held, verb, reason)
        except NothingToDo:
            self.message_user(request, "Somebody else has decided this in the meantime.", messages.WARNING)
            return redirect("admin:moderation_held_change", pk)
        except CannotDo as cannot:
            self.message_user(request, str(cannot), messages.ERROR)
            return redirect("admin:moderation_held_change", pk)
        self.message_user(request, "Done.", messages.SUCCESS)
        return self._next(held)

    def following(self, request: HttpRequest, pk: int) -> HttpResponse:
        """On to the next in the queue after this one, which stays as it is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._next(get_object_or_404(Held, pk=pk))

    def _next(self, held: Held) -> HttpResponse:
        waiting = Held.objects.filter(state=Held.State.WAITING).exclude(pk=held.pk)
        after = waiting.filter(concern=held.concern, pk__gt=held.pk) | waiting.filter(concern__lt=held.concern)
        found = after.order_by("-concern", "pk").first() or waiting.order_by("-concern", "pk").first()
        return (
            redirect("admin:moderation_held_change", found.pk)
            if found
            else redirect("admin:moderation_held_changelist")
        )
