"""Things for tests, each with only what a sentence mentions; the rest is made up and unique."""

from __future__ import annotations

from itertools import count

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Member
from accounts.models.member import MODERATORS
from common.tags import set_tags
from forum.models import Category, Comment, Post
from studies.models import Author, Authorship, Citation, Journal, Study, StudyTag, StudyText, Summary

numbers = count(1)


def make_member(name: str = "", **fields) -> Member:
    name = name or f"reader{next(numbers)}x"
    return Member.objects.create_user(
        name, fields.pop("email", f"{name}@example.org"), fields.pop("password", None), **fields
    )


def make_moderator(name: str = "") -> Member:
    moderator = make_member(name or f"steward{next(numbers)}x", is_staff=True)
    moderator.groups.add(Group.objects.get(name=MODERATORS))
    return moderator


def make_category(name: str = "") -> Category:
    number = next(numbers)
    return Category.objects.create(name=name or f"Shelf {number}", slug=(name or f"shelf-{number}").lower())


def make_post(*, author: Member | None = None, category: Category | None = None, **fields) -> Post:
    return Post.write(
        author=author or make_member(),
        category=category or make_category(),
        title=fields.pop("title", f"A question {next(numbers)}"),
        body=fields.pop("body", "Has anyone tried it for longer than a year?"),
        **fields,
    )


def make_comment(
    post: Post | None = None, *, author: Member | None = None, body: str = "For two years now.", **fields
) -> Comment:
    return (post or make_post()).add_comment(author or make_member(), body, **fields)


def make_journal(title: str = "") -> Journal:
    title = title or f"Journal of Numbers {next(numbers)}"
    return Journal.objects.create(title=title, title_key=title.casefold(), slug=title.lower().replace(" ", "-"))


def make_study(title: str = "", *, tags=(), authors=(), tldr: str = "", **fields) -> Study:
    number = next(numbers)
    study = Study.objects.create(
        title=title or f"A trial of something {number}",
        doi=fields.pop("doi", f"10.9999/study.{number}"),
        journal=fields.pop("journal", None) or make_journal(),
        published_year=fields.pop("published_year", 2020),
        **fields,
    )
    names = [tag.name for tag in set_tags(study, StudyTag, tags)]
    StudyText.objects.create(study=study, title=study.title, tag_words=" ".join(names), plain=tldr)
    for position, family in enumerate(authors, 1):
        author, _ = Author.objects.get_or_create(key=f"name:{family}", defaults={"family": family})
        Authorship.objects.create(study=study, author=author, position=position)
    if tldr:
        Summary.objects.create(study=study, tldr=tldr, body=tldr, written_on=timezone.localdate())
    return study


def cite(study: Study, cited: Study | None = None, **fields) -> Citation:
    """A reference of ``study``; with ``cited`` it names a study of the library. Counters move as imports move them."""
    position = study.citations.count() + 1
    citation = Citation.objects.create(
        study=study, cited=cited, position=position, text=fields.pop("text", "A work"), **fields
    )
    Study.objects.filter(pk=study.pk).update(
        reference_count=position, cites_count=study.citations.filter(cited__isnull=False).count()
    )
    if cited:
        Study.objects.filter(pk=cited.pk).update(cited_by_count=cited.citing.values("study").distinct().count())
    study.refresh_from_db()
    return citation
