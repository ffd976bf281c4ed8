"""The kinds of results: how each is asked for, and what of it this visitor may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from accounts.models import Member
from common.counting import CappedCount
from common.models import Tag
from common.paging import KeysetPage, cursor_of, paginate, values_of
from common.search import Near, Query, Question, matching, search
from common.tags import normalise
from forum.models import Comment, Post
from notices.muting import muted_by
from pages.searching import operators
from pages.searching.narrowing import Narrowing
from studies.identifiers import recognise
from studies.models import Study

VECTOR = "text__search_vector"
FEW = {"study": 6, "post": 6, "comment": 5, "member": 6, "tag": 12}  # on the page of all kinds
MOST_RANKED = 200  # results of one kind in the order "best"; "new" goes on to the last
HEADINGS = {
    "study": gettext_noop("Studies"),
    "post": gettext_noop("Posts"),
    "comment": gettext_noop("Comments"),
    "member": gettext_noop("Members"),
    "tag": gettext_noop("Tags"),
}


@dataclass
class Results:
    """What was found of one kind."""

    kind: str
    rows: list[Any] = field(default_factory=list)
    count: CappedCount = CappedCount(0)  # noqa: RUF009 - frozen
    page: KeysetPage | None = None

    @property
    def heading(self) -> str:
        return HEADINGS[self.kind]

    @property
    def has_more(self) -> bool:
        return self.count.more or self.count.number > len(self.rows)


@dataclass
class Search:
    """One query of one visitor."""

    query: Query
    user: Any

    def __post_init__(self) -> None:
        self.question = Question(self.query)
        self.narrowing = Narrowing(self.query, self.user)

    @classmethod
    def of(cls, typed: str, user: Any) -> Search:
        return cls(operators.read(typed), user)

    @property
    def kinds(self) -> tuple[str, ...]:
        return operators.kinds_of(self.query) if self.query else ()

    @property
    def notes(self) -> list[str]:
        """What the visitor should know of how the query was read; whole only after it was answered."""
        return [*self.query.notes, *dict.fromkeys(self.narrowing.notes)]

    def rows(self, kind: str) -> QuerySet:
        """Those of a kind that are in this visitor's sight and as the operators want them."""
        if kind == "study":
            return self.narrowing.studies(Study.objects.all())
        if kind == "post":
            return self.narrowing.posts(Post.objects.listed_for(self.user))
        return self.narrowing.comments(Comment.objects.listed_for(self.user))

    def near(self, kind: str) -> list[Near]:
        return getattr(self.narrowing, {"study": "near_studies", "post": "near_posts"}.get(kind, "near_comments"))()

    def few(self) -> list[Results]:
        """The first few of every kind that has any."""
        found = []
        for kind in self.kinds:
            results = self._best(kind, FEW[kind], 0) if kind in LISTED else self._by_name(kind, FEW[kind])
            if results.rows:
                found.append(results)
        return found

    def page(self, kind: str, sort: str, after: str) -> Results:
        """One page of one kind. Raises ``Http404`` for a cursor that does not fit."""
        if kind not in LISTED:
            return self._by_name(kind, settings.LIST_PAGE)
        if sort == "new":
            rows = matching(LISTED[kind](self.rows(kind)), VECTOR, self.question)
            page = paginate(rows, ("-pk",), after)
            return Results(kind, page.rows, page=page)
        skip = values_of(after, [int])[0] if after else 0
        skip = min(max(skip, 0), MOST_RANKED)
        results = (
            self._best(kind, min(settings.LIST_PAGE, MOST_RANKED - skip), skip) if skip < MOST_RANKED else Results(kind)
        )
        reached = skip + len(results.rows)
        goes_on = len(results.rows) == settings.LIST_PAGE and reached < MOST_RANKED and results.count.number > reached
        results.page = KeysetPage(results.rows, cursor_of([reached]) if goes_on else "", is_first=not skip)
        return results

    def _best(self, kind: str, most: int, skip: int) -> Results:
        rows = LISTED[kind](self.rows(kind))
        named = list(self._named_studies()) if kind == "study" and not skip else []
        found = search(rows, VECTOR, self.question, most, self.near(kind), skip)
        merged = [*named, *(row for row in found if row not in named)][:most]
        return Results(kind, merged, found.count or CappedCount(len(merged)))

    @property
    def identifier(self) -> tuple[str, str] | None:
        """The identifier that was typed, and nothing else."""
        return recognise(self.query.text) if not self.query.filters else None

    def _named_studies(self) -> Sequence[Study]:
        """The study an identifier names stands first, whatever the words say."""
        identifier, studies = self.identifier, Study.objects.for_list()
        if identifier and identifier[0] in ("doi", "pmid", "pmcid"):
            return list(studies.identified_by(**{identifier[0]: identifier[1]}))
        if identifier and identifier[0] == "registration":
            return list(studies.filter(registration=identifier[1])[: FEW["study"]])
        return []

    # ── Members and tags: by name ────────────────────────────────────────────────────────────────

    def _by_name(self, kind: str, most: int) -> Results:
        words = [*self.query.words, *self.query.phrases]
        rows = self._members(words, most) if kind == "member" else self._tags(words, most)
        return Results(kind, rows, CappedCount(len(rows)), KeysetPage(rows))

    def _members(self, words: list[str], most: int) -> list[Member]:
        """Members whose name begins with one of the words."""
        begins = Q(pk__in=[])
        for word in words:
            begins |= Q(username__istartswith=word)
        members = Member.objects.findable().filter(begins).exclude(pk__in=muted_by(self.user).members)
        return list(members.order_by("username")[:most])

    def _tags(self, words: list[str], most: int) -> list[Tag]:
        """Tags that are the query or one of its words, then those that contain one."""
        exact = Q(name__in=[normalise(" ".join(self.query.words)), *map(normalise, words)])
        contains = Q(pk__in=[])
        for word in words:
            if len(word) > 2:
                contains |= Q(name__contains=normalise(word))
        found = list(Tag.objects.filter(exact, use_count__gt=0).order_by("-use_count", "name")[:most])
        more = Tag.objects.filter(contains, use_count__gt=0).exclude(pk__in=[tag.pk for tag in found])
        return [*found, *more.order_by("-use_count", "name")[: most - len(found)]]


# With what a row of the list shows.
LISTED: dict[str, Any] = {
    "study": lambda rows: rows.for_list(),
    "post": lambda rows: rows.for_list(),
    "comment": lambda rows: rows.select_related("author", "post", "post__category"),
}
