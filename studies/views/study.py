"""The study page, and the whole lists behind its sections."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from common.counting import CappedCount
from forum import visits
from forum.models import Post, PostVote
from forum.related import related_posts
from notices.following import followed_among
from studies import identifiers
from studies.covers import cover_svg
from studies.exporting.head import Head, links
from studies.mentioning import posts_mentioning
from studies.models import SavedStudy, Study
from studies.models.study import Retraction
from studies.related_works import notice_of, related_works
from studies.similarity import similar_studies
from studies.views.exports import in_another_form
from studies.views.loading import study_of as _with_slug

SHOWN_CITATIONS = 10
SHOWN_RETRACTED = 5
SHOWN_POSTS = 6
SHOWN_SIMILAR = 5
SHOWN_MENTIONS = 3
WHOLE_LIST = 100
PICTURE_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


@require_safe
def study(request: HttpRequest, pk: int, slug: str = "") -> HttpResponse:
    """The page everything starts from."""
    found = _with_slug(request, pk, slug)
    if isinstance(found, HttpResponse):
        patch_vary_headers(found, ["Accept"])
        return found
    if other := in_another_form(request, pk):
        return _described(other, found)
    tags = list(found.tags.all())
    related = related_posts(tags, reader=request.user, exclude=found.discussion_id or 0, most=SHOWN_POSTS)
    # What can be read here stands before what is only named.
    citations = found.citations.select_related("cited").alias(waits=Q(cited__isnull=True)).order_by("waits", "position")
    works = related_works(found)
    shown = list(citations[:SHOWN_CITATIONS])
    authorships = list(found.authorships.select_related("author"))
    summary = getattr(found, "summary", None)
    close = similar_studies(found, most=SHOWN_SIMILAR)
    mentioned_in = _mentioned_in(found, request.user)
    visits.mark(request.user, [*related.posts, *mentioned_in])
    page = render(
        request,
        "studies/study.html",
        {
            "section": "studies",
            "study": found,
            "works": works,
            "notice": notice_of(found, works),
            "facts": getattr(found, "facts", None),
            "retracted_works": _retracted(found),
            "machine": Head(
                found, authorships, [tag.name for tag in tags], shown, summary.tldr_with_mark if summary else ""
            ),
            "summary": summary,
            "text": getattr(found, "text", None),
            "tags": tags,
            "authorships": authorships,
            "citations": shown,
            "related": related,
            "voted": PostVote.of(request.user, [*related.posts, *mentioned_in]),
            "similar": close,
            "saved": SavedStudy.of(request.user, [found, *(row.study for row in close.rows)]),
            "mentioned_in": mentioned_in,
            "mention_count": CappedCount.at_most(found.mention_count),
            "is_followed": bool(followed_among(request.user, [found])),
        },
    )
    return _described(page, found)


def _mentioned_in(study: Study, reader) -> list[Post]:
    """The newest posts that mention it; no query where none does."""
    if not study.mention_count:
        return []
    return list(posts_mentioning(study, reader, most=SHOWN_MENTIONS).for_list()[:SHOWN_MENTIONS])


def _described(answer: HttpResponse, study: Study) -> HttpResponse:
    """The study page, in whatever form, with the headers that lead to its other forms."""
    patch_vary_headers(answer, ["Accept"])
    answer["Link"] = links(study)
    return answer


def _retracted(study: Study) -> list[Study]:
    """The first retracted works that it cites; no query where it cites none."""
    if not study.retracted_cites_count:
        return []
    cited = Study.objects.filter(pk__in=study.citations.values("cited"), retraction=Retraction.RETRACTED)
    return list(cited.order_by("pk")[:SHOWN_RETRACTED])


@require_http_methods(["GET", "HEAD", "POST"])
def discuss(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """POST opens the study's thread; GET goes to it, or asks whether to open it."""
    found = _with_slug(request, pk, slug, "discuss/")
    if isinstance(found, HttpResponse):
        return found
    readable = Post.objects.readable_by(request.user)
    if found.discussion and readable.filter(pk=found.discussion.pk).exists():
        return redirect(found.discussion)
    if found.discussion_id:
        raise Http404(gettext("The moderators have taken this discussion out of sight."))
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.method == "POST":
        return redirect(found.open_discussion(request.user))
    return render(request, "studies/discuss.html", {"section": "studies", "study": found})


@require_safe
def posts(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """The community posts that matter to the study: the hundred closest."""
    found = _with_slug(request, pk, slug, "posts/")
    if isinstance(found, HttpResponse):
        return found
    related = related_posts(found.tags.all(), reader=request.user, exclude=found.discussion_id or 0, most=WHOLE_LIST)
    visits.mark(request.user, related.posts)
    context = {
        "section": "studies",
        "study": found,
        "related": related,
        "voted": PostVote.of(request.user, related.posts),
    }
    return render(request, "studies/related_posts.html", context)


@require_safe
def similar(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """The research like the study: the hundred closest, each with why."""
    found = _with_slug(request, pk, slug, "similar/")
    if isinstance(found, HttpResponse):
        return found
    with_retracted = request.GET.get("retracted") == "1"
    close = similar_studies(found, most=WHOLE_LIST, with_retracted=with_retracted)
    context = {
        "section": "studies",
        "study": found,
        "similar": close,
        "saved": SavedStudy.of(request.user, [row.study for row in close.rows]),
        "with_retracted": with_retracted,
    }
    return render(request, "studies/similar.html", context)


@require_safe
@cache_control(public=True, max_age=86_400)
def cover(request: HttpRequest, pk: int) -> HttpResponse:
    """The drawn cover, as SVG that can run nothing."""
    found = get_object_or_404(Study, pk=pk)
    return HttpResponse(cover_svg(found, found.tag_items.count()), content_type="image/svg+xml; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The study's picture, in a sandbox of its own and only as one of the kinds of image we take."""
    found = get_object_or_404(Study.objects.exclude(picture=""), pk=pk)
    name = str(found.picture.name)
    kind = PICTURE_KINDS.get(PurePosixPath(name).suffix.lower())
    if kind is None or not found.picture.storage.exists(name):
        raise Http404(gettext("This study has no picture."))
    answer = FileResponse(found.picture.open(), content_type=kind)
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@require_safe
def by_identifier(request: HttpRequest, kind: str, value: str) -> HttpResponse:
    """``/studies/doi/…`` and ``/studies/pmid/…``: to the study, else a 404 that says what is missing."""
    parse = {"doi": identifiers.parse_doi, "pmid": identifiers.parse_pmid}[kind]
    identifier = parse(value)
    found = Study.objects.identified_by(**{kind: identifier}).first() if identifier else None
    if found:
        return redirect(found)
    ask_for = f"PMID {identifier}" if kind == "pmid" else identifier
    context = {"section": "studies", "kind": kind.upper(), "value": value, "identifier": identifier, "ask_for": ask_for}
    return render(request, "studies/not_here.html", context, status=404)
