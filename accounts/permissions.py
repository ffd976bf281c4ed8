"""Who may open a page: decorators for views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def librarians_only(view: View) -> View:
    """Send a guest to sign in, answer 403 to members who are no librarians."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_librarian:  # type: ignore[union-attr]
            raise PermissionDenied("Only librarians may do this.")
        return view(request, *args, **kwargs)

    return guarded
