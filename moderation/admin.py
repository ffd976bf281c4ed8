"""The desk's own log, to read."""

from __future__ import annotations

from django.contrib import admin

from common.looking import LookOnly
from moderation.models import Action


@admin.register(Action)
class ActionAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("acted_at", "moderator", "action", "label", "reason")
    list_filter = ("action", "acted_at")
    search_fields = ("label", "reason", "moderator__username")
    list_select_related = ("moderator",)
    show_full_result_count = False
