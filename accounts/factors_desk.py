"""What the desk shows of allauth's tables: second factors without their secrets, and addresses of mail.

allauth registers every table of its own. A factor's row holds what its codes are made from, a session's where somebody
sat, a token's what another site trusts: nobody has to read them here.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from taggit.models import Tag

from common.looking import LookOnly

for registers in ("allauth.mfa", "allauth.socialaccount", "allauth.usersessions", "taggit"):
    import_module(f"{registers}.admin")
admin.site.unregister([Authenticator, SocialAccount, SocialApp, SocialToken, UserSession, Tag])


@admin.register(Authenticator)
class SecondFactorAdmin(LookOnly, admin.ModelAdmin):
    """Which second factors members have. An admin takes away what a member has lost; the member is told by mail."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    fields = ("user", "type", "created_at", "last_used_at")
    search_fields = ("user__username",)
    TOLD_BY: ClassVar[dict[str, str]] = {
        Authenticator.Type.TOTP: "mfa/email/totp_deactivated",
        Authenticator.Type.WEBAUTHN: "mfa/email/webauthn_removed",
    }

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """Take the factor away, and with the last one the recovery codes: nobody signs in by these alone."""
        with transaction.atomic():
            obj.delete()
            left = Authenticator.objects.filter(user=obj.user)
            if not left.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
                left.delete()
            if template := self.TOLD_BY.get(obj.type):
                whence = {"ip": _("the administrators of this site"), "user_agent": "–"}
                get_adapter(request).send_notification_mail(template, obj.user, whence)

    def delete_queryset(self, request: HttpRequest, queryset) -> None:
        for factor in queryset.select_related("user"):
            self.delete_model(request, factor)
