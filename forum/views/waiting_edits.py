"""Taking back an edit that waits for a moderator."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from forum import waiting_edits
from forum.models import Comment, Post


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The author's words that wait, or were not let through, go; what everybody reads stays as it is."""
    readable: Any = (Post if kind == "post" else Comment).objects.readable_by(request.user)
    thing = get_object_or_404(readable, pk=pk)
    if not thing.is_by(request.user):
        raise PermissionDenied(gettext("Only its author can take an edit back."))
    if waiting_edits.take_back(thing):
        messages.success(request, gettext("The words of your edit are gone. What everyone reads is as it was."))
    return redirect(thing)
