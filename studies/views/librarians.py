"""The first page of the librarians' desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import librarians_only
from studies.librarians import QUEUES


@require_safe
@librarians_only
def librarians(request: HttpRequest) -> HttpResponse:
    """What waits for a librarian, queue by queue."""
    queues = [(queue, queue.waiting() if queue.waiting else None) for queue in QUEUES]
    return render(request, "studies/librarians/desk.html", {"section": "librarians", "queues": queues})
