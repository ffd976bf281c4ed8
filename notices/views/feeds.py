"""A member's private feeds: their addresses, and the notifications as Atom."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from common.addresses import absolute
from common.feeds import MOST, Entry, atom
from notices.models import FeedKey, Notification
from notices.private_feeds import all_feeds


@require_safe
@login_required
def private_feeds(request: HttpRequest) -> HttpResponse:
    key = FeedKey.objects.filter(member=request.user.pk).first()
    addresses = [(feed.title, absolute(reverse(feed.route, args=[key.token]))) for feed in all_feeds()] if key else []
    return render(request, "notices/feeds.html", {"addresses": addresses})


@require_POST
@login_required
def renew(request: HttpRequest) -> HttpResponse:
    FeedKey.renew(request.user)
    messages.success(
        request, gettext("These are your new addresses. Those before them, if there were any, open nothing now.")
    )
    return redirect("notices:private_feeds")


@require_POST
@login_required
def close(request: HttpRequest) -> HttpResponse:
    FeedKey.close(request.user)
    messages.success(request, gettext("Your private feeds are closed."))
    return redirect("notices:private_feeds")


@require_safe
def notifications_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The newest notifications. The address is the key, so it needs no signing in."""
    told = Notification.objects.of(FeedKey.opened_by(token)).order_by("-told_at", "-pk")[:MOST]
    entries = [
        Entry(key=f"/notifications/{each.pk}/", title=each.words, url=each.url, updated=each.told_at) for each in told
    ]
    return atom(request, title="Notifications", url=reverse("notices:notifications"), entries=entries, is_private=True)
