"""Who may open a page: decorators for views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

View = Callable[..., HttpResponseBase]


def librarians_only(view: View) -> View:
    """Send a guest to sign in, answer 403 to members who are no librarians."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.lacks_second_factor:  # type: ignore[union-attr]
            messages.warning(request, "Whoever serves here signs in with a second factor. Turn it on to go on.")
            return redirect("mfa_activate_totp")
        if not request.user.is_librarian:  # type: ignore[union-attr]
            raise PermissionDenied("Only librarians may do this.")
        return view(request, *args, **kwargs)

    return guarded
