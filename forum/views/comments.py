"""Comments: writing, answering, changing, deleting, and going to one in its place."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum import drafts, quoting, waiting_edits
from forum.errors import Locked, StaleEdit
from forum.forms import CommentEditForm, CommentForm
from forum.models import Comment, Post
from forum.views.posts import post_context, readable_post
from moderation import limits

LOCKED = _(
    "This thread was locked in the meantime: nobody can answer or edit any "
    "more. Your text is below, so that you can keep it."
)


def _comment(request: HttpRequest, pk: int) -> Comment:
    readable = Comment.objects.readable_by(request.user).select_related("post", "post__category", "author", "text")
    return get_object_or_404(readable, pk=pk)


@require_safe
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """To the comment in its place. A comment that is gone leads to its post, if that can be read."""
    found = get_object_or_404(Comment.objects.select_related("post", "terms__became"), pk=pk)
    if hasattr(found, "terms") and found.terms.became and found.terms.became.is_shown:
        return redirect(found.terms.became)
    get_object_or_404(Post.objects.readable_by(request.user), pk=found.post_id)
    if not found.can_be_read_by(request.user):
        return redirect(found.post)
    return redirect(f"{found.post.get_absolute_url()}?at={found.pk}#comment-{found.pk}")


@login_required
@require_POST
def comment_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a post."""
    return _answer(request, readable_post(request, pk), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comment_reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a comment: GET gives the form (as a page, or as a piece for htmx), POST writes."""
    parent = _comment(request, pk)
    return _answer(request, parent.post, parent)


def _answer(request: HttpRequest, post: Post, parent: Comment | None) -> HttpResponse:
    if not post.can_be_answered_by(request.user) and request.method != "POST":
        raise PermissionDenied(gettext("Nobody can answer here any more."))
    kind, about = ("comment_reply", parent.pk) if parent else ("comment_new", post.pk)
    keeper = drafts.keeper(request, kind, about)
    if request.method != "POST":
        return _answer_form(request, post, parent, _form(parent, initial=_begun(request, parent, keeper)), keeper)
    form = _form(parent, request.POST)
    if not form.is_valid():
        return _answer_form(request, post, parent, form, keeper, status=422)
    try:
        with transaction.atomic():
            written = post.add_comment(
                request.user, form.cleaned_data["body"], parent=parent, token=form.cleaned_data["token"]
            )
            if written.is_fresh:
                limits.count(request, "comment")
                limits.count_words(request, written.text.body_html)
                drafts.drop(request.user, keeper)
    except limits.TooMany as refused:
        form.add_error(None, str(refused))
        return refused.told_by(_answer_form(request, post, parent, form, keeper, status=refused.status))
    except Locked:
        form.add_error(None, LOCKED)
        return _answer_form(request, post, parent, form, keeper, status=409)
    if not request.htmx:
        return redirect(written)
    written.children = []
    context = {"comment": written, "thread": {"at": None}, "post": post, "voted": set(), "parent": parent}
    return render(
        request,
        "forum/comments/_written.html",
        context
        | {
            "form": _form(parent),
            "keeper": drafts.keeper(request, kind, about, fresh=True),
            "comment_action": _action(post, parent),
        },
    )


def _begun(request: HttpRequest, parent: Comment | None, keeper: drafts.Keeper) -> dict[str, str]:
    """What a fresh form holds: the draft, and below it a quote of what is answered where that is asked for."""
    begun = keeper.initial
    if parent is not None and "quote" in request.GET and (parent.is_shown or request.user.is_moderator):
        begun["body"] = quoting.after(begun.get("body", ""), parent)
    return begun


def _form(parent: Comment | None, data=None, initial=None) -> CommentForm:
    # Two forms can stand on one page; their fields must not share an id.
    return CommentForm(data, initial=initial, auto_id=f"reply{parent.pk}_%s" if parent else "id_%s")


def _action(post: Post, parent: Comment | None) -> str:
    return reverse("forum:comment_reply", args=[parent.pk]) if parent else reverse("forum:comment_new", args=[post.pk])


def _answer_form(request, post, parent, form, keeper, status=200) -> HttpResponse:
    if status != 200:
        drafts.keep_refused(request, keeper)
    context = {"form": form, "keeper": keeper, "comment_action": _action(post, parent), "post": post, "parent": parent}
    if request.htmx:
        submit = pgettext("verb", "Reply") if parent else pgettext("verb", "Comment")
        return render(
            request,
            "forum/comments/_form.html",
            context | {"action": context["comment_action"], "submit": submit},
            status=status,
        )
    if parent is not None:
        return render(request, "forum/comments/reply.html", context, status=status)
    # This page stands at the form's address; its list goes on at the post's own.
    page = post_context(request, post, form) | {"list_address": post.get_absolute_url()}
    return render(request, "forum/posts/post.html", page, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _comment(request, pk)
    if not found.is_by(request.user) or (request.method != "POST" and not found.can_be_edited_by(request.user)):
        raise PermissionDenied(gettext("Only its author can edit a comment, and not while the thread is locked."))
    keeper = drafts.keeper(request, "comment_edit", pk)
    typed = request.POST if request.method == "POST" else None
    edit = waiting_edits.of(found)
    begun = {"body": edit.body, "reason": edit.reason} if edit else {"body": found.text.body}
    form = CommentEditForm(typed, initial=begun | {"version": found.version} | keeper.initial)
    if request.method != "POST":
        changed = found.text.body if edit and edit.version != found.version else ""
        return _edit_form(request, found, form, keeper, stale_text=changed)
    if not form.is_valid():
        return _edit_form(request, found, form, keeper, status=422)
    if refused := limits.refusal(request, "edit", form):
        return refused.told_by(_edit_form(request, found, form, keeper, status=429))
    try:
        before = found.text.body_html
        with transaction.atomic():
            waits = found.edit(**form.cleaned_data)
            limits.count_words(request, waiting_edits.html_of(waits) if waits else found.text.body_html, before)
            drafts.drop(request.user, keeper)
    except limits.TooMany as refused:
        form.add_error(None, str(refused))
        return refused.told_by(_edit_form(request, found, form, keeper, status=refused.status))
    except Locked:
        form.add_error(None, LOCKED)
        return _edit_form(request, found, form, keeper, status=409)
    except StaleEdit:
        theirs = _comment(request, pk)
        form.data = form.data.copy()
        form.data["version"] = str(theirs.version)
        return _edit_form(request, theirs, form, keeper, stale_text=waiting_edits.newest_words(theirs), status=409)
    return redirect(found)


def _edit_form(request, found, form, keeper, stale_text="", status=200) -> HttpResponse:
    if status != 200:
        drafts.keep_refused(request, keeper)
    context = {"comment": found, "form": form, "keeper": keeper, "stale_text": stale_text}
    return render(request, "forum/comments/edit.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comment_delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = _comment(request, pk)
    if not found.can_be_deleted_by(request.user):
        raise PermissionDenied(gettext("Only its author can delete a comment."))
    if request.method != "POST":
        return render(request, "forum/confirm_delete.html", {"thing": found, "what": "comment"})
    found.delete_by_author()
    return redirect(f"{found.post.get_absolute_url()}#comments")
