"""Studies in the formats of reference managers: one, or a list of them."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from common.models import Tag
from common.search import CANDIDATES, Question, find
from forum.models import Post
from moderation.limits import count_reading
from studies.exporting import FORMATS, MOST, head, respond
from studies.exporting import card as drawing
from studies.exporting.citing import STYLES, cited, cited_plain
from studies.exporting.loading import item_of, keywords_of, whole
from studies.exporting.negotiating import wanted
from studies.models import Author, Study
from studies.views.library import ORDERS, Facets, discussed_threads

MOST_TAGS = 4


@require_safe
def one(request: HttpRequest, pk: int, slug: str, format: str) -> HttpResponse:
    """``/studies/12/the-title.bib``: the study as a file."""
    found = next(iter(whole([pk])), None)
    if found is None:
        raise Http404(gettext("There is no such study."))
    if slug != found.slug:
        return redirect("studies:export", pk, found.slug, format, permanent=True)
    answer = as_file(found, format)
    answer["Content-Disposition"] = f'attachment; filename="study-{pk}.{format}"'
    return answer


def as_file(study: Study, format: str) -> HttpResponse:
    """One study that ``whole`` gave, in the format of this suffix."""
    kind = FORMATS[format]
    return HttpResponse(kind.start + kind.entry(item_of(study)) + kind.end, content_type=kind.content_type)


@require_safe
def many(request: HttpRequest, format: str) -> HttpResponseBase:
    """``/studies.bib?…``: a list as a file. Takes what the library's own address takes, and the lists of other pages:
    ``author`` (a number), ``tags`` (several, by commas), ``find`` (what was typed into the search box)."""
    count_reading(request, "export")
    studies, name = _listed(request)
    return respond(studies, format, name)


def _listed(request: HttpRequest) -> tuple[QuerySet | list[Any], str]:
    """The studies that the address means, in its order, and a name for the list."""
    query = request.GET
    if typed := query.get("find", ""):
        question = Question.of(typed)
        return find(Study.objects.only("pk"), "text__search_vector", question, CANDIDATES), f"search {question.text}"
    facets = Facets.from_query(query)
    studies, names = facets.apply(Study.objects.all()), [facets.name]
    if slugs := query.get("tags", ""):
        tags = [get_object_or_404(Tag, slug=slug) for slug in slugs.split(",")[:MOST_TAGS]]
        studies = studies.tagged(*tags)
        names += [tag.name for tag in tags]
    if number := query.get("author", ""):
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            raise Http404(gettext("An author is named by a number."))
        author = get_object_or_404(Author, pk=int(number))
        studies = studies.filter(pk__in=author.authorships.values("study"))
        names.append(author.name)
    return _in_order(studies, query.get("sort", "new")), " ".join(filter(None, ["studies", *names]))


def _in_order(studies: QuerySet, sort: str) -> QuerySet | list[int]:
    if sort not in ORDERS:
        raise Http404(gettext("Studies can be sorted by new, cited or discussed."))
    if sort != "discussed":
        return studies.order_by(*ORDERS[sort])
    threads = discussed_threads(Post.objects).filter(discussed_study__in=studies).order_by(*ORDERS[sort])
    return list(threads.values_list("discussed_study", flat=True)[: MOST + 1])


# ── The study page in other forms ────────────────────────────────────────────────────────────────

PAGE = "text/html"
CITATION = "text/x-bibliography"
MEDIA_TYPES = {each.media_type: each.suffix for each in FORMATS.values()}
MEDIA_TYPES |= {"text/x-bibtex": "bib", "application/citeproc+json": "csl.json"}
OFFERS = (PAGE, *MEDIA_TYPES, CITATION, head.JSON_LD)
TOLD_CITATIONS = 200


def in_another_form(request: HttpRequest, pk: int) -> HttpResponse | None:
    """The study in the form that the request's ``Accept`` header likes best; None where that is the page."""
    wish, parameters = wanted(request.headers.get("Accept", ""), OFFERS)
    if wish == PAGE:
        return None
    found = next(iter(whole([pk])), None)
    if found is None:
        raise Http404(gettext("There is no such study."))
    if wish == CITATION:
        style = parameters.get("style", "apa")
        line = cited_plain(item_of(found), style if style in STYLES else "apa")
        return HttpResponse(f"{line}\n", content_type=f"{CITATION}; charset=utf-8")
    if wish == head.JSON_LD:
        citations = found.citations.select_related("cited")[:TOLD_CITATIONS]
        facts = head.json_ld(found, found.authorships_in_order, keywords_of(found), citations)
        return HttpResponse(json.dumps(facts, ensure_ascii=False), content_type=f"{wish}; charset=utf-8")
    return as_file(found, MEDIA_TYPES[wish])


@require_safe
def cite(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """``…/cite/?style=apa``: the study as a line of a reference list; a page, or with htmx what goes into the fold."""
    style = request.GET.get("style", "apa")
    if style not in STYLES:
        raise Http404(gettext("There is no such citation style here."))
    found = next(iter(whole([pk])), None)
    if found is None:
        raise Http404(gettext("There is no such study."))
    if slug != found.slug:
        return redirect("studies:cite", pk, found.slug, permanent=True)
    context = {
        "section": "studies",
        "study": found,
        "styles": STYLES,
        "style": style,
        "cited": cited(item_of(found), style),
        "base": head.address_without_format(found),
    }
    answer = render(request, "studies/_cite.html" if request.htmx else "studies/cite.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_safe
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """``/studies/12/card.png``: the picture that other sites show beside a link to the study."""
    found = get_object_or_404(Study.objects.select_related("journal"), pk=pk)
    tag = drawing.etag(found)
    answer = get_conditional_response(request, etag=tag)
    if answer is None:
        answer = HttpResponse(drawing.draw(found), content_type="image/png")
    answer["ETag"] = tag
    # Others show it on their own pages: that is what it is for.
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_cache_control(answer, public=True, max_age=86_400)
    return answer
