"""What the operators of a query mean for studies, posts and comments: conditions, and where candidates are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat, Upper
from django.utils.translation import gettext, gettext_noop

from accounts.models import Member
from accounts.privacy import shows_activity
from common.models import Tag
from common.search import NEAR, Near, Query, newest
from common.tags import normalise
from forum.models import Category, Comment, Poll, Post, PostTag
from pages.searching.operators import Years
from studies.models import Authorship, Mention, Study, StudyTag

BUSY_POSTS = 500  # posts of a tag or category whose comments are looked at
OF_A_POST = 200  # comments looked at of each, the newest
POLLED = Poll.objects.order_by("-post_id").values("post_id")  # by the index that keeps one poll for a post


MISSING = {
    "tag": gettext_noop("There is no tag “%(value)s” here."),
    "category": gettext_noop("There is no category “%(value)s” here."),
}


@dataclass(frozen=True)
class Named:
    """A thing that an operator names: none where there is no such thing."""

    thing: Any
    negated: bool


@dataclass
class Narrowing:
    """The operators of one visitor's query, with the things they name (a query for each kind, at first use)."""

    query: Query
    user: Any
    notes: list[str] = field(default_factory=list)

    def _named(self, operator: str, found: dict[str, Any], spell, what: str) -> list[Named]:
        named = []
        for each in self.query.filters:
            if each.name == operator:
                thing = found.get(spell(each.value))
                if thing is None and what:
                    self.notes.append(gettext(MISSING[what]) % {"value": each.value})
                named.append(Named(thing, each.negated))
        return named

    @cached_property
    def tags(self) -> list[Named]:
        names = [normalise(each.value) for each in self.query.filters if each.name == "tag"]
        if not names:
            return []
        found: dict[str, Any] = {}
        for tag in Tag.objects.filter(Q(name__in=names) | Q(slug__in=names)).select_related("synonym_of"):
            found[tag.slug] = tag.synonym_of or tag
            found[tag.name] = tag.synonym_of or tag
        return self._named("tag", found, normalise, "tag")

    @cached_property
    def categories(self) -> list[Named]:
        if not any(each.name == "category" for each in self.query.filters):
            return []
        found: dict[str, Any] = {}
        for category in Category.objects.all():
            found[category.name.casefold()] = found[category.slug] = category
        return self._named("category", found, str.casefold, "category")

    @cached_property
    def authors(self) -> list[Named]:
        names = [each.value.removeprefix("@").lower() for each in self.query.filters if each.name == "author"]
        if not names:
            return []
        called = Member.objects.filter(is_active=True).annotate(spelled=Upper("username"))
        found = {
            member.username.lower(): member for member in called.filter(spelled__in=[name.upper() for name in names])
        }
        named = self._named("author", found, lambda name: name.removeprefix("@").lower(), "")
        # Who keeps the list of what they wrote to themself is as nobody here; others' are still found without theirs.
        return [
            each if each.negated or not each.thing or shows_activity(each.thing, to=self.user) else Named(None, False)
            for each in named
        ]

    @cached_property
    def years(self) -> list[tuple[Years, bool]]:
        read = [(Years.read(each.value), each.negated) for each in self.query.filters if each.name == "year"]
        return [(years, negated) for years, negated in read if years]

    def _asks(self, operator: str, value: str) -> list[bool]:
        """For each time the operator has this value, whether it is wanted."""
        return [
            not each.negated for each in self.query.filters if (each.name, each.value.casefold()) == (operator, value)
        ]

    # ── Studies ──────────────────────────────────────────────────────────────────────────────────

    def studies(self, rows: QuerySet) -> QuerySet:
        for tag in self.tags:
            rows = _keep(
                rows, Exists(StudyTag.objects.filter(content_object=OuterRef("pk"), tag=_id(tag))), tag.negated
            )
        for each in self.query.filters:
            if each.name == "author":
                rows = _keep(rows, self._written_by(each.value), each.negated)
        for years, negated in self.years:
            rows = _keep(rows, Q(published_year__range=(years.first, years.last)), negated)
        return rows

    def _written_by(self, name: str) -> Q:
        """By the index of words, in which all names stand; then by the very author."""
        whole = Concat(F("author__given"), Value(" "), F("author__family"))
        places = Authorship.objects.annotate(whole=whole).filter(study=OuterRef("pk"))
        this = places.filter(
            Q(author__family__iexact=name) | Q(whole__iexact=name) | Q(author__collective__iexact=name)
        )
        return Q(text__search_vector=SearchQuery(name, config="simple")) & Q(Exists(this))

    def near_studies(self) -> list[Near]:
        near = [
            Near(StudyTag.objects.filter(tag=tag.thing).order_by("-content_object").values("content_object")[:NEAR])
            for tag in self.tags
            if tag.thing and not tag.negated
        ]
        for name in self.query.values("author"):
            written = Study.objects.filter(self._written_by(name)).order_by("-pk").values("pk")
            near.append(Near(written[:NEAR]))
        for years, negated in self.years:
            if not negated and not near:
                order = ("-published_year", "-pk")
                of_years = Study.objects.filter(published_year__range=(years.first, years.last)).order_by(*order)
                near.append(Near(of_years.values("pk")[:NEAR]))
        return near or [newest(Study)]

    # ── Posts ────────────────────────────────────────────────────────────────────────────────────

    def posts(self, rows: QuerySet) -> QuerySet:
        for tag in self.tags:
            rows = _keep(rows, _tagged("pk", tag), tag.negated)
        for category in self.categories:
            rows = _keep(rows, Q(category=_id(category)), category.negated)
        for author in self.authors:
            rows = _keep(rows, Q(author=_id(author)), author.negated, "author")
        for years, negated in self.years:
            start, end = years.moments
            rows = _keep(rows, Q(posted_at__gte=start, posted_at__lt=end), negated)
        for wanted in self._asks("has", "study"):
            named = Exists(Mention.objects.filter(post=OuterRef("pk"), work__study__isnull=False))
            rows = _keep(rows, ~Q(subject_url="") | Q(named), not wanted)
        for wanted in self._asks("has", "poll"):
            rows = _keep(rows, Q(Exists(Poll.objects.filter(post=OuterRef("pk")))), not wanted)
        for wanted in self._asks("is", "answered"):
            rows = rows.filter(is_answered=wanted)
        return rows

    def near_posts(self) -> list[Near]:
        new = ("-posted_at", "-pk")
        near = [
            Near(Post.objects.filter(author=author.thing.pk).order_by(*new).values("pk")[:NEAR])
            for author in self.authors
            if author.thing and not author.negated
        ]
        if near:
            return near
        near = [
            Near(PostTag.objects.filter(tag=tag.thing).order_by("-content_object").values("content_object")[:NEAR])
            for tag in self.tags
            if tag.thing and not tag.negated
        ]
        near += [
            Near(Post.objects.filter(category=category.thing).order_by(*new).values("pk")[:NEAR])
            for category in self.categories
            if category.thing and not category.negated
        ]
        for years, negated in self.years:
            if not negated:
                start, end = years.moments
                of_years = Post.objects.filter(posted_at__gte=start, posted_at__lt=end).order_by(*new)
                near.append(Near(of_years.values("pk")[:NEAR]))
        if not near and any(self._asks("has", "poll")):
            near = [Near(POLLED[:NEAR])]
        if not near and any(self._asks("is", "answered")):
            near = [Near(Post.objects.filter(is_answered=True).order_by(*new).values("pk")[:NEAR])]
        return near or [newest(Post, *new)]

    # ── Comments ─────────────────────────────────────────────────────────────────────────────────

    def comments(self, rows: QuerySet) -> QuerySet:
        for tag in self.tags:
            rows = _keep(rows, _tagged("post_id", tag), tag.negated)
        for category in self.categories:
            rows = _keep(rows, Q(post__category=_id(category)), category.negated)
        for author in self.authors:
            rows = _keep(rows, Q(author=_id(author)), author.negated, "author")
        for years, negated in self.years:
            start, end = years.moments
            rows = _keep(rows, Q(posted_at__gte=start, posted_at__lt=end), negated)
        for wanted in self._asks("has", "study"):
            named = Mention.objects.filter(comment=OuterRef("pk"), work__study__isnull=False)
            rows = _keep(rows, Q(Exists(named)), not wanted)
        for wanted in self._asks("has", "poll"):
            rows = _keep(rows, Q(Exists(Poll.objects.filter(post=OuterRef("post_id")))), not wanted)
        return rows

    def near_comments(self) -> list[Near]:
        near = [
            Near(Comment.objects.filter(author=author.thing.pk).order_by("-posted_at", "-pk").values("pk")[:NEAR])
            for author in self.authors
            if author.thing and not author.negated
        ]
        if near:
            return near
        for tag in self.tags:
            if tag.thing and not tag.negated:
                carrying = PostTag.objects.filter(tag=tag.thing).order_by("-content_object").values("content_object")
                near.append(_on(carrying))
        for category in self.categories:
            if category.thing and not category.negated:
                active = Post.objects.filter(category=category.thing).order_by("-last_active_at", "-pk").values("pk")
                near.append(_on(active))
        for years, negated in self.years:
            if not negated:  # most comments are written soon after their post
                start, end = years.moments
                of_years = Post.objects.filter(posted_at__gte=start, posted_at__lt=end)
                near.append(_on(of_years.order_by("-posted_at", "-pk").values("pk")))
        if not near and any(self._asks("has", "poll")):
            near = [_on(POLLED)]
        return [*near, newest(Comment)]


def _keep(rows: QuerySet, condition: Any, negated: bool, nullable: str = "") -> QuerySet:
    if not negated:
        return rows.filter(condition)
    # What has no author is by nobody, so not by this one either.
    return rows.filter(~Q(condition) | Q(**{f"{nullable}__isnull": True})) if nullable else rows.exclude(condition)


def _id(named: Named) -> int:
    """The thing's id; 0, which nothing has, where there is no such thing."""
    return named.thing.pk if named.thing else 0


def _tagged(post: str, tag: Named) -> Exists:
    return Exists(PostTag.objects.filter(content_object=OuterRef(post), tag=_id(tag)))


def _on(posts: QuerySet) -> Near:
    """The newest comments on each of the first ``BUSY_POSTS`` of these posts, by the index of each post's comments."""
    sql, params = posts[:BUSY_POSTS].query.sql_with_params()
    newest_of_each = (
        f"SELECT c.id FROM ({sql}) p (id) CROSS JOIN LATERAL (SELECT id FROM forum_comment WHERE post_id = p.id"  # noqa: S608
        f" ORDER BY id DESC LIMIT {OF_A_POST}) c LIMIT {NEAR}"
    )
    return Near(RawSQL(newest_of_each, params), is_whole=False)  # noqa: S611 - our own words
