"""Tags: all of them, and the studies and posts of one or of several at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from common.counting import capped_count
from common.feeds import MOST, Entry, atom
from common.models import Tag
from common.paging import paginate
from forum import listing, visits
from forum.feeds import entry_of
from forum.models import Post, PostVote
from notices.following import followed_among
from notices.muting import muted_by
from studies.feeds import newest
from studies.models import SavedStudy, Study

TAGS_PAGE = 120
MOST_AT_ONCE = 4
KINDS = ("all", "posts", "studies")
SHOWN_OF_EACH = 8


@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    used = Tag.objects.filter(use_count__gt=0)
    page = paginate(used, ("-use_count", "name"), request.GET.get("after", ""), TAGS_PAGE)
    return render(request, "pages/tags.html", {"section": "tags", "page": page})


@require_safe
def tag(request: HttpRequest, slugs: str) -> HttpResponse:
    """``/tags/minoxidil/`` or ``/tags/minoxidil,women/``; ``?show=posts`` or ``studies`` for one whole list."""
    found = _tags(slugs)
    if isinstance(found, str):
        return redirect("pages:tag", found, permanent=True)
    show = request.GET.get("show", "all")
    if show not in KINDS:
        raise Http404(gettext("A tag page shows all, posts or studies."))
    after = request.GET.get("after", "") if show != "all" else ""
    size = None if show != "all" else SHOWN_OF_EACH
    muted = muted_by(request.user)
    muted_here = [each for each in found if each.pk in muted.tags]
    shows_muted = bool(muted_here) and request.GET.get("muted") == "show"
    if shows_muted:
        for each in muted_here:
            muted = muted.besides("tag", each.pk)
    posts = Post.objects.visible_to(request.user).tagged(*found)
    sieve = listing.sieve(request.user, muted)
    if muted_here and not shows_muted:
        posts = posts.none()
    studies = Study.objects.tagged(*found)
    context: dict[str, Any] = {"section": "tags", "tags": found, "show": show, "slugs": slugs}
    context |= {"muted_here": muted_here, "shows_muted": shows_muted}
    if show != "studies":
        context["posts"] = paginate(posts.for_list(), ("-pk",), after, size, sieve)
        visits.mark(request.user, context["posts"].rows)
        context["post_count"] = capped_count(posts, sieve)
        context["voted"] = PostVote.of(request.user, context["posts"].rows)
    if show != "posts":
        context["studies"] = paginate(studies.for_list(), ("-pk",), after, size)
        context["saved"] = SavedStudy.of(request.user, context["studies"].rows)
        context["study_count"] = capped_count(studies)
    context["page"] = context.get(show)
    context["is_followed"] = len(found) == 1 and bool(followed_among(request.user, found))
    return render(request, "pages/tag.html", context)


@require_safe
def tag_feed(request: HttpRequest, slugs: str) -> HttpResponseBase:
    """Studies and posts of a tag, as a guest sees them, what came last first; ``?show=`` for one of both."""
    found = _tags(slugs)
    if isinstance(found, str):
        return redirect("pages:tag_feed", found, permanent=True)
    show = request.GET.get("show", "all")
    if show not in KINDS:
        raise Http404(gettext("A tag page shows all, posts or studies."))
    entries: list[Entry] = []
    if show != "posts":
        entries += newest(Study.objects.tagged(*found))
    if show != "studies":
        posts = Post.objects.visible_to(AnonymousUser()).tagged(*found).select_related("author")
        entries += map(entry_of, posts.order_by("-pk")[:MOST])
    entries.sort(key=lambda entry: entry.updated, reverse=True)
    title = " + ".join(tag.name for tag in found)
    return atom(request, title=title, url=reverse("pages:tag", args=[slugs]), entries=entries)


def _tags(slugs: str) -> list[Tag] | str:
    """The tags of the address in its order; or, where one is a synonym, the address to go to instead."""
    wanted = list(dict.fromkeys(filter(None, slugs.split(","))))
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise Http404(gettext("One to %(most_at_once)s tags at a time, please.") % {"most_at_once": MOST_AT_ONCE})
    by_slug = {tag.slug: tag for tag in Tag.objects.filter(slug__in=wanted).select_related("synonym_of")}
    if len(by_slug) < len(wanted):
        raise Http404(gettext("There is no such tag."))
    if any(tag.synonym_of for tag in by_slug.values()):
        meant = [by_slug[slug].synonym_of or by_slug[slug] for slug in wanted]
        return ",".join(dict.fromkeys(tag.slug for tag in meant))
    return [by_slug[slug] for slug in wanted]
