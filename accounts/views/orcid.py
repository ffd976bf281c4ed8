"""Signing in by ORCID: allauth's pages, which are not there where the site has no keys."""

from __future__ import annotations

from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.socialaccount import views as allauth
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.orcid.views import oauth2_callback, oauth2_login
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from accounts import names, orcid
from accounts.permissions import View

__all__ = ["callback", "connections", "login", "signup"]


def where_it_is_on(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not orcid.is_on():
            raise Http404(gettext("Signing in by ORCID is off here."))
        return view(request, *args, **kwargs)

    return guarded


class SignupView(allauth.SignupView):
    """allauth's, in one transaction, with 422 for what does not fit."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:  # another request took the name in this very moment
            form.add_error("username", names.TAKEN)
            return self.form_invalid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=HTTPStatus.UNPROCESSABLE_ENTITY)


class ConnectionsView(allauth.ConnectionsView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = SocialAccount.objects.filter(user=self.request.user.pk)
        return {**super().get_context_data(**kwargs), "connected": list(mine)}


login = where_it_is_on(oauth2_login)
callback = where_it_is_on(oauth2_callback)
signup = where_it_is_on(SignupView.as_view())
connections = where_it_is_on(ConnectionsView.as_view())
