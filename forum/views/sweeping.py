"""What hiding everything of a member would take out of sight, before it is done."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Member
from accounts.permissions import moderators_only
from common.counting import capped_count
from forum.listing import NEWEST
from forum.moderating.sweeping import HIDE_EVERYTHING, in_sight
from moderation import acting, members
from moderation.models import ReasonTemplate

LINES = 20  # first lines of each kind
WEEK, DECADE = 7, 3650


@require_safe
@never_cache
@moderators_only
def everything(request: HttpRequest, pk: int) -> HttpResponse:
    """How many posts and comments of the last days, how each begins, and the form that hides them."""
    member = get_object_or_404(Member, pk=pk)
    if not members.MEMBERS.may(request.user, member):
        raise PermissionDenied(gettext(members.MEMBERS.refusal))
    asked = request.GET.get("days", "")
    days = min(max(int(asked), 1), DECADE) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else WEEK
    posts, comments = in_sight(member, timezone.now() - timedelta(days=days))
    form = acting.form_of(HIDE_EVERYTHING, thing=member)
    if form is not None:
        form.initial["since"] = days
    context = {
        "section": "moderation",
        "member": member,
        "days": days,
        "post_count": capped_count(posts, by=NEWEST),
        "comment_count": capped_count(comments, by=NEWEST),
        "posts": posts.order_by(*NEWEST)[:LINES],
        "comments": comments.select_related("text", "post").order_by(*NEWEST)[:LINES],
        "verb": HIDE_EVERYTHING,
        "form": form,
        "templates": ReasonTemplate.objects.all(),
    }
    return render(request, "forum/everything.html", context)
