"""Polls: voting, closing one, and who voted for what where that is open."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from common.paging import paginate
from common.text import clean_line
from forum import polls
from forum.models import Comment, Post
from forum.terms import became
from forum.views.posts import post_context, readable_post
from moderation import limits

OVER = _("This poll takes no votes any more.")


@require_safe
def poll(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll of a post that was merged into another; any other poll is shown with its post."""
    post = _asking(request, pk)
    comment = None if post.is_shown else became(pk)
    return _page(request, post, comment) if comment else redirect(polls.address_of(post))


def _page(request: HttpRequest, post: Post, comment: Comment, error: str = "", status: int = 200) -> HttpResponse:
    context = {"section": "community", "post": post, "comment": comment, "poll_error": error}
    context["poll"] = polls.for_reader(post, request.user)
    return render(request, "forum/polls/poll.html", context, status=status)


@require_POST
@login_required
def poll_vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Vote, or change or withdraw the vote. Sending the same again changes nothing."""
    post = _asking(request, pk)
    sent = [] if "withdraw" in request.POST else request.POST.getlist("option")[: polls.MOST + 1]
    if not sent and "withdraw" not in request.POST:
        return _answer(request, post, gettext("Choose an answer first."), 422)
    limits.count(request, "poll")
    try:
        # What is no number is no option either.
        polls.vote(post.poll, request.user, [int(each) if each.isdecimal() and len(each) < 19 else 0 for each in sent])
    except polls.BadChoice as refused:
        return _answer(request, post, str(refused), 422)
    except polls.Over:
        return _answer(request, _asking(request, pk), OVER, 409)
    return _answer(request, post)


@require_POST
@login_required
def poll_close(request: HttpRequest, pk: int) -> HttpResponse:
    """End the poll before its time; moderators say why."""
    post = _asking(request, pk)
    if not (post.is_by(request.user) or request.user.is_moderator):
        raise PermissionDenied(gettext("Only its author and moderators can close a poll."))
    reason = clean_line(request.POST.get("reason", ""))[:500]
    if not reason and not post.is_by(request.user):
        return _answer(request, post, gettext("Say in a few words why it should end."), 422)
    if not post.poll.is_over:
        if not polls.can_be_closed_by(post.poll, post, request.user):
            return _answer(request, post, OVER, 409)
        polls.close(post.poll, request.user, reason)
        messages.success(request, gettext("The poll is closed."))
    return redirect(polls.address_of(post))


@require_safe
@login_required
def poll_voters(request: HttpRequest, pk: int, option_id: int) -> HttpResponse:
    """Who chose an option of an open poll. Of a secret one nobody is ever told, so there this page is not."""
    post = _asking(request, pk)
    if not post.poll.is_open:
        raise Http404(gettext("Votes in this poll are secret."))
    option = get_object_or_404(post.poll.options.all(), pk=option_id)
    if not polls.shows_results(post.poll, has_voted=polls.has_voted(post.poll, request.user)):
        raise PermissionDenied(gettext("The results of this poll are not shown yet."))
    page = paginate(polls.voters(option), ("pk",), request.GET.get("after", ""))
    context = {"post": post, "option": option, "page": page}
    context |= {"thread": polls.stands_in(post) or post, "address": polls.address_of(post)}
    return render(request, "forum/polls/voters.html", context)


def _asking(request: HttpRequest, pk: int) -> Post:
    try:
        post = readable_post(request, pk)
    except Http404:
        if not became(pk):
            raise
        post = Post.objects.select_related("author", "category", "poll").get(pk=pk)
    if post.is_deleted or getattr(post, "poll", None) is None:
        raise Http404(gettext("There is no poll here."))
    return post


def _answer(request: HttpRequest, post: Post, error: str = "", status: int = 200) -> HttpResponse:
    if request.htmx:
        context = {"post": post, "poll": polls.for_reader(post, request.user), "poll_error": error}
        return render(request, "forum/polls/_poll.html", context, status=status)
    if not error:
        return redirect(polls.address_of(post))
    if not post.is_shown and (comment := became(post.pk)):
        return _page(request, post, comment, error, status)
    page = post_context(request, post) | {"poll_error": error, "list_address": post.get_absolute_url()}
    return render(request, "forum/posts/post.html", page, status=status)
