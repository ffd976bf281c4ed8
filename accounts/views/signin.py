"""Signing in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.views import LoginView as AllauthLoginView
from django.http import HttpResponse

from accounts.forms import LoginForm

TOO_MANY = "too_many_login_attempts"
RETRY_AFTER = 300  # seconds, the window of ACCOUNT_RATE_LIMITS["login_failed"]


class LoginView(AllauthLoginView):
    """allauth's sign-in, whose answers say what they mean: 422 for what doesn't fit, 429 for too many tries."""

    form_class = LoginForm

    def form_invalid(self, form: Any) -> HttpResponse:
        page = self.get_context_data(form=form)
        if form.has_error("__all__", TOO_MANY):
            return self.render_to_response(
                page, status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(RETRY_AFTER)}
            )
        return self.render_to_response(page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
