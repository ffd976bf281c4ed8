"""Signing up, also when two do it at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.views import SignupView as AllauthSignupView
from django.db import IntegrityError, transaction
from django.http import HttpResponse

from accounts import names
from accounts.forms import SignupForm


class SignupView(AllauthSignupView):
    """allauth's sign-up in one transaction: the member, the address and the mail with the code, or none of them."""

    form_class = SignupForm

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign up. Where another request takes the name or the address in this very moment, answer as if it had been
        taken all along.

        Whoever stood in the way is stored by then, so that asking a fresh form gives the ordinary answer: a sentence
        about the name, or for the address the same "enter the code" that hides who is a member.
        """
        try:
            return self._sign_up(form)
        except IntegrityError:
            form = self.get_form_class()(**self.get_form_kwargs())
            if not form.is_valid():
                return self.form_invalid(form)
        try:
            return self._sign_up(form)
        except IntegrityError:
            form.add_error("username", names.TAKEN)
            return self.form_invalid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=HTTPStatus.UNPROCESSABLE_ENTITY)

    @transaction.atomic
    def _sign_up(self, form: Any) -> HttpResponse:
        return super().form_valid(form)
