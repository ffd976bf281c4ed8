"""Posts: reading one, writing, changing, deleting."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import markdown, picturing
from forum import drafts, listing, polls, quoting, saving, showing_edits, solving, terms, threads, visits, waiting_edits
from forum.errors import Locked, StaleEdit
from forum.forms import CommentForm, PostEditForm, PostForm
from forum.models import Comment, CommentVote, Post, PostVote
from forum.related import related_posts
from forum.roles import moderates
from moderation import limits
from moderation.models import ReasonTemplate
from notices.following import level_of

LOCKED = _("This post was locked in the meantime: nobody can edit it. Your text is below, so that you can keep it.")

POLL_ANSWERED = _("Somebody voted in the poll in the meantime, so it stays as it was. Save again to change the rest.")


def readable_post(request: HttpRequest, pk: int) -> Post:
    """The post, with author, category and text, if this visitor may read it; else ``Http404``."""
    signed = ("author", "category", "text", "poll", "terms__duplicate_of")
    posts = Post.objects.readable_by(request.user).select_related(*signed)
    return get_object_or_404(posts.prefetch_related("tags"), pk=pk)


@require_safe
def post(request: HttpRequest, pk: int, slug: str = "") -> HttpResponse:
    """A post with one page of its thread; ``?at=`` shows one comment in its place."""
    try:
        shown = readable_post(request, pk)
    except Http404:
        if merged := terms.became(pk):
            return redirect(merged)
        raise
    if slug != shown.slug:
        # A deleted post has another slug only as long as it is deleted, so that is not for good.
        return redirect(shown, permanent=not shown.is_deleted)
    return render(request, "forum/posts/post.html", post_context(request, shown))


def post_context(request: HttpRequest, shown: Post, form: CommentForm | None = None) -> dict:
    """What ``forum/posts/post.html`` needs."""
    thread, answer = _thread(request, shown), solving.answer_of(shown, request.user)
    news = visits.tell_new(thread.everyone, visits.visit(request, shown), request.user)
    visits.read_notices(request, shown, thread.everyone)
    # One query more for who may answer: a guest, and a page without the form, costs none.
    answers = shown.can_be_answered_by(request.user) and not thread.at
    moderating = moderates(request.user, shown.category_id)
    keeper = drafts.keeper(request, "comment_new", shown.pk) if answers or form else None
    begun = keeper.initial if keeper else {}
    if keeper and "quote" in request.GET and not shown.is_deleted:
        begun["body"] = quoting.after(begun.get("body", ""), shown)
    showing_edits.show(request.user, shown, thread.everyone, moderates=moderating)
    return {
        "section": "community",
        "post": shown,
        "thread": thread,
        "news": news,
        "form": form or CommentForm(initial=begun),
        "keeper": keeper,
        "comment_action": reverse("forum:comment_new", args=[shown.pk]),
        "poll": polls.for_reader(shown, request.user),
        "answer": answer,
        "may_mark": solving.may_mark(shown, request.user),
        "voted": PostVote.of(request.user, [shown]),
        "level": level_of(request.user, shown),
        "kept": saving.kept_by(request.user, [shown], thread.everyone),
        "voted_comments": CommentVote.of(request.user, thread.everyone),
        "moderates": moderating,
        "reason_templates": ReasonTemplate.objects.all() if moderating else (),
        "left_out": [] if shown.is_deleted else listing.left_out_for(shown, request.user),
        "related": related_posts(shown.tags.all(), reader=request.user, exclude=shown.pk),
    }


def _thread(request: HttpRequest, shown: Post) -> threads.Thread:
    at = request.GET.get("at", "")
    if at:
        if not (at.isascii() and at.isdecimal() and len(at) < 19):
            raise Http404(gettext("This address names no comment."))
        found = get_object_or_404(Comment.objects.select_related("post"), pk=int(at), post=shown)
        return threads.read_in_place(found, request.user, request.GET.get("after", ""))
    sort = request.GET.get("sort", "best")
    if sort not in threads.SORTS:
        raise Http404(gettext("Comments can be sorted by best, new or old."))
    return threads.read_thread(shown, request.user, sort, request.GET.get("after", ""))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def post_new(request: HttpRequest) -> HttpResponse:
    """The composer. Its "Preview" button works without JavaScript too: the page comes back with the preview."""
    keeper = drafts.keeper(request, "post_new")
    if request.method != "POST":
        asked = {"category": request.GET.get("category"), "tags": request.GET.get("tags", "")[:1000]}
        kept = {name: value for name, value in keeper.initial.items() if value}
        return _composer(request, PostForm(initial=asked | kept), keeper)
    form = PostForm(request.POST)
    if "preview" in request.POST:
        return _composer(request, form, keeper, preview=_previewed(request))
    if not form.is_valid():
        return _refused(request, form, keeper, status=422)
    try:
        with transaction.atomic():
            written = Post.write(author=request.user, token=form.cleaned_data["token"], **form.verb_arguments())
            # The same form sent again is the same post, and counts once.
            if written.is_fresh:
                limits.count(request, "post")
                if written.pseudonym:
                    limits.count(request, "mask")
                limits.count_words(request, written.text.body_html)
                polls.set_terms(written, form.poll_terms())
                drafts.drop(request.user, keeper)
            elif written.version == 1 and (written.is_waiting or written.can_be_edited_by(request.user)):
                # Gone back to, and sent again with another poll: what was sent last counts, until somebody has voted.
                with suppress(polls.HasVotes):
                    polls.set_terms(written, form.poll_terms())
    except limits.TooMany as refused:
        form.add_error(None, str(refused))
        return refused.told_by(_refused(request, form, keeper, status=refused.status))
    return redirect(written)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def post_edit(request: HttpRequest, pk: int) -> HttpResponse:
    shown = readable_post(request, pk)
    if not shown.is_by(request.user) or (request.method != "POST" and not shown.can_be_edited_by(request.user)):
        raise PermissionDenied(gettext("Only its author can edit a post, and not while it is locked."))
    keeper = drafts.keeper(request, "post_edit", pk)
    if request.method != "POST":
        form = _edit_form(shown, PostEditForm.filled_from(shown))
        form.initial.update(keeper.initial)
        return _composer(request, form, keeper, editing=shown, stale_text=_changed_since(shown))
    form = _edit_form(shown, PostEditForm(request.POST))
    if "preview" in request.POST:
        return _composer(request, form, keeper, editing=shown, preview=_previewed(request))
    if not form.is_valid():
        return _refused(request, form, keeper, editing=shown, status=422)
    if refused := limits.refusal(request, "edit", form):
        return refused.told_by(_refused(request, form, keeper, editing=shown, status=429))
    try:
        before = shown.text.body_html
        with transaction.atomic():
            sent = form.cleaned_data
            waits = shown.edit(version=sent["version"], reason=sent["reason"], **form.verb_arguments())
            limits.count_words(request, waiting_edits.html_of(waits) if waits else shown.text.body_html, before)
            if form.asks and waits:
                waiting_edits.ask_by_poll(waits, form.poll_terms())
            elif form.asks:
                polls.set_terms(shown, form.poll_terms())
            drafts.drop(request.user, keeper)
    except limits.TooMany as refused:
        form.add_error(None, str(refused))
        return refused.told_by(_refused(request, form, keeper, editing=shown, status=refused.status))
    except Locked:
        form.add_error(None, LOCKED)
        return _refused(request, form, keeper, editing=shown, status=409)
    except polls.HasVotes:
        form.leave_poll()
        form.add_error(None, POLL_ANSWERED)
        return _refused(request, form, keeper, editing=shown, status=409)
    except StaleEdit:
        theirs = readable_post(request, pk)
        form.data = form.data.copy()
        form.data["version"] = str(theirs.version)
        stale_text = waiting_edits.newest_words(theirs)
        return _refused(request, form, keeper, editing=theirs, stale_text=stale_text, status=409)
    return redirect(shown)


def _changed_since(shown: Post) -> str:
    """What everybody reads, where that has changed since the author sent an edit that waits."""
    edit = waiting_edits.of(shown)
    return f"{shown.title}\n\n{shown.text.body}" if edit and edit.version != shown.version else ""


def _edit_form(shown: Post, form: PostEditForm) -> PostEditForm:
    if polls.is_fixed(getattr(shown, "poll", None)):
        form.leave_poll()
    return form


def _refused(request, form, keeper, **more) -> HttpResponse:
    """The composer again, with everything typed; that is kept as a draft too, should the page be lost as well."""
    drafts.keep_refused(request, keeper)
    return _composer(request, form, keeper, **more)


def _composer(request, form, keeper, *, editing=None, preview="", stale_text="", status=200) -> HttpResponse:
    context = {"section": "community", "form": form, "keeper": keeper, "editing": editing}
    context |= {"preview": preview, "stale_text": stale_text}
    return render(request, "forum/posts/composer.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def post_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first, then takes the post out of every list; answers to it stay."""
    shown = readable_post(request, pk)
    if not shown.can_be_deleted_by(request.user):
        raise PermissionDenied(gettext("Only its author can delete a post."))
    if request.method != "POST":
        return render(request, "forum/confirm_delete.html", {"thing": shown, "what": "post"})
    shown.delete_by_author()
    messages.success(request, gettext("Your post is deleted."))
    return redirect(shown if shown.comment_count else shown.category)


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The composer's preview for htmx: the same renderer that saves."""
    return render(request, "forum/posts/_preview.html", {"preview": _previewed(request)})


def _previewed(request: HttpRequest) -> str:
    """What was typed, as it would be shown; no more of it than a post may hold."""
    typed = request.POST.get("body", "")[: settings.BODY_LIMIT]
    return markdown.render(typed, works=True, members=True, tags=True, pictures_of=picturing.Writer(request.user.pk))
