"""The desk of notices: which mails were given up, and the jobs that send them and do all other work."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.utils.safestring import mark_safe
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

from common.looking import LookOnly
from notices.models import RefusedMail


@admin.register(RefusedMail)
class RefusedMailAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("given_up_at", "member", "domain", "about", "answer", "tries")
    list_filter = ("given_up_at", "about")
    search_fields = ("member__username", "domain")
    list_select_related = ("member",)

    def has_view_permission(self, request, obj=None) -> bool:
        """Admins only: whom no mail reaches is nobody else's business."""
        return bool(request.user.is_active and request.user.is_superuser)


admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(ProcrastinateJobAdmin):
    """As procrastinate has it, without the styles in its HTML: our policy blocks those, and ``desk.css`` does it."""

    @admin.display(description="Args")
    def pretty_args(self, instance: Any) -> str:
        return _unstyled(super().pretty_args(instance))

    @admin.display(description="Summary")
    def summary(self, instance: Any) -> str:
        return _unstyled(super().summary(instance))


def _unstyled(html: str) -> str:
    """Words in it are escaped, so what looks like an attribute is one."""
    return mark_safe(re.sub(r' style="[^"]*"', "", html))  # noqa: S308
