"""Members on the moderators' desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm, UsernameField
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse

from accounts import factors_desk, names  # noqa: F401 - the former registers a list
from accounts.models import Flair, Member
from accounts.models.leaving import is_taken


class NameMixin:
    """Refuses a name that looks like another member's with a sentence, before the database does."""

    cleaned_data: dict[str, Any]
    instance: Member

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if is_taken(username, besides=self.instance.pk):
            raise forms.ValidationError(names.TAKEN)
        return username


class MemberCreationForm(NameMixin, AdminUserCreationForm):
    class Meta(AdminUserCreationForm.Meta):
        model = Member
        fields = ("username", "email")


class MemberChangeForm(NameMixin, UserChangeForm):
    class Meta:
        model = Member
        fields = ("username", "email", "bio")
        field_classes = {"username": UsernameField}


@admin.register(Member)
class MemberAdmin(UserAdmin):
    """Administrators manage accounts. Moderators see who a member is here, and may mend an offensive bio.

    What a moderator never sees or reaches, here or by a filter in the address: e-mail addresses, passwords, rights,
    and any change to staff.
    """

    form = MemberChangeForm
    add_form = MemberCreationForm
    list_display = ("username", "joined_at", "last_login", "is_active", "is_staff", "is_superuser")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups", "date_joined")
    list_per_page = 50
    ordering = ("-date_joined", "-pk")
    search_fields = ("username", "email")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "email", "password")}),
        ("Profile", {"fields": ("bio",)}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),)
    moderator_fieldsets = (
        (None, {"fields": ("username", "bio")}),
        ("State", {"fields": ("is_active", "is_staff", "last_login", "date_joined")}),
    )
    private_lookups = ("email", "password", "emailaddress", "user_permissions")

    @admin.display(description="joined", ordering="date_joined")
    def joined_at(self, member: Member):
        return member.date_joined

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        if request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return self.moderator_fieldsets

    def get_list_display(self, request: HttpRequest) -> Any:
        return (*self.list_display, "email") if request.user.is_superuser else self.list_display

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self.search_fields if request.user.is_superuser else ("username",)

    def get_readonly_fields(self, request: HttpRequest, obj: Member | None = None) -> Any:
        if request.user.is_superuser:
            return self.readonly_fields
        return ("username", "is_active", "is_staff", "last_login", "date_joined")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Without this, ``?email__startswith=a`` would read addresses letter by letter."""
        if not request.user.is_superuser and lookup.partition("__")[0] in self.private_lookups:
            return False
        return super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        if obj is not None and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        return request.user.is_superuser

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).defer("bio", "bio_html")


@admin.register(Flair)
class FlairAdmin(admin.ModelAdmin):
    """Moderators grant it, never to themselves. The desk's log keeps who did."""

    list_display = ("member", "words", "granted_by", "granted_at", "is_shown")
    list_select_related = ("member", "granted_by")
    search_fields = ("member__username", "words")
    fields = ("member", "words", "proof")
    autocomplete_fields = ("member",)

    def get_readonly_fields(self, request: HttpRequest, obj: Flair | None = None) -> Any:
        return ("member",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Flair, form: Any, change: bool) -> None:
        if obj.member_id == request.user.pk:
            raise PermissionDenied("Nobody grants flair to themselves.")
        obj.granted_by_id = request.user.pk
        super().save_model(request, obj, form, change)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        for flair in queryset:
            flair.delete()
