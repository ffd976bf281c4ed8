"""How members are known again at sign-in."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend

from accounts import demo


class MemberBackend(AuthenticationBackend):
    """allauth's backend; a demo account neither signs in nor keeps a session outside the demo."""

    def user_can_authenticate(self, user) -> bool:
        return super().user_can_authenticate(user) and demo.may_sign_in(user)
