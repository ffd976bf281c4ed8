"""What a page costs does not grow with what it shows: as many queries for one row as for fifty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import Tag
from common.tags import set_tags
from forum import polls, saving, solving
from forum.models import Category, Comment, CommentText, Draft, Post, PostTag, PostText
from moderation.models import Appeal, AppealMessage, MemberNote, Sanction, Trace
from moderation.reporting import report
from notices.following import follow, unfollow
from notices.models import FeedKey
from notices.muting import mute
from notices.telling import tell
from studies import keeping
from studies.arrivals import tell_of_new_studies
from studies.models import (
    Author,
    Citation,
    Correction,
    ErrorReport,
    ImportLine,
    ImportRun,
    Journal,
    MergeProposal,
    ReadingList,
    Study,
    StudySuggestion,
    StudyTag,
    Summary,
    SummaryProposal,
)
from tests.builders import (
    cite,
    make_category,
    make_comment,
    make_journal,
    make_member,
    make_moderator,
    make_picture,
    make_post,
    make_study,
)

pytestmark = pytest.mark.django_db

MANY = 50
MOST_FOR_A_GUEST = 24  # queries; the study page has the most. A member's session, votes, mutes and visits come on top.


class World:
    """A study, its journal, author, thread and tag, a member and a post: each page of them shows as many rows as asked."""

    def __init__(self) -> None:
        self.member = make_member("writer_one")
        self.category = make_category("shelf")
        self.journal = make_journal("Journal of Pages")
        self.study = make_study("The study", tags=["shared"], authors=["Doe"], journal=self.journal, tldr="It helps.")
        self.post = make_post(title="The post", author=self.member, category=self.category, tags=["shared"])
        Post.objects.filter(pk=self.post.pk).update(is_pinned=True)
        self.thread = self.study.open_discussion(self.member)
        self.author = Author.objects.get(family="Doe")
        self.reader = make_member("reader_one")
        self.moderator = make_moderator()
        self.picture = make_picture(self.reader)
        self.token = FeedKey.renew(self.reader).token
        self.list = ReadingList.start(self.reader, title="To read", is_public=True)
        self.run = ImportRun.objects.create(kind="file", state="done", title="records.xml", asked_by=self.member)
        self.rows = 0
        polls.set_terms(self.post, polls.Terms(("Yes", "No"), is_open=True))
        self.option = self.post.poll.options.first()
        solving.mark(make_comment(self.post), self.member)

    def grow(self, rows: int) -> None:
        """Let there be this many of everything that any list shows."""
        for number in range(self.rows, rows):
            writer = make_member(f"writer{number}_of_many")
            named = f"doi:{self.study.doi}, and 10.4321/wanted.{number}"
            post = make_post(title=f"Words {number}", author=self.member, category=self.category, body=named)
            set_tags(post, PostTag, ["shared", f"tag{number}"])
            comment = make_comment(self.post, author=writer, body=f"Answer {number}: {named}")
            make_comment(self.post, author=self.member, body="Reply", parent=comment)
            PostText.objects.filter(post=self.post).update(body=f"Version {number}")
            CommentText.objects.filter(comment=self.post.comments.order_by("pk").first()).update(body=f"Way {number}")
            for kind, about in (("comment_new", post.pk), ("comment_reply", comment.pk)):
                Draft.objects.create(
                    member=self.reader, kind=kind, thing_id=about, fields={"body": "Words"}, updated_at=timezone.now()
                )
            post.upvote(writer)
            polls.vote(self.post.poll, writer, [self.option.pk])
            solving.mark(make_comment(post, author=writer), self.member)
            make_post(author=self.reader).upvote(writer)
            comment.upvote(self.member)
            masked = make_post(author=self.reader, category=self.category, masked=True, tags=["shared"])
            make_comment(masked, author=self.reader)
            masked.upvote(writer)
            study = make_study(
                f"Words study {number}", authors=["Doe", f"Roe {number}"], journal=self.journal, tldr="Helps."
            )
            set_tags(study, StudyTag, ["shared"])
            cite(self.study, study)
            cite(study, self.study)
            MergeProposal.objects.create(study=self.study, other=study, why="alike", score=95)
            make_comment(study.open_discussion(writer), author=writer)
            make_comment(post, author=self.reader, body=make_picture(self.reader).markdown() + self.picture.markdown())
            report(post, "post", writer, "spam")
            given = Sanction.objects.create(member=self.reader, kinds=["warning"], reason="x", given_by=self.moderator)
            Sanction.objects.filter(pk=given.pk).update(acknowledged_at=timezone.now())
            talk = Appeal.objects.create(sanction=Sanction.objects.filter(member=self.reader).first())
            AppealMessage.objects.create(appeal=talk, author=self.reader, words=f"Words {number}")
            MemberNote.objects.create(member=self.reader, author=self.moderator, words=f"Note {number}")
            for who in (self.reader, writer):
                Trace.objects.get_or_create(member=who, kind="device", hash="same")
            report(self.reader, "member", writer, "spam")
            comment.hide(self.moderator, "Rude")
            comment.unhide(self.moderator, "Not rude")
            ImportRun.objects.create(kind="file", state="done", title=f"{number}.xml", asked_by=writer)
            ImportLine.objects.create(run=self.run, kind="new", words=study.title, study=study)
            tell([self.reader], kind="standing", key=f"number {number}", words="News", url="/")
            keeping.write_note(self.reader, study, "Mine")
            for words in (post, comment):
                saving.save(self.reader, words)
            self.list.add(study, note="Well put")
            ReadingList.start(self.reader, title=f"List {number}", is_public=True)
            follow(self.reader, study)
            follow(self.reader, study.authors.last())
            for thing in (self.journal, study.tags.get()):  # stay the newest of what is followed
                unfollow(self.reader, thing)
                follow(self.reader, thing)
            for kind, thing in (("post", post), ("tag", post.tags.get(name=f"tag{number}")), ("member", writer)):
                mute(self.reader, kind, thing.pk)
            tell_of_new_studies()
            words = {"tldr": f"It helps {number}.", "body": ""}
            Summary.write(self.study, editor=writer, version=number + 1, **words)
            SummaryProposal.send(study, writer, **words)
            ErrorReport.send(study, self.reader if number < 8 else writer, kind="other", words="Wrong.")
            StudySuggestion.ask("pmid", str(number + 1), self.reader if number < 8 else writer, "Please")
            Correction.send(study, writer, field="volume", before="", after="7", reason="It says so.")
        self.rows = rows

    def addresses(self) -> dict[str, str]:
        study, post = self.study.get_absolute_url(), self.post.get_absolute_url()
        first = self.post.comments.order_by("pk").first()
        return {
            "home": "/",
            "library": "/studies/",
            "library by citations": "/studies/?sort=cited",
            "library by discussion": "/studies/?sort=discussed",
            "library of a tag": "/studies/?tag=shared",
            "library of words": "/studies/?q=words",
            "study": study,
            "references": f"{study}references/",
            **{
                f"references, {rest}": f"{study}references/?{rest}"
                for rest in ("show=here&sort=cited", "show=wanted&sort=cited")
            },
            "cited by": f"{study}cited-by/",
            "history": f"{study}history/",
            "sources": f"{study}sources/",
            "history of the summary": f"{study}summary/history/",
            "version of the summary": f"{study}summary/history/1/",
            "related posts": f"{study}posts/",
            "posts that mention the study": f"{study}mentions/",
            "wanted studies": "/studies/wanted/",
            "similar research": f"{study}similar/",
            "journal": self.journal.get_absolute_url(),
            "author": self.author.get_absolute_url(),
            "community": "/community/",
            **{
                f"community, {sort}": f"/community/?sort={sort}"
                for sort in ("new", "top", "active", "unanswered", "answered")
            },
            "category": self.category.get_absolute_url(),
            "post": post,
            "post, oldest comments first": f"{post}?sort=old",
            "comment in its place": f"{post}?at={first.pk}",
            "history of a post": f"/posts/{self.post.pk}/history/",
            "history of a comment": f"/comments/{first.pk}/history/",
            "tags": "/tags/",
            "tag": "/tags/shared/",
            "posts of a tag": "/tags/shared/?show=posts",
            "studies of a tag": "/tags/shared/?show=studies",
            "search": "/search/?q=words",
            **{
                f"search: {rest}": f"/search/?q=words&show={rest}"
                for rest in ("study", "post", "post&sort=new", "comment", "comment&sort=new")
            },
            "suggestions of search": "/search/suggestions/?q=wor",
            "search with operators": "/search/?q=words+tag:shared+author:writer_one+has:study",
            "moderation log": "/moderation/log/",
            "profile": "/members/writer_one/",
            "badges": "/badges/",
            "feed of the community": "/community/feed.atom",
            "feed of a category": f"{self.category.get_absolute_url()}feed.atom",
            "feed of a thread": f"{self.post.get_absolute_url()}feed.atom",
            "feed of a member": f"{self.member.get_absolute_url()}feed.atom",
            "feed of the library": "/studies/feed.atom",
            "feed of a tag": "/tags/shared/feed.atom",
            "feed of a journal": f"{self.journal.get_absolute_url()}feed.atom",
            "feed of an author": f"{self.author.get_absolute_url()}feed.atom",
            "feed of a reading list": f"{self.list.get_absolute_url()}feed.atom",
            "private feed of what is followed": f"/feeds/{self.token}/following.atom",
            "private feed of notifications": f"/feeds/{self.token}/notifications.atom",
            "lists of a profile": "/members/reader_one/?show=lists",
            "reading list": self.list.get_absolute_url(),
            "comments of a profile": "/members/writer_one/?show=comments",
        }

    def own(self) -> dict[str, str]:
        """The pages that show each member their own."""
        return {
            "notifications": "/notifications/",
            "what is saved": "/saved/",
            "saved posts": "/saved/?type=post",
            "saved comments": "/saved/?type=comment",
            "what is saved with words": "/saved/?q=words",
            "reading lists": "/lists/",
            "one study in reading lists": f"{self.study.get_absolute_url()}keep/",
            "an entry of a reading list": f"/lists/{self.list.pk}/entries/{self.list.entries.first().pk}/note/",
            "one's own reading list": self.list.get_absolute_url(),
            "what is followed": "/following/",
            "what is muted": "/following/muted/",
            "what is new under a tag": f"/following/new/tag/{Tag.objects.get(name='shared').pk}/",
            "drafts": "/drafts/",
            "what one posted without a name": "/community/without-a-name/",
            "one's own pictures": "/pictures/",
            "a picture": self.picture.get_absolute_url(),
            "who voted in a poll": f"/posts/{self.post.pk}/poll/{self.option.pk}/voters/",
            "what members are told": "/settings/notices/",
            "one's own ledger": f"/members/{self.reader}/reputation/",
            "studies asked for": "/studies/suggest/",
            "decisions about one's account": "/settings/standing/",
            "an appeal": f"/appeals/{Sanction.objects.filter(member=self.reader).order_by('pk').first().token}/",
        }

    def desk(self) -> dict[str, str]:
        return {
            "posts at the desk": "/admin/forum/post/",
            "pictures at the desk": "/admin/forum/picture/",
            "comments at the desk": "/admin/forum/comment/",
            "studies at the desk": "/admin/studies/study/",
            "members at the desk": "/admin/accounts/member/",
            "tags at the desk": "/admin/common/tag/",
            "cases at the desk": "/admin/moderation/case/",
            "what moderators can do to a post": f"/moderation/post/{self.post.pk}/",
            "what moderators can do to a member": f"/moderation/member/{self.reader.pk}/",
            "everything of a member": f"/members/{self.member.pk}/everything/?days=7",
            "appeals at the desk": "/admin/moderation/appeal/",
            "what moderators did, at the desk": "/admin/moderation/action/",
            "studies that may be one": "/librarians/merges/",
            "standing of studies": "/librarians/standing/",
            "citations at the desk": "/admin/studies/citation/",
            "refused mail": "/admin/notices/refusedmail/",
            "imports": "/librarians/imports/",
            "an import": self.run.get_absolute_url(),
            "errors reported": "/librarians/errors/",
            "summaries proposed": "/librarians/summaries/",
            "summaries to review": "/librarians/summaries/to-review/",
            "studies that members ask for": "/librarians/suggestions/",
            "corrections suggested": "/librarians/corrections/",
        }


def cost(client: Client, addresses: dict[str, str]) -> Iterator[tuple[str, int, list[str]]]:
    """The number of queries of each page, and their beginnings."""
    for name, address in addresses.items():
        ContentType.objects.clear_cache()
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        assert answer.status_code == 200, address
        yield name, len(queries), [query["sql"][:300] for query in queries]


def same_cost(before: list, after: list) -> None:
    grown = {
        name: (one, many, [sql for sql in sqls if sql not in was])
        for (name, one, was), (_, many, sqls) in zip(before, after, strict=True)
        if many != one
    }
    assert not grown, grown


@pytest.fixture
def world() -> World:
    world = World()
    world.grow(1)
    return world


def test_every_page_and_every_list_at_the_desk_costs_the_same_for_one_row_and_for_fifty(
    world: World, settings: Any
) -> None:
    # A session notes now and then that its member is here, which on a busy machine comes due in between.
    settings.SESSION_AGES = {name: {"idle": 10**6, "longest": 10**7} for name in settings.SESSION_AGES}
    readers = {"guest": Client(), "member": Client(), "librarian": Client()}
    readers["member"].force_login(world.reader)
    readers["librarian"].force_login(make_member(is_staff=True, is_superuser=True))

    def costs() -> dict[str, list[tuple[str, int, list[str]]]]:
        addresses = {"guest": world.addresses(), "member": world.addresses() | world.own(), "librarian": world.desk()}
        return {name: list(cost(reader, addresses[name])) for name, reader in readers.items()}

    before = costs()
    world.grow(MANY)
    after = costs()
    for name in readers:
        same_cost(before[name], after[name])
    assert max(number for _, number, _ in after["guest"]) <= MOST_FOR_A_GUEST
    assert max(number for _, number, _ in after["member"]) <= MOST_FOR_A_GUEST + 7


def test_the_table_names_every_page_that_shows_a_list(world: World) -> None:
    """A new list comes into the table above, or into the few that show none."""
    from django.urls import resolve

    from forum.urls import urlpatterns as forum
    from moderation.urls import urlpatterns as moderation
    from notices.urls import urlpatterns as notices
    from pages.urls import urlpatterns as pages
    from studies.urls import urlpatterns as studies

    addresses = {**world.addresses(), **world.own(), **world.desk()}
    named = {resolve(address.split("?")[0]).func for address in addresses.values()}
    others = {
        "post_new", "post_short", "post_edit", "post_delete", "comment", "comment_new", "comment_reply", "comment_edit",
        "comment_delete", "post_edit_withdraw", "comment_edit_withdraw", "preview", "avatar", "avatar_remove", "avatar_take_away", "picture_new", "picture_file", "picture_small", "picture_use", "picture_remove", "suggest", "draft_keep", "draft_discard", "post_remove", "comment_remove", "post_upvote", "post_withdraw", "comment_upvote", "comment_withdraw", "post_unmask", "comment_unmask", "about", "limits", "report", "robots",
        "healthz", "readyz", "act", "undo", "study_short", "cover", "discuss", "by_doi", "by_pmid", "picture", "librarians", "by_hand", None,
        "merges", "merge", "suggestions", "wanted_fetch",
        "import_new", "import_identifiers", "import_start", "import_cancel", "import_again",
        "export", "export_list", "cite", "card", "open_data", "open_data_file",  # no list, or a file of their own
        "summary_edit", "summary_propose", "summary_review", "summary_preview", "summary_draft_new", "summary_draft",
        "summary_proposal", "report_new", "correct", "error_report_settle", "suggestion_answer", "correction_answer",
        "mail", "read_all", "unread", "open", "read", "end_follow", "follow", "unfollow", "mute", "unmute", "first_new", "mark_all_read", "search_follow",
        "save", "unsave", "put_back", "saved_export", "list_export", "list_new", "list_edit", "list_delete", "list_add",
        "trust", "member_trust", "badges", "warning", "note_new",
        "post_react", "post_unreact",
        "list_take_out", "list_move", "private_feeds", "renew_feeds", "close_feeds", "unsubscribe",
        "device_add", "device_remove", "push_worker",
        "poll", "poll_vote", "poll_close", "comment_answer", "comment_no_answer",
    }  # fmt: skip
    others |= {
        "post_save", "post_unsave", "post_put_back", "post_keep", "comment_save", "comment_unsave", "comment_put_back",
        "comment_keep", "saved_move", "folder_delete", "search_save", "search_saved",
    }  # fmt: skip
    missing = [
        route.name
        for route in [*forum, *moderation, *notices, *pages, *studies]
        if route.callback not in named and route.name not in others
    ]
    assert not missing


# A savepoint bounds the time of a search and is no write; what is written within one, the rows' counts below would tell.
WRITES_NOTHING = ("SELECT", "WITH", "SAVEPOINT", "RELEASE SAVEPOINT", "SET LOCAL")
COUNTED = (Post, Comment, Study, Category, Journal, Author, Citation)


def test_a_guest_who_reads_writes_no_row_and_gets_no_cookie(world: World, client: Client) -> None:
    with connection.cursor() as cursor:
        before = _written(cursor)
    for name, address in {**world.addresses(), "about": "/about/"}.items():
        for method in (client.get, client.head):
            with CaptureQueriesContext(connection) as queries:
                answer = method(address)
            assert answer.status_code == 200, name
            assert not answer.cookies, name
            assert "Set-Cookie" not in answer.headers, name
            written = [
                query["sql"] for query in queries if not query["sql"].lstrip().upper().startswith(WRITES_NOTHING)
            ]
            assert not written, name
            assert "FOR UPDATE" not in " ".join(query["sql"] for query in queries)
    with connection.cursor() as cursor:
        assert _written(cursor) == before


def _written(cursor) -> list[tuple]:
    """How many rows this transaction has inserted, updated and deleted in each table."""
    cursor.execute("SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables ORDER BY relname")
    return cursor.fetchall()


def test_nothing_that_writes_does_so_by_get(world: World, client: Client) -> None:
    comment = make_comment(world.post, author=world.member)
    client.force_login(world.member)
    rows = {model: list(model.objects.order_by("pk").values()) for model in COUNTED}
    for thing, actions in (
        (f"/posts/{world.post.pk}", ("edit", "delete", "comment", "upvote", "withdraw")),
        (f"/comments/{comment.pk}", ("reply", "edit", "delete", "upvote", "withdraw")),
        (world.study.get_absolute_url().rstrip("/"), ("discuss",)),
        ("/community", ("new", "preview")),
    ):
        for action in actions:
            for method in (client.get, client.head):
                assert method(f"{thing}/{action}/").status_code in (200, 302, 405), action
    assert {model: list(model.objects.order_by("pk").values()) for model in COUNTED} == rows
