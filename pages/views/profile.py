"""A member's profile with their posts."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.models import Member
from accounts.models.flair import orcid_of
from accounts.privacy import shows_activity
from common.counting import capped_count
from common.feeds import atom
from common.paging import paginate
from forum import listing, visits
from forum.feeds import newest_posts
from forum.models import Comment, Post, PostVote
from moderation import badges, record, reputation, trust
from notices.following import followed_among
from notices.muting import NOTHING, muted_by
from studies.models import ReadingList

KINDS = ("posts", "comments", "answered", "lists")


@require_safe
def profile(request: HttpRequest, name: str) -> HttpResponse:
    member = Member.objects.filter(username__iexact=name).first()
    if member is None:
        raise Http404(gettext("There is no member of that name."))
    if member.username != name:
        return redirect(member, permanent=True)
    if not member.is_active:
        return render(request, "pages/profile_gone.html", _gone(request, member), status=410)
    show = request.GET.get("show", "posts")
    if show not in KINDS:
        raise Http404(gettext("A profile shows posts, comments, answers or lists."))
    muted = muted_by(request.user)
    is_muted = member.pk in muted.members
    shows_muted = is_muted and request.GET.get("muted") == "show"
    if shows_muted:
        muted = muted.besides("member", member.pk)
    if member == request.user:
        muted = NOTHING  # one's own words are never kept from oneself
    posts = Post.objects.visible_to(request.user).filter(author=member)
    comments = Comment.objects.visible_to(request.user).filter(author=member)
    sieves = listing.sieve(request.user, muted), listing.sieve_of_comments(request.user, muted)
    if is_muted and not shows_muted:
        posts, comments = posts.none(), comments.none()
    after = request.GET.get("after", "")
    lists = ReadingList.objects.filter(owner=member, is_public=True)
    shows = shows_activity(member, to=request.user)
    if not shows:
        posts, comments, lists = posts.none(), comments.none(), lists.none()
    answers = comments.filter(solution__isnull=False)
    context = {
        "member": member,
        "orcid": orcid_of(member.pk) if member.shows_orcid else "",
        "show": show,
        "is_private": not shows,
        "is_muted": is_muted,
        "shows_muted": shows_muted,
        "is_followed": bool(followed_among(request.user, [member])),
        "post_count": capped_count(posts, sieves[0], by=listing.NEWEST),
        "comment_count": capped_count(comments, sieves[1], by=listing.NEWEST),
        "answer_count": capped_count(answers, sieves[1]),
        "list_count": capped_count(lists),
        "points": reputation.public_points(member.pk),
        "trust_level": trust.level_name(trust.level_of(member)),
        "awards": badges.of(member, request.user),
        "may_read_ledger": reputation.can_be_read_by(request.user, member.pk),
        "record": _record(request, member),
    }
    order = ("-posted_at", "-pk")
    if show == "posts":
        context["page"] = paginate(posts.for_list(), order, after, sieve=sieves[0])
        visits.mark(request.user, context["page"].rows)
        context["voted"] = PostVote.of(request.user, context["page"].rows)
    elif show == "lists":
        context["page"] = paginate(lists.with_size(), ("-changed_at", "-pk"), after)
    else:
        if show == "answered":
            comments = answers
        context["page"] = paginate(comments.for_thread().select_related("post"), order, after, sieve=sieves[1])
    if not context["page"].rows and any(sieves):
        context["is_kept_out"] = {"posts": posts, "lists": lists.none()}.get(show, comments).exists()
    return render(request, "pages/profile.html", context)


def _gone(request: HttpRequest, member: Member) -> dict[str, Any]:
    return {"member": member, "record": _record(request, member)}


def _record(request: HttpRequest, member: Member) -> record.Record | None:
    """What moderators see beside a profile; nobody else."""
    return record.of(member) if request.user.is_authenticated and request.user.is_moderator else None


@require_safe
def profile_feed(request: HttpRequest, name: str) -> HttpResponseBase:
    """A member's newest posts, as a guest sees them."""
    member = get_object_or_404(Member, username__iexact=name, is_active=True)
    if member.username != name:
        return redirect("pages:profile_feed", member.username, permanent=True)
    if not shows_activity(member, to=request.user):
        raise Http404(gettext("This member keeps the list of their posts to themself."))
    entries = newest_posts(author=member)
    return atom(request, title=f"Posts by {member}", url=member.get_absolute_url(), entries=entries)
