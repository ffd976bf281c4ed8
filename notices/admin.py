"""The desk of notices: which mails were given up."""

from __future__ import annotations

from django.contrib import admin

from common.looking import LookOnly
from notices.models import RefusedMail


@admin.register(RefusedMail)
class RefusedMailAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("given_up_at", "member", "domain", "about", "answer", "tries")
    list_filter = ("given_up_at", "about")
    search_fields = ("member__username", "domain")
    list_select_related = ("member",)
    show_full_result_count = False

    def has_view_permission(self, request, obj=None) -> bool:
        """Admins only: whom no mail reaches is nobody else's business."""
        return bool(request.user.is_active and request.user.is_superuser)
