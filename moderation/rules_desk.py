"""The desk of rules and flags: admins try rules before they are on, moderators look at what was flagged."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from common.looking import LookOnly
from common.text import clean_text
from moderation import audit, rules
from moderation.models import Flag, Rule, RuleFiring

DECIDES = ("looks_for", "pattern", "then", "shelves", "below_level")


class RuleForm(forms.ModelForm):
    """A rule, without whether it is on: that is decided on the page that tries it."""

    shelves = forms.TypedMultipleChoiceField(
        label="Categories", coerce=int, required=False, help_text="None chosen: everywhere."
    )

    class Meta:
        model = Rule
        fields = ("name", "looks_for", "pattern", "then", "sentence", "shelves", "below_level")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "shelves" in self.fields:
            self.fields["shelves"].choices = rules.shelves()  # type: ignore[attr-defined]

    def clean_pattern(self) -> str:
        return clean_text(self.cleaned_data["pattern"]).strip()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("looks_for") and data.get("pattern"):
            try:
                rules.check(data["looks_for"], data["pattern"])
            except ValidationError as wrong:
                self.add_error("pattern", wrong)
        if data.get("then") == Rule.Then.REFUSE and not data.get("sentence"):
            self.add_error("sentence", "Say what the author reads: what is wrong, and what they can do.")
        return data


def mark_of(rule: Rule) -> str:
    """What the rule does, as one short word: so that what is switched on is what was tried."""
    return hashlib.sha256(repr([getattr(rule, name) for name in DECIDES]).encode()).hexdigest()[:16]


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin):
    """Admins only. A rule that is changed is off until it was tried again."""

    form = RuleForm
    list_display = ("name", "is_on", "then", "looks_for", "below_level", "fired", "last_fired", "trouble", "try_it")
    list_filter = ("is_on", "then", "looks_for")
    actions = None

    def _is_admin(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request, obj=None) -> bool:
        return self._is_admin(request)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission

    def has_module_permission(self, request) -> bool:
        return self._is_admin(request)

    def get_queryset(self, request) -> QuerySet[Rule]:
        return super().get_queryset(request).annotate(count=Count("firings"), last=Max("firings__fired_at"))

    @admin.display(description="fired")
    def fired(self, rule: Any) -> str:
        address = f"{reverse('admin:moderation_rulefiring_changelist')}?rule__id__exact={rule.pk}"
        return format_html('<a href="{}">{}</a>', address, rule.count)

    @admin.display(description="last")
    def last_fired(self, rule: Any) -> Any:
        return rule.last

    @admin.display(description="try")
    def try_it(self, rule: Rule) -> str:
        address = reverse("admin:moderation_rule_try", args=[rule.pk])
        return format_html(
            '<a href="{}">{}</a>', address, "Look, or switch off" if rule.is_on else "Try, and switch on"
        )

    def save_model(self, request, obj, form, change) -> None:
        if not change or set(form.changed_data) & set(DECIDES):
            obj.is_on, obj.trouble = False, ""
        super().save_model(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None) -> HttpResponse:
        return redirect("admin:moderation_rule_try", obj.pk)

    def response_change(self, request, obj) -> HttpResponse:
        return redirect("admin:moderation_rule_try", obj.pk)

    def get_urls(self):
        tried = self.admin_site.admin_view(self.tried)
        return [path("<int:pk>/try/", tried, name="moderation_rule_try"), *super().get_urls()]

    def tried(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the rule would have done, and a button that switches it on, or off."""
        if not self._is_admin(request):
            raise PermissionDenied
        rule = get_object_or_404(Rule, pk=pk)
        if request.method == "POST":
            return self._switch(request, rule)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Try the rule “{rule}”",
            "opts": self.model._meta,
            "rule": rule,
            "run": rules.dry_run(rule),
            "mark": mark_of(rule),
        }
        return TemplateResponse(request, "admin/moderation/rule/try.html", context)

    def _switch(self, request: HttpRequest, rule: Rule) -> HttpResponse:
        on = request.POST.get("on") == "1"
        if on and request.POST.get("mark") != mark_of(rule):
            self.message_user(request, "The rule was changed since you tried it. Look again.", messages.WARNING)
            return redirect("admin:moderation_rule_try", rule.pk)
        Rule.objects.filter(pk=rule.pk).update(is_on=on, trouble="")
        audit.write("rule on" if on else "rule off", actor=request.user, target=rule, request=request)  # type: ignore[arg-type]
        self.message_user(request, f"“{rule}” is {'on' if on else 'off'}.", messages.SUCCESS)
        return redirect("admin:moderation_rule_changelist")


@admin.register(RuleFiring)
class RuleFiringAdmin(LookOnly, admin.ModelAdmin):
    """The log of which rule fired on what; it holds no words."""

    list_display = ("fired_at", "rule", "then", "kind", "object_id", "author")
    list_filter = ("rule", "then", "fired_at")
    list_select_related = ("rule", "author")

    def has_view_permission(self, request, obj=None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)


class FlagFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("waiting", "To look at"), ("done", "Dismissed")]

    def choices(self, changelist):
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request, flags):
        return flags.filter(dismissed_at__isnull=self.value() != "done")


@admin.register(Flag)
class FlagAdmin(LookOnly, admin.ModelAdmin):
    """What rules and the nightly job found. Whoever was flagged knows nothing of it, and nothing happens by itself."""

    list_display = ("kind", "what", "evidence", "made_at", "dismissed_by")
    list_filter = (FlagFilter, "kind")
    search_fields = ("evidence",)
    list_select_related = ("dismissed_by",)
    ordering = ("-concern", "-pk")
    list_display_links = None
    list_per_page = 50
    actions = ("dismiss", "look_again")

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("thing", "other")

    def get_actions(self, request):
        return super().get_actions(request) if request.user.has_perm("moderation.dismiss_flag") else {}

    @admin.display(description="about")
    def what(self, flag: Flag) -> str:
        thing: Any = flag.thing
        if thing is None:
            return "It is gone."
        link = format_html('<a href="{}">{}</a>', thing.get_absolute_url(), str(thing)[:80])
        other: Any = flag.other
        if other is None:
            return link
        return format_html('{}, and <a href="{}">{}</a>', link, other.get_absolute_url(), str(other)[:80])

    @admin.action(description="Dismiss")
    def dismiss(self, request: HttpRequest, flags: QuerySet[Flag]) -> None:
        done = flags.filter(dismissed_at=None).update(dismissed_at=timezone.now(), dismissed_by=request.user)
        self.message_user(request, f"Dismissed {done}. The same finding is not flagged again.", messages.SUCCESS)

    @admin.action(description="Look at again")
    def look_again(self, request: HttpRequest, flags: QuerySet[Flag]) -> None:
        done = flags.exclude(dismissed_at=None).update(dismissed_at=None, dismissed_by=None)
        self.message_user(request, f"{done} stand in the list again.", messages.SUCCESS)
