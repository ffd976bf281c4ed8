"""The desk's own log, to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse

from accounts.admin import MemberAdmin
from accounts.models import Member
from common.desk import ArrangedAdmin, RecentValuesFilter
from common.looking import LookOnly
from common.text import shortened
from moderation import acting, appeals, bulk, lens, reporting, rules_desk, waiting_desk  # noqa: F401 - they register lists
from moderation.forms import AppealForm, ReasonForm
from moderation.models import Action, Appeal, AuditEntry, Case, ReasonTemplate, Report

EXCERPT = 90  # characters of what was reported that its line in the queue shows


@admin.register(Action)
class ActionAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("acted_at", "moderator", "action", "label", "reason", "is_undone")
    list_filter = (("action", RecentValuesFilter), "acted_at")
    search_fields = ("label", "reason", "moderator__username")
    list_select_related = ("moderator", "undone_by")
    exclude = ("details",)
    action_form = bulk.BulkForm
    actions = ("undo",)

    @admin.display(description="undone", boolean=True)
    def is_undone(self, action: Action) -> bool:
        return hasattr(action, "undone_by")

    @admin.action(description="Undo")
    def undo(self, request: HttpRequest, actions) -> HttpResponse | None:
        """Take back each of the chosen lines whose thing this moderator may act on."""
        reason = ReasonForm(request.POST if request.POST.get("reason") or "apply" in request.POST else None)
        if not reason.is_valid():
            return bulk.ask(self, request, actions, "undo", "Undo", [reason])
        done, refused = 0, []
        # The newest first: what was done on top of something else goes first.
        for action in actions.select_related("content_type").order_by("-pk"):
            kind = acting.moderable_of(action.content_type.model_class())
            thing = kind.rows().filter(pk=action.object_id).first() if kind else None
            if thing is None or kind is None or not kind.may(request.user, thing):
                refused.append("Some of it is not yours to undo.")
                continue
            try:
                acting.undo(action, request.user, reason.cleaned_data["reason"])
                done += 1
            except acting.NothingToDo:
                continue
            except acting.CannotDo as cannot:
                refused.append(str(cannot))
        said, level = bulk.in_words(done, refused)
        self.message_user(request, said, level)
        return None


@admin.register(ReasonTemplate)
class ReasonTemplateAdmin(ArrangedAdmin):
    list_display = ("text", "position")


@admin.register(AuditEntry)
class AuditEntryAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("logged_at", "event", "actor", "target_type", "target_id", "request_id")
    list_filter = (("event", RecentValuesFilter), "logged_at")
    search_fields = ("=actor", "=target_id", "=request_id")
    search_help_text = "The whole number of a member or of a thing, or the reference of a request"

    def has_view_permission(self, request, obj=None) -> bool:
        """Admins only: who signed in when is nobody else's business."""
        return bool(request.user.is_active and request.user.is_superuser)


class WaitingFilter(admin.SimpleListFilter):
    """The queue, unless somebody asks for what is done."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("waiting", "Waiting"), ("mine", "Claimed by me"), ("escalated", "For the admins"), ("done", "Decided")]

    def choices(self, changelist):
        yield from list(super().choices(changelist))[1:]  # "All" would mix what waits with what is done

    def queryset(self, request, cases):
        waiting = cases.filter(state__in=Case.WAITING)
        if self.value() == "mine":
            return waiting.filter(claimed_by=request.user)
        if self.value() == "escalated":
            return waiting.filter(state=Case.State.ESCALATED)
        return cases.exclude(state__in=Case.WAITING) if self.value() == "done" else waiting


@admin.register(Case)
class CaseAdmin(LookOnly, admin.ModelAdmin):
    """The queue of reports: what was reported most, by those who are mostly right, stands first."""

    list_display = ("what", "kind", "author", "reasons", "stands", "opened_at")
    list_filter = (WaitingFilter, ("kind", RecentValuesFilter), "reports__reason")
    search_fields = ("label", "author__username")
    list_select_related = ("author", "claimed_by")
    ordering = ("-concern", "-weight", "pk")
    change_form_template = "admin/moderation/case/change_form.html"

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("reports")

    @admin.display(description="what was reported")
    def what(self, case: Case) -> str:
        return shortened(" ".join(case.words.split()), EXCERPT) or case.label

    @admin.display(description="reasons")
    def reasons(self, case: Case) -> str:
        """Each reason once, with how many gave it where that is more than one."""
        given = Counter(report.get_reason_display() for report in case.reports.all())
        return ", ".join(f"{reason} ({count})" if count > 1 else reason for reason, count in given.items())

    @admin.display(description="state", ordering="state")
    def stands(self, case: Case) -> str:
        return f"{case.get_state_display()} by {case.claimed_by}" if case.claimed_by else case.get_state_display()

    def get_urls(self):
        act = self.admin_site.admin_view(self.act)
        return [path("<int:pk>/decide/<slug:verb>/", act, name="moderation_case_act"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        case = self.get_object(request, unquote(object_id))
        return super().change_view(request, object_id, form_url, self._context(request, case) if case else None)

    def _context(self, request: HttpRequest, case: Case) -> dict[str, Any]:
        facts, author = reporting.reportables.get(case.kind), case.author
        return {
            "case": case,
            "concern": lens.look(case.words),
            "help_lines": settings.HELP_LINES,
            "facts": facts,
            "thing": case.thing,
            "words_now": facts.words(case.thing) if facts and case.thing else "",
            "reports": case.reports.select_related("reporter"),
            "record": Case.objects.filter(author=author).exclude(pk=case.pk).order_by("-pk")[:10] if author else [],
            "record_counts": dict(
                Case.objects.filter(author=author).values_list("state").annotate(count=Count("pk")).order_by()
            )
            if author
            else {},
            "may_decide": self._may_decide(request, case),
            "notes": author.moderators_notes.select_related("author")[:10] if author else [],
            "moderable": acting.moderable_of(case.thing) if case.thing else None,
            "form": ReasonForm(),
        }

    def _may_decide(self, request: HttpRequest, case: Case) -> bool:
        if case.state == Case.State.ESCALATED and not request.user.is_superuser:
            return False
        # Nobody decides about themselves.
        facts = reporting.reportables.get(case.kind)
        is_own = case.author_id == request.user.pk or bool(
            facts and case.thing and facts.is_by(case.thing, request.user)
        )
        return request.user.has_perm("moderation.decide_case") and not is_own

    def act(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """One decision, by POST, with a reason (claiming needs none); then on to the next case that waits."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = get_object_or_404(Case, pk=pk)
        decisions: dict[str, Callable[[str], None]] = {
            "claim": lambda reason: reporting.claim(case, request.user),
            "uphold": lambda reason: reporting.uphold(case, request.user, reason),
            "agree": lambda reason: reporting.uphold(case, request.user, reason, hide=False),
            "reject": lambda reason: reporting.reject(case, request.user, reason),
            "escalate": lambda reason: reporting.escalate(case, request.user, reason),
            "reopen": lambda reason: reporting.reopen(case, request.user, reason),
        }
        if verb not in decisions or not self._may_decide(request, case):
            raise PermissionDenied("You can't decide this case.")
        here = reverse("admin:moderation_case_change", args=[pk])
        form = ReasonForm(request.POST)
        if verb != "claim" and not form.is_valid():
            self.message_user(request, " ".join(form.errors["reason"]), messages.ERROR)
            return redirect(here)
        try:
            decisions[verb](form.cleaned_data.get("reason", "") if form.is_valid() else "")
        except reporting.Closed:
            self.message_user(request, "Somebody else has decided this case in the meantime.", messages.WARNING)
            return redirect(here)
        if verb in ("claim", "reopen"):
            return redirect(here)
        self.message_user(request, "Done. This is the next case that waits.", messages.SUCCESS)
        waiting = Case.objects.filter(state__in=(Case.State.OPEN, Case.State.CLAIMED))
        following = waiting.order_by(*self.ordering).first()
        if following is None:
            return redirect("admin:moderation_case_changelist")
        return redirect("admin:moderation_case_change", following.pk)


@admin.register(Report)
class ReportAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("case", "reporter", "reason", "was_right", "reported_at")
    list_filter = ("reason", "was_right")
    search_fields = ("reporter__username", "case__label")
    list_select_related = ("case", "reporter")


admin.site.unregister(Member)


@admin.register(Member)
class ModeratedMemberAdmin(bulk.ModeratedDesk, MemberAdmin):
    """Members at the desk, with what moderators can do to many of them at once."""

    moderate_permission = "moderation.add_sanction"


class AppealFilter(admin.SimpleListFilter):
    """Those that wait for an answer, unless somebody asks for others."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("waiting", "Waiting for us"), ("open", "Open"), ("done", "Decided")]

    def choices(self, changelist):
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request, appeals):
        if self.value() == "done":
            return appeals.exclude(state=Appeal.State.OPEN)
        waiting = appeals.filter(state=Appeal.State.OPEN)
        return waiting if self.value() == "open" else waiting.filter(waits_for_moderators=True)


@admin.register(Appeal)
class AppealAdmin(LookOnly, admin.ModelAdmin):
    """The queue of appeals: those that have waited longest stand first."""

    list_display = ("__str__", "member", "sanction_title", "state", "waits_for_moderators", "opened_at")
    list_filter = (AppealFilter,)
    search_fields = ("sanction__member__username",)
    list_select_related = ("sanction__member",)
    ordering = ("opened_at", "pk")
    change_form_template = "admin/moderation/appeal/change_form.html"

    @admin.display(description="member")
    def member(self, appeal: Appeal) -> str:
        return appeal.sanction.member.username

    @admin.display(description="sanction")
    def sanction_title(self, appeal: Appeal) -> str:
        return appeal.sanction.title

    def get_urls(self):
        answer = self.admin_site.admin_view(self.answer)
        return [path("<int:pk>/answer/", answer, name="moderation_appeal_answer"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        appeal = self.get_object(request, unquote(object_id))
        return super().change_view(request, object_id, form_url, self._context(request, appeal) if appeal else None)

    def _context(self, request: HttpRequest, appeal: Appeal, form: AppealForm | None = None) -> dict[str, Any]:
        return {
            "appeal": appeal,
            "sanction": appeal.sanction,
            "thread": appeal.messages.select_related("author"),
            "notes": appeal.sanction.member.moderators_notes.select_related("author")[:10],
            "may_answer": self._may_answer(request, appeal),
            "form": form or AppealForm(),
        }

    def _may_answer(self, request: HttpRequest, appeal: Appeal) -> bool:
        return request.user.has_perm("moderation.answer_appeal") and appeal.sanction.member_id != request.user.pk

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A moderator's words, by POST; with ``outcome`` they decide."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        appeal = get_object_or_404(Appeal.objects.select_related("sanction"), pk=pk)
        if not self._may_answer(request, appeal):
            raise PermissionDenied("You can't answer this appeal.")
        here = redirect("admin:moderation_appeal_change", pk)
        form, outcome = AppealForm(request.POST), request.POST.get("outcome", "")
        if outcome not in ("", Appeal.State.LIFTED, Appeal.State.KEPT) or not form.is_valid():
            self.message_user(request, " ".join(form.errors.get("words", ["Choose what comes of it."])), messages.ERROR)
            return here
        try:
            appeals.answer(appeal, request.user, form.cleaned_data["words"], outcome=outcome)
        except appeals.Refused as no:
            self.message_user(request, str(no), messages.WARNING)
        else:
            self.message_user(request, "Sent.", messages.SUCCESS)
        return here
