"""What our accounts do differently from allauth's."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts import barring, clients, demo, names
from accounts.language import spoken_to
from accounts.models import Leaving, Member
from accounts.models.leaving import is_taken

# One sentence for every way of not fitting, so that it doesn't tell which half was wrong.
MISMATCH = _("This name or e-mail address and this password don't belong together.")

NO_ADDRESS = _(
    "This account has no e-mail address, so nobody can show that it is theirs. Please write to those who run this site."
)


class AccountAdapter(DefaultAccountAdapter):
    """Names that look alike are one name, and mail tells the site's own address whatever the request said."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_taken": names.TAKEN,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "too_many_login_attempts": _("Too many attempts. Please wait five minutes, or reset your password."),
        "incorrect_code": _("This code isn't right. Please compare it with the newest mail we sent you."),
        "incorrect_password": _("This isn't your password."),
        "rate_limited": _("That was too often. Please wait a few minutes and try again."),
    }

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """The name, unchanged. Raises ``ValidationError`` for one that may not be or that looks like a member's."""
        super().clean_username(username, shallow=True)
        if not shallow and is_taken(username):
            raise self.validation_error("username_taken")
        return username

    def pre_login(self, request: HttpRequest, user: Member, **more: Any) -> HttpResponse | None:
        """Where ``user`` may not sign in although the password is right: the page that says so."""
        if leaving := Leaving.objects.filter(member=user.pk, begun_at__isnull=True).first():
            clear_login(request)
            return redirect(leaving.path)
        if page := barring.page_for(user):
            clear_login(request)
            return redirect(page)
        if not demo.may_sign_in(user):
            return self.respond_user_inactive(request, user)
        if not user.email and not EmailAddress.objects.filter(user=user.pk).exists():
            # allauth would go for ever between this page and the one for a code that nobody can be sent.
            clear_login(request)
            messages.error(request, NO_ADDRESS)
            return redirect("account_login")
        return super().pre_login(request, user, **more)

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Never the last one: whoever has none can be sent no code, and not sign in any more."""
        others = EmailAddress.objects.filter(user=email_address.user_id).exclude(pk=email_address.pk)
        return super().can_delete_email(email_address) and (not email_address.pk or others.exists())

    def get_client_ip(self, request: HttpRequest) -> str:
        return clients.client_ip(request)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """The message, with the site named by our settings and never by the request's Host header.

        A member is written to in their language, also where a guest's request asks for it.
        """
        site = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
        named = email if isinstance(email, str) else email[0]
        with spoken_to(context.get("user") or Member.objects.filter(email=named.lower()).first()):
            return super().render_mail(template_prefix, email, {**context, **site}, headers)
