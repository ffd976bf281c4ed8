"""Pictures: putting one here, seeing it, finding one's own, taking one away."""

from __future__ import annotations

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.paging import paginate
from common.pictures import keeping, taking
from common.pictures.uploading import UPLOADS
from common.uploads import takes_large_uploads
from forum import drafts, pictures
from forum.forms import PictureForm
from forum.models import Comment, Picture, Post
from forum.models.picture import SHELF
from moderation import limits

NAME = re.compile(keeping.NAME)
USES = 20  # texts that a picture's page names


def _found(request: HttpRequest, name: str) -> Picture:
    if not NAME.fullmatch(name):
        raise Http404(gettext("There is no such picture."))
    return get_object_or_404(Picture.objects.visible_to(request.user), name=name)


@require_safe
def file(request: HttpRequest, name: str, end: str = "") -> HttpResponseBase:
    """The picture itself, to who may see it."""
    found = _found(request, name)
    # What its owner or a moderator sees before or beside everybody else is for them alone.
    is_personal = request.user.is_authenticated and not _is_open_to_all(found)
    return keeping.answer(request, SHELF, found.name, end if found.small_width else "", open_to_all=not is_personal)


def _is_open_to_all(picture: Picture) -> bool:
    return Picture.objects.visible_to(AnonymousUser()).filter(pk=picture.pk).exists()


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """One picture with what shows it, what puts it into a text, and what may be done with it."""
    found = _found(request, name)
    context = {"picture": found, "uses": _uses(request, found), "is_mine": found.can_be_deleted_by(request.user)}
    if context["is_mine"]:
        context |= {"place": _place(request), "markdown": found.markdown()}
    return render(request, "forum/pictures/picture.html", context)


def _uses(request: HttpRequest, found: Picture) -> list[Post | Comment]:
    """The newest posts and comments that show it and that this visitor may read."""
    posts = Post.objects.visible_to(request.user).filter(
        pk__in=found.uses.filter(comment=None).order_by("-pk").values("post")[: USES * 5]
    )
    comments = Comment.objects.readable_by(request.user).filter(
        pk__in=found.uses.filter(comment__isnull=False).order_by("-pk").values("comment")[: USES * 5]
    )
    shown: list[Post | Comment] = [*posts.order_by("-pk")[:USES]]
    shown += comments.select_related("post").order_by("-pk")[:USES]
    return sorted(shown, key=lambda each: each.posted_at, reverse=True)[:USES]


@require_safe
@login_required
def pictures_list(request: HttpRequest) -> HttpResponse:
    """All pictures that this member has put here."""
    mine = pictures.of_member(request.user).filter(taken_back_at__isnull=True)
    page = paginate(pictures.with_use_counts(mine), ("-pk",), request.GET.get("after", ""))
    context = {"page": page, "room": pictures.room(request.user), "place": _place(request)}
    return render(request, "forum/pictures/list.html", context)


def _place(request: HttpRequest) -> drafts.Place | None:
    """Where the member was writing, if the request says so (``for=comment_new/12``) and they may write there."""
    asked = request.POST.get("for") or request.GET.get("for", "")
    kind, _, number = asked.partition("/")
    if not (kind and number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    try:
        return drafts.place_for(request.user, kind, int(number))
    except (Http404, PermissionDenied):
        return None


@takes_large_uploads(UPLOADS)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def picture_new(request: HttpRequest) -> HttpResponse:
    """Put a picture here: a page without JavaScript; with it, an answer in JSON to the page that asked."""
    if request.method != "POST":
        return _form(request, PictureForm())
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, 422)
    try:
        limits.count(request, "upload")
        taken = pictures.take(request.user, form.cleaned_data["file"].read(), form.cleaned_data["alt"])
    except limits.TooMany as refused:
        form.add_error(None, str(refused))
        return refused.told_by(_form(request, form, 429))
    except taking.Refused as refused:
        form.add_error("file", str(refused))
        return _form(request, form, refused.status)
    if _wants_json(request):
        return JsonResponse(
            {"markdown": taken.markdown(form.cleaned_data["alt"]), "address": taken.address}, status=201
        )
    place = _place(request)
    return redirect(taken.get_absolute_url() + (f"?for={place.kind}/{place.thing_id}" if place else ""))


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _form(request: HttpRequest, form: PictureForm, status: int = 200) -> HttpResponse:
    if status != 200 and _wants_json(request):
        said = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return JsonResponse({"error": said}, status=status)
    return render(request, "forum/pictures/new.html", {"form": form, "place": _place(request)}, status=status)


@require_POST
@login_required
def picture_use(request: HttpRequest, name: str) -> HttpResponse:
    """Put a picture of one's own into the words that wait in a draft, and go back to them."""
    found = _mine(request, name)
    place = _place(request)
    if place is None:
        raise Http404(gettext("There is nothing here to put the picture into."))
    try:
        added = drafts.add_to(request.user, place, found.markdown())
    except (drafts.NotKept, drafts.NewerDraft):
        added = False
    if not added:
        messages.warning(
            request, gettext("It could not be put into your text. Copy the line below and put it in by hand.")
        )
        return redirect(f"{found.get_absolute_url()}?for={place.kind}/{place.thing_id}")
    messages.success(request, gettext("The picture stands at the end of your text. Nothing is posted yet."))
    return redirect(place.address)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def picture_remove(request: HttpRequest, name: str) -> HttpResponse:
    """Asks first, then takes a picture of one's own away, from every text too."""
    found = _mine(request, name)
    if request.method != "POST":
        count = found.uses.count()
        return render(request, "forum/pictures/remove.html", {"picture": found, "count": count})
    found.take_back()
    messages.success(request, gettext("The picture is gone."))
    return redirect(reverse("forum:pictures"))


def _mine(request: HttpRequest, name: str) -> Picture:
    found = _found(request, name)
    if not found.can_be_deleted_by(request.user):
        raise Http404(gettext("This is no picture of yours."))
    return found
