"""The library: every study, by facets; and the pages of journals and authors."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from common.counting import capped_count
from common.models import Tag
from common.paging import KeysetPage, paginate
from common.search import QUERY_LIMIT
from common.text import clean_line
from forum.models import Post
from notices.following import followed_among
from studies.models import Author, Journal, SavedStudy, Study
from studies.models.study import Level

NAMES = (gettext_noop("New"), gettext_noop("Cited"), gettext_noop("Discussed"))  # as the page names them
ORDERS = {"new": ("-published_key", "-pk"), "cited": ("-cited_by_count", "-pk"), "discussed": ("-comment_count", "-pk")}
FACET_TAGS = 24
PARAMETERS = ("q", "tag", "journal", "year", "level", "open", "retracted")  # of a query, besides its order and place


@dataclass(frozen=True)
class Facets:
    """What the library list is narrowed to; each field is checked, and an unknown value is a 404."""

    words: str = ""
    tag: Tag | None = None
    journal: Journal | None = None
    year: int | None = None
    level: Level | None = None
    open_access: bool = False
    retracted: bool = False

    @classmethod
    def from_query(cls, query) -> Facets:
        year = query.get("year", "")
        if year and not (year.isascii() and year.isdecimal() and len(year) == 4):
            raise Http404(gettext("A year has four digits."))
        level = query.get("level", "")
        if level and level not in Level.values:
            raise Http404(gettext("There is no such level of evidence."))
        return cls(
            words=clean_line(query.get("q", ""))[:QUERY_LIMIT],
            tag=get_object_or_404(Tag, slug=query["tag"]) if query.get("tag") else None,
            journal=get_object_or_404(Journal, slug=query["journal"]) if query.get("journal") else None,
            year=int(year) if year else None,
            level=Level(level) if level else None,
            open_access=query.get("open") == "1",
            retracted=query.get("retracted") == "1",
        )

    def apply(self, studies: QuerySet) -> QuerySet:
        if self.words:
            studies = studies.filter(
                text__search_vector=SearchQuery(self.words, config="english", search_type="websearch")
            )
        if self.tag:
            studies = studies.filter(tag_items__tag=self.tag)
        if self.journal:
            studies = studies.filter(journal=self.journal)
        if self.year:
            studies = studies.filter(published_year=self.year)
        if self.level:
            studies = studies.filter(evidence_level=self.level)
        if self.open_access:
            studies = studies.exclude(open_access_url="")
        if self.retracted:
            studies = studies.exclude(retraction="")
        return studies

    @property
    def any(self) -> bool:
        return self != Facets()

    @property
    def name(self) -> str:
        """What the list is narrowed to, in words for the name of a file."""
        parts = [self.words, self.tag and self.tag.name, self.journal and self.journal.short_title, self.year]
        parts += [self.level and self.level.label, self.open_access and "open access", self.retracted and "retracted"]
        return " ".join(str(part) for part in parts if part)


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Every study of the library, narrowed by facets, a page at a time."""
    facets, sort = Facets.from_query(request.GET), request.GET.get("sort", "new")
    if sort not in ORDERS:
        raise Http404(gettext("Studies can be sorted by new, cited or discussed."))
    studies = facets.apply(Study.objects.all())
    page = _page(studies, sort, request.GET.get("after", ""))
    return render(
        request,
        "studies/library.html",
        {
            "section": "studies",
            "page": page,
            "saved": SavedStudy.of(request.user, page.rows),
            "facets": facets,
            "count": capped_count(studies),
            "sort": sort,
            "sorts": tuple(ORDERS),
            "levels": Level.choices,
            "facet_tags": Tag.objects.filter(use_count__gt=0).order_by("-use_count", "name")[:FACET_TAGS],
            "years": _years(),
        },
    )


def _page(studies: QuerySet, sort: str, after: str) -> KeysetPage:
    if sort != "discussed":
        return paginate(studies.for_list(), ORDERS[sort], after)
    # The order stands on the threads, so the list is read from there: only discussed studies have one.
    threads = discussed_threads(Post.objects)
    page = paginate(threads.filter(discussed_study__in=studies), ORDERS[sort], after)
    found = {study.discussion_id: study for study in Study.objects.for_list().filter(discussion__in=page.rows)}
    page.rows = [found[thread.pk] for thread in page.rows if thread.pk in found]
    return page


def discussed_threads(posts) -> QuerySet:
    """The threads in sight that belong to something and have been written in."""
    return posts.filter(deleted_at__isnull=True, is_hidden=False, comment_count__gt=0).exclude(subject_url="")


def _years() -> list[int]:
    """The years of the library, newest first: a loose index scan, one probe for each year."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE years (year) AS ("
            " SELECT max(published_year) FROM studies_study"
            " UNION ALL SELECT (SELECT max(published_year) FROM studies_study WHERE published_year < years.year)"
            " FROM years WHERE years.year IS NOT NULL"
            ") SELECT year FROM years WHERE year IS NOT NULL LIMIT 120"
        )
        return [year for (year,) in cursor.fetchall()]


@require_safe
def journal(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Journal, slug=slug)
    studies = found.studies.all()
    page = paginate(studies.for_list(), ORDERS["new"], request.GET.get("after", ""))
    context = {"section": "studies", "journal": found, "page": page, "count": capped_count(studies)}
    context["is_followed"] = bool(followed_among(request.user, [found]))
    context["saved"] = SavedStudy.of(request.user, page.rows)
    return render(request, "studies/journal.html", context)


@require_safe
def author(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    found = get_object_or_404(Author, pk=pk)
    if slug != found.slug:
        return redirect(found, permanent=True)
    studies = Study.objects.filter(pk__in=found.authorships.values("study"))
    page = paginate(studies.for_list(), ORDERS["new"], request.GET.get("after", ""))
    return render(
        request,
        "studies/author.html",
        {
            "section": "studies",
            "author": found,
            "page": page,
            "count": capped_count(studies),
            "is_followed": bool(followed_among(request.user, [found])),
            "saved": SavedStudy.of(request.user, page.rows),
        },
    )
