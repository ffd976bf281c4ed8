"""The moderators' desk: Django's admin behind the members' own sign-in."""

from __future__ import annotations

from django.contrib import admin


class Desk(admin.AdminSite):
    """The admin site. It has no sign-in of its own, so the members' throttles and checks hold for it too."""

    site_header = site_title = "Studyhall desk"
    index_title = "Moderation and library"
    enable_nav_sidebar = True

    def login(self, request, extra_context=None):
        """Send whoever is not signed in to the members' sign-in; refuse the others."""
        from allauth.account.decorators import secure_admin_login

        return secure_admin_login(super().login)(request, extra_context=extra_context)
