"""The search page: one list for each kind of result, identifiers first."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Member
from common.models import Tag
from common.search import QUERY_LIMIT, Question, find
from common.tags import normalise
from forum.models import Post, PostVote
from moderation.limits import count_reading
from notices.muting import muted_by
from studies.identifiers import recognise
from studies.models import SavedStudy, Study

MOST = {"studies": 10, "posts": 10, "members": 6, "tags": 12}


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "")
    if typed:
        count_reading(request, "search")
    question = Question.of(typed)
    context = {"query": question.text, "too_long": len(typed) > QUERY_LIMIT, "results": None}
    if question.text:
        identifier = recognise(question.text)
        studies = _studies(question, identifier)
        posts = find(Post.objects.listed_for(request.user).for_list(), "text__search_vector", question, MOST["posts"])
        context |= {
            "studies": studies,
            "posts": posts,
            "members": _members(question, request.user),
            "tags": _tags(question),
            "identifier": identifier,
            "voted": PostVote.of(request.user, posts),
            "saved": SavedStudy.of(request.user, studies),
        }
        context["results"] = any(context[kind] for kind in MOST)
    return render(request, "pages/search.html", context)


def _studies(question: Question, identifier: tuple[str, str] | None) -> list[Study]:
    """The study an identifier names stands first, whatever the words say."""
    studies = Study.objects.for_list()
    named = []
    if identifier and identifier[0] in ("doi", "pmid", "pmcid"):
        named = list(studies.identified_by(**{identifier[0]: identifier[1]}))
    elif identifier and identifier[0] == "registration":
        named = list(studies.filter(registration=identifier[1])[: MOST["studies"]])
    found = find(studies, "text__search_vector", question, MOST["studies"])
    return [*named, *(study for study in found if study not in named)][: MOST["studies"]]


def _members(question: Question, reader) -> list[Member]:
    """Members whose name begins with one of the words."""
    begins = Q(pk__in=[])
    for word in question.words:
        begins |= Q(username__istartswith=word)
    members = Member.objects.filter(begins, is_active=True).exclude(pk__in=muted_by(reader).members)
    return list(members.order_by("username")[: MOST["members"]])


def _tags(question: Question) -> list[Tag]:
    """Tags that are the question or one of its words, then those that contain one."""
    whole = normalise(question.text)
    exact = Q(name__in=[whole, *question.words])
    contains = Q(pk__in=[])
    for word in question.words:
        if len(word) > 2:
            contains |= Q(name__contains=normalise(word))
    found = list(Tag.objects.filter(exact, use_count__gt=0).order_by("-use_count", "name")[: MOST["tags"]])
    more = Tag.objects.filter(contains, use_count__gt=0).exclude(pk__in=[tag.pk for tag in found])
    return [*found, *more.order_by("-use_count", "name")[: MOST["tags"] - len(found)]]
