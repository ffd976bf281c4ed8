"""The moderators' desk: Django's admin behind the members' own sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from accounts.permissions import to_second_factor
from common.desk import BoundedPaginator


class Desk(admin.AdminSite):
    """The admin site. It has no sign-in of its own, so the members' throttles and checks hold for it too."""

    site_header = site_title = "Studyhall desk"
    index_title = "Moderation and library"
    enable_nav_sidebar = True

    def register(self, model_or_iterable, admin_class=None, **options):
        """Every list of the desk is bounded, however many rows its table holds."""
        options = {"paginator": BoundedPaginator, "show_full_result_count": False, **options}
        super().register(model_or_iterable, admin_class, **options)

    def index(self, request, extra_context=None):
        """The first page, with how many things wait in each queue."""
        from moderation import queues, spam_check

        known: dict[str, Any] = {"queues": queues.for_user(request.user)}
        if request.user.has_perm("moderation.view_held"):
            known["spam_check"] = spam_check.in_a_line()
        return super().index(request, known | (extra_context or {}))

    def has_permission(self, request) -> bool:
        return super().has_permission(request) and not request.user.lacks_second_factor

    def login(self, request, extra_context=None):
        """Send whoever is not signed in to the members' sign-in, and staff without a second factor to turn it on."""
        from allauth.account.decorators import secure_admin_login

        if request.user.is_authenticated and request.user.lacks_second_factor:
            return to_second_factor(request)
        return secure_admin_login(super().login)(request, extra_context=extra_context)
