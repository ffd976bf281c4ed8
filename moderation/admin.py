"""The desk's own log, to read."""

from __future__ import annotations

from django.contrib import admin

from common.looking import LookOnly
from moderation.models import Action, AuditEntry


@admin.register(Action)
class ActionAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("acted_at", "moderator", "action", "label", "reason")
    list_filter = ("action", "acted_at")
    search_fields = ("label", "reason", "moderator__username")
    list_select_related = ("moderator",)
    show_full_result_count = False


@admin.register(AuditEntry)
class AuditEntryAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("logged_at", "event", "actor", "target_type", "target_id", "request_id")
    list_filter = ("event", "logged_at")
    search_fields = ("=actor", "=target_id", "=request_id")
    search_help_text = "The whole number of a member or of a thing, or the reference of a request"
    show_full_result_count = False

    def has_view_permission(self, request, obj=None) -> bool:
        """Admins only: who signed in when is nobody else's business."""
        return bool(request.user.is_active and request.user.is_superuser)
