"""Things for tests, each with only what a sentence mentions; the rest is made up and unique."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts.models import Member
from accounts.models.member import LIBRARIANS, MODERATORS
from common.models import Tag
from common.pictures import keeping, making
from common.pictures.taking import Made
from common.tags import set_tags
from forum.models import Category, Comment, Picture, Post
from forum.models.picture import SHELF
from studies.models import Author, Authorship, Citation, Journal, Study, StudyTag, StudyText, Summary
from tests.shared_pictures import picture

numbers = count(1)


def make_member(name: str = "", **fields) -> Member:
    name = name or f"reader{next(numbers)}x"
    return Member.objects.create_user(
        name, fields.pop("email", f"{name}@example.org"), fields.pop("password", None), **fields
    )


def confirmed(member: Member) -> Member:
    """The member, having confirmed their address."""
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def make_moderator(name: str = "") -> Member:
    moderator = make_member(name or f"steward{next(numbers)}x", is_staff=True)
    moderator.groups.add(Group.objects.get_or_create(name=MODERATORS)[0])
    return moderator


def make_librarian(name: str = "") -> Member:
    librarian = make_member(name or f"keeper{next(numbers)}x", is_staff=True)
    librarian.groups.add(Group.objects.get_or_create(name=LIBRARIANS)[0])
    return librarian


def signed_in(member: Member | None = None) -> Client:
    """The browser of this member, or of anybody."""
    client = Client()
    client.force_login(member or make_member())
    return client


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


def make_picture(owner: Member | None = None, *, alt: str = "A lamp", **fields) -> Picture:
    """A picture with its files, as if it had been sent."""
    made = [Made(width, height, data) for width, height, data in making.make(picture(), [1600])]
    shown = Picture.objects.create(
        owner=owner or make_member(), name=keeping.new_name(), digest=f"{next(numbers):064}", alt=alt,
        width=made[0].width, height=made[0].height, size=len(made[0].data), **fields,
    )  # fmt: skip
    keeping.keep(SHELF, shown.name, made)
    return shown


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


def make_many_posts(count: int, *, tag: Tag | None = None, category: Category | None = None) -> list[int]:
    """As many posts as a list needs to be long, written by two statements and without any words; gives their ids."""
    shelf = category or make_category()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO forum_post (title, category_id, own_gist, gist, subject_title, subject_url, posted_at,"
            " last_active_at, comment_count, is_locked, is_pinned, version, token, score, is_hidden)"
            " SELECT 'Post of many', %s, '', '', '', '', now(), now(), 0, false, false, 1, gen_random_uuid(), 0, false"
            " FROM generate_series(1, %s) RETURNING id",
            [shelf.pk, count],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
        if tag:
            cursor.execute(
                "INSERT INTO forum_posttag (content_object_id, tag_id) SELECT unnest(%s::bigint[]), %s", [ids, tag.pk]
            )
            cursor.execute("UPDATE common_tag SET use_count = use_count + %s WHERE id = %s", [count, tag.pk])
    return ids


def make_many_comments(post: Post, count: int, *, under: Comment | None = None) -> list[int]:
    """As many comments on a post, or replies to one of its comments, by few statements; gives their ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO forum_comment (post_id, parent_id, root_id, ancestors, posted_at, version, token, score, is_hidden)"
            " SELECT %s, %s, %s, %s::bigint[], now(), 1, gen_random_uuid(), 0, false FROM generate_series(1, %s) RETURNING id",
            [
                post.pk,
                under and under.pk,
                under and (under.root_id or under.pk),
                [*under.ancestors, under.pk] if under else [],
                count,
            ],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(
            "INSERT INTO forum_commenttext (comment_id, body, body_html, renderer_version)"
            " SELECT id, 'Number ' || id, '<p>Number ' || id || '.</p>', 1 FROM unnest(%s::bigint[]) made (id)",
            [ids],
        )
    Post.objects.filter(pk=post.pk).update(comment_count=F("comment_count") + count)
    post.refresh_from_db()
    return ids


def make_long_thread(post: Post, writers: Sequence[Member]) -> int:
    """10,000 comments on a post, 40 levels deep, by some fifty statements; gives the id of one with 5,000 replies.

    2,000 of them stand at the top; 5,000 hang below one of these, and 3,000 below 200 others.
    """
    big = [2000, 1000, 500, 300, *[34] * 12, *[33] * 24]  # replies at each level
    words = "Words that a member wrote about what they tried, for how long, and what came of it. " * 4
    with connection.cursor() as cursor:

        def level(parents: list[int], number: int) -> list[int]:
            """As many comments under these, in turn."""
            cursor.execute(
                "INSERT INTO forum_comment (post_id, parent_id, root_id, ancestors, author_id, posted_at, version, token,"
                " score, is_hidden) SELECT %s, p.id, COALESCE(p.root_id, p.id),"
                " CASE WHEN p.id IS NULL THEN '{}' ELSE p.ancestors || p.id END,"
                " (%s::bigint[])[1 + n %% %s], now(), 1, gen_random_uuid(), n * 31 %% 17, false"
                " FROM generate_series(1, %s) n LEFT JOIN forum_comment p ON p.id = (%s::bigint[])[1 + n %% %s]"
                " RETURNING id",
                [post.pk, [each.pk for each in writers], len(writers), number, parents, max(len(parents), 1)],
            )
            return [pk for (pk,) in cursor.fetchall()]

        tops = level([], 1999)
        (root,) = row = level([], 1)
        for number in big:
            row = level(row, number)
        row = tops[:200]
        for _ in range(5):
            row = level(row, 600)[:300]
        cursor.execute(
            "INSERT INTO forum_commenttext (comment_id, body, body_html, renderer_version)"
            " SELECT id, %s, '<p>' || %s || '</p>', 1 FROM forum_comment WHERE post_id = %s"
            " ON CONFLICT DO NOTHING",
            [words, words, post.pk],
        )
        cursor.execute("ANALYZE forum_comment, forum_commenttext")
    Post.objects.filter(pk=post.pk).update(comment_count=post.comments.count())
    post.refresh_from_db()
    return root
