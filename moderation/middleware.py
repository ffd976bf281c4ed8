"""What stands around every view for moderation's sake."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from common.errors import error_page
from moderation.limits import TooMany


class LimitMiddleware:
    """Answers 429 with the sentence and ``Retry-After`` where a view let ``TooMany`` through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooMany):
            return None
        return error_page(request, 429, str(exception), {"Retry-After": str(exception.wait)})
