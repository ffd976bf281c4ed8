"""Who may open a page: decorators for views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext

View = Callable[..., HttpResponseBase]


def to_second_factor(request: HttpRequest) -> HttpResponseBase:
    """The answer for who serves here without a second factor: to the page that turns it on."""
    messages.warning(request, gettext("Whoever serves here signs in with a second factor. Turn it on to go on."))
    return redirect("mfa_activate_totp")


def _refusal(request: HttpRequest, may: Callable[[Any], bool], words: str) -> HttpResponseBase | None:
    """The answer for who may not: to sign in for a guest; 403 with these words (raised) for a member. None for who may.

    Whoever serves here without a second factor is sent to turn it on.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.user.lacks_second_factor:
        return to_second_factor(request)
    if not may(request.user):
        raise PermissionDenied(words)
    return None


def refusal_of_others(request: HttpRequest) -> HttpResponseBase | None:
    """The answer for who is no librarian, as ``_refusal`` gives it."""
    return _refusal(request, lambda user: user.is_librarian, gettext("Only librarians may do this."))


def _let_in(view: View, may: Callable[[Any], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refusal = _refusal(request, may, gettext("Only moderators may do this."))
        return view(request, *args, **kwargs) if refusal is None else refusal

    return guarded


def moderators_only(view: View) -> View:
    """Send a guest to sign in, staff without a second factor to turn it on; 403 for members who do not moderate."""
    return _let_in(view, lambda user: user.is_moderator)


def category_moderators_too(view: View) -> View:
    """As ``moderators_only``, and category moderators come in: what each may act on the view asks of the thing."""
    return _let_in(view, lambda user: user.is_moderator or user.moderates_categories)


def librarians_only(view: View) -> View:
    """Send a guest to sign in, answer 403 to members who are no librarians."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refusal = refusal_of_others(request)
        return view(request, *args, **kwargs) if refusal is None else refusal

    return guarded
