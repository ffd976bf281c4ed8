"""The mails of a site without a mail server."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notices import mailbox


@require_safe
@never_cache
def mail_page(request: HttpRequest) -> HttpResponse:
    """The mails of a site that runs on one machine without a mail server. Production has no such page."""
    if settings.PRODUCTION:
        raise Http404
    return render(request, "notices/mail.html", {"mails": mailbox.landed(), "transport": settings.MAIL_TRANSPORT})
