"""What is hidden, deleted, taken out or private is nowhere: in no page, list, feed, mail, count, file or suggestion.

Everything out of sight carries a mark of its own. Every address of the site is asked for, about every such thing, by
those who may not see it; no mark may be in a byte of an answer, its headers included.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.core import mail
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from accounts import copying
from common.models import Tag
from forum import holding, polls, saving, solving, waiting_edits
from forum.history import remove_version, revisions_of
from forum.models import CategoryModerator, CommentTerms, Draft, Folder, Post, ThreadTerms, WaitingEdit
from forum.waiting_edits import ask_by_poll
from moderation import reporting, sanctions
from moderation.models import MemberNote
from notices import digests, letters
from notices.following import follow
from notices.kinds import all_kinds
from notices.models import Digest, Letter, Preference
from studies import keeping
from studies.models import Correction, ErrorReport, ReadingList, SavedSearch, StudySuggestion, SummaryProposal
from tests.builders import (
    confirmed,
    make_category,
    make_comment,
    make_librarian,
    make_member,
    make_moderator,
    make_picture,
    make_post,
    make_study,
)
from tests.common.test_input import ours, parts, view_of

pytestmark = pytest.mark.django_db

MARK = re.compile(rb"zq[a-z]+zq", re.IGNORECASE)
OF_STUDIES = re.compile(
    r"/(studies|librarians|journals|authors|notifications|following)/.*\d"
)  # nothing of these hides
NEEDLE = "thimble"  # stands beside each mark, and is searched for
FOR_LIBRARIANS = {"zqcorrectionzq", "zqerrorzq", "zqaskzq", "zqproposalzq"}


def real_addresses(things: dict) -> Iterator[str]:
    """Each pattern of the site with each thing that its parts may name."""
    for text, _ in ours():
        given = parts(text)
        for values in product(*(things.get(name, ["x"]) for name in given)):
            yield "/" + text % dict(zip(given, (quote(str(value), safe="/") for value in values), strict=True))


def marked(name: str) -> str:
    return f"zq{name}zq {NEEDLE}"


class World:
    """A shelf where ``author`` and others wrote; much of it has gone out of sight since."""

    def __init__(self) -> None:
        self.author = confirmed(make_member("author_one", email="zqmailzq@example.org"))
        self.member, self.moderator = confirmed(make_member("member_one")), make_moderator()
        self.elsewhere = make_member("steward_elsewhere")
        CategoryModerator.objects.create(member=self.elsewhere, category=make_category("elsewhere"))
        self.librarian, self.banned = make_librarian(), make_member()
        self.shelf, self.study = (
            make_category("shelf"),
            make_study("A study", tags=["acne"], pmid="123", authors=["Doe"]),
        )
        for kind in all_kinds():
            Preference.objects.update_or_create(member=self.member, kind=kind.name, defaults={"place": "mail"})
        for thing in (self.author, self.shelf):
            follow(self.member, thing)
        self.picture = make_picture(self.author, alt=marked("alt"))
        self.write()
        self.keep()
        self.say_about()
        with transaction.atomic():
            self.take_out_of_sight()

    def post(self, name: str, **fields) -> Post:
        body = f"{marked(f'{name}body')}, @member_one, doi:{self.study.doi}\n\n{self.picture.markdown() if name == 'hidden' else ''}"
        post = make_post(
            author=self.author,
            category=self.shelf,
            title=marked(name),
            body=body,
            tags=["acne", f"zq{name}tagzq"],
            **fields,
        )
        follow(self.member, post)
        saving.save(self.member, post)
        return post

    def write(self) -> None:
        self.open = make_post(
            author=self.author, category=self.shelf, title=f"Open {NEEDLE}", tags=["acne"], body=marked("removed")
        )
        self.open.edit(
            category=self.shelf,
            title=f"Open {NEEDLE}",
            body=f"Clean {NEEDLE}",
            tags=["acne"],
            version=1,
            reason="Clearer",
        )
        remove_version("post", self.open, revisions_of("post", self.open).get().pk, self.author, marked("removal"))
        self.hidden, self.deleted, self.emptied = self.post("hidden"), self.post("deleted"), self.post("emptied")
        polls.set_terms(self.hidden, polls.Terms((marked("option"), "No"), question=marked("question"), is_open=True))
        make_comment(self.hidden, author=self.author, body=f"{marked('underhidden')} @member_one")
        edited = make_comment(self.emptied, author=self.author, body=f"A clean {NEEDLE}")
        with override_settings(HOLD_DOMAINS_BELOW=5):  # an edit waits beside the words that are shown
            link = f"https://zqsitezq.example.com/ @member_one doi:{self.study.doi}"
            self.open.edit(
                category=self.shelf,
                title=f"{marked('edittitle')}",
                body=f"{marked('editbody')} {link}",
                tags=["zqedittagzq"],
                own_gist=marked("editgist"),
                version=2,
                reason=marked("editreason"),
            )
            ask_by_poll(WaitingEdit.objects.get(), polls.Terms((marked("editoption"), "No")))
            edited.edit(body=f"{marked('editcomment')} {link}", version=1)
            waiting_edits.reject(edited, self.moderator, "Not here")
        mine = make_comment(self.open, author=self.member, body="Mine")
        self.comment = make_comment(
            self.open, author=self.author, body=f"{marked('comment')} @member_one doi:{self.study.doi}", parent=mine
        )
        self.gone = make_comment(self.open, author=self.author, body=f"{marked('gone')} @member_one")
        for parent in (self.comment, self.gone):
            make_comment(self.open, author=self.member, body="A clean reply", parent=parent)
            saving.save(self.member, parent)
        solving.mark(self.comment, self.author)
        with override_settings(HOLD_FIRST=2):  # a newcomer's words wait for a moderator
            self.newcomer = make_member("newcomer_one")
            self.waiting = make_post(
                author=self.newcomer,
                category=self.shelf,
                title=marked("waiting"),
                body=f"{marked('waitingbody')} @member_one doi:{self.study.doi}",
                tags=["acne", "zqwaitingtagzq"],
            )
            self.waiting_comment = make_comment(
                self.open, author=self.newcomer, body=f"{marked('waitingcomment')} @member_one"
            )
            self.rejected = make_comment(
                self.open, author=self.newcomer, body=f"{marked('rejected')} @member_one doi:{self.study.doi}"
            )
        assert self.waiting.is_waiting and self.waiting_comment.is_waiting
        holding.reject(self.rejected, self.moderator, "Not here")
        # What else stands in sight and leads to what will not.
        ThreadTerms.objects.create(post=self.open, duplicate_of=self.hidden, merged_into=self.comment)
        CommentTerms.objects.create(comment=mine, became=self.hidden)
        self.open.upvote(self.member)
        for kind, thing in (
            ("comment_new", self.hidden),
            ("comment_new", self.deleted),
            ("comment_reply", self.comment),
        ):
            Draft.objects.create(
                member=self.member, kind=kind, thing_id=thing.pk, fields={"body": "Mine"}, updated_at=timezone.now()
            )
        for kind, thing in (("post", self.hidden), ("comment", self.comment), ("post", self.deleted)):
            reporting.report(thing, kind, make_member(), "rude", marked("note"))

    def keep(self) -> None:
        """What is the author's alone."""
        author, study = self.author, self.study
        self.list = ReadingList.start(author, title=marked("list"), description=marked("described"))
        self.list.add(study, note=marked("entry"))
        self.draft = Draft.objects.create(
            member=author,
            kind="post_new",
            fields={"title": marked("draft"), "body": marked("draft")},
            updated_at=timezone.now(),
        )
        folder = Folder.objects.create(member=author, name=marked("folder"))
        saving.save(author, self.open)
        saving.write_note(author, self.open, marked("savednote"), folder)
        keeping.write_note(author, study, marked("studynote"))
        SavedSearch.objects.create(member=author, place="site", name=marked("search"), query=f"q={NEEDLE}")
        ErrorReport.send(study, author, kind="other", words=marked("error"))
        Correction.send(study, author, field="volume", before="", after="7", reason=marked("correction"))
        StudySuggestion.ask("doi", "10.1000/asked", author, marked("ask"))
        SummaryProposal.send(study, author, tldr=marked("proposal"), body=marked("proposal"))

    def say_about(self) -> None:
        """What moderators say to and about the author."""
        MemberNote.objects.create(member=self.author, author=self.moderator, words=marked("membernote"))
        sanctions.give(self.author, self.moderator, ["vote"], marked("ban"), days=3)

    def take_out_of_sight(self) -> None:
        self.hidden.hide(self.moderator, "Not here")
        self.comment.hide(self.moderator, "Not here")
        for thing in (self.deleted, self.emptied, self.gone):
            thing.delete_by_author()

    def things(self) -> dict:
        """What ``real_addresses`` fills into the addresses."""
        numbers = (
            self.waiting,
            self.waiting_comment,
            self.open,
            self.hidden,
            self.deleted,
            self.emptied,
            self.comment,
            self.gone,
            self.list,
            self.draft,
        )
        return {
            "member": self.member, "pk": list({each.pk for each in numbers}), "thing_id": [self.hidden.pk],
            "slug": ["shelf"], "slugs": ["acne"], "kind": ["post", "comment"], "value": [self.study.doi],
            "name": ["author_one", self.picture.name],
        }  # fmt: skip

    def everywhere(self) -> list[str]:
        skipped = ("/admin", "/accounts/", "/settings/", "/librarians/import", "/studies/files")
        found = [
            each
            for each in real_addresses(self.things())
            if not each.startswith(skipped) and not OF_STUDIES.match(each)
        ]
        asked = [
            f"{place}q={NEEDLE}{more}"
            for place in (
                "/search/?",
                "/studies/?",
                "/saved/?",
                "/tags/?",
                "/search/suggestions/?",
                "/community/suggest/?kind=member&",
            )
            for more in ("", "&in=posts", "&kind=comments")
        ]
        own = [self.study.get_absolute_url() + end for end in ("", "mentions/", "posts/", "history/", "similar/")]
        lists = [f"/community/?sort={sort}" for sort in ("new", "top", "active", "unanswered", "answered")]
        lists += [f"/members/author_one/?show={show}" for show in ("posts", "comments", "lists")]
        return [
            *dict.fromkeys(found),
            *asked,
            *own,
            *lists,
            "/search/suggestions/?q=zq",
            "/community/suggest/?kind=tag&q=zq",
        ]


@pytest.fixture
def world() -> World:
    return World()


def seen(client: Client, address: str) -> tuple[int, set[str]]:
    """The status of an answer, and the marks in it."""
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code < 500, address
    return answer.status_code, {
        mark.decode().lower() for mark in MARK.findall(body + str(dict(answer.headers)).encode())
    }


def test_what_is_out_of_sight_is_in_no_answer(world: World) -> None:
    addresses, wrong, buttons = world.everywhere(), [], set()
    visitors = {
        "guest": None,
        "member": world.member,
        "moderator of another shelf": world.elsewhere,
        "librarian": world.librarian,
    }
    for name, member in visitors.items():
        client = Client()
        if member:
            client.force_login(member)
        its = FOR_LIBRARIANS if name == "librarian" else set()
        for address in list(addresses):
            view = view_of(address.partition("?")[0])
            if view in buttons:
                addresses.remove(address)
                continue
            status, marks = seen(client, address)
            if found := sorted(marks - its):
                wrong.append(f"{address} as {name}: {' '.join(found)}")
            if view and status == 405:  # a button, which is nothing to read to anybody, whatever it is about
                buttons.add(view)
    assert not wrong, "\n".join(wrong)
    # A walk by who may see it meets nearly every mark: it goes where things are.
    met: set[str] = set()
    for person in (world.author, world.moderator):
        client = Client()
        client.force_login(person)
        pages = [world.open.get_absolute_url(), world.emptied.get_absolute_url()]
        met |= {mark for page in pages for mark in seen(client, page)[1]}
        for address in [*addresses, world.list.get_absolute_url()]:
            if f"/{world.hidden.pk}/" in address or f"/{world.list.pk}/" in address or not re.search(r"\d", address):
                met |= seen(client, address)[1]
    assert {
        f"zq{name}zq"
        for name in "waiting waitingcomment edittitle editbody editcomment hidden hiddenbody underhidden comment list entry folder savednote studynote draft search alt".split()
    } <= met, met


def test_what_is_out_of_sight_is_in_no_mail_no_copy_and_no_count(world: World) -> None:
    Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    letters.write_due()
    Preference.objects.filter(member=world.member).update(place="digest")
    Digest.choose(world.member, "day")
    Digest.objects.update(due_at=timezone.now(), told_until=timezone.now() - timedelta(days=1))
    digests.send_due()
    assert mail.outbox  # of what is still in sight
    for message in mail.outbox:
        said = f"{message.subject} {message.body} {message.alternatives}"
        assert not MARK.findall(said.encode()), said
    copy = io.BytesIO()
    copying.write(world.member, copy)
    with zipfile.ZipFile(copy) as files:
        for name in files.namelist():
            assert not MARK.findall(files.read(name)), name
    client = Client()
    client.force_login(world.member)
    world.open.refresh_from_db()
    assert world.open.comment_count == 3 and not world.open.is_answered
    assert not Tag.objects.filter(name__startswith="zq", use_count__gt=0).exists()
    for address in (world.shelf.get_absolute_url(), "/members/author_one/"):
        assert not re.search(
            r"[4-9]</?[^>]*> comments|[4-9] comments|[2-9] posts", client.get(address).content.decode()
        )


def test_what_moderators_note_about_a_member_is_for_moderators_alone(world: World) -> None:
    """Asked for on every page about the member, with its own number and name, also by the member."""
    about = {
        "member": world.author, "pk": [world.author.pk, *MemberNote.objects.values_list("pk", flat=True)],
        "name": ["author_one"], "kind": ["member"], "thing_id": [world.author.pk],
    }  # fmt: skip
    pages = [each for each in real_addresses(about) if re.search("/members?/|^/moderation/", each)]
    pages += [f"/search/?q={NEEDLE}&show=members", f"/admin/accounts/member/?q={NEEDLE}", f"/admin/moderation/membernote/?q={NEEDLE}"]  # fmt: skip

    def met_by(visitor) -> set[str]:
        client = Client()
        if visitor:
            client.force_login(visitor)
        return set().union(*(seen(client, page)[1] for page in pages))

    assert {"zqmembernotezq", "zqbanzq"} <= met_by(world.moderator)
    for visitor in (None, world.member, world.elsewhere, world.librarian, world.author):
        assert "zqmembernotezq" not in met_by(visitor), visitor
    assert "zqbanzq" in met_by(world.author) and "zqbanzq" not in met_by(world.member)


def test_the_desk_suggests_nothing_that_its_visitor_may_not_see(world: World) -> None:
    for visitor in (None, world.member, world.elsewhere, world.librarian):
        client = Client()
        if visitor:
            client.force_login(visitor)
        for model, desk in admin.site._registry.items():
            for field in desk.autocomplete_fields:
                query = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
                answer = client.get("/admin/autocomplete/", {**query, "term": NEEDLE})
                assert not MARK.findall(answer.content), (visitor, query)
                if visitor is not world.librarian:
                    assert answer.status_code in (302, 403)
        for model in admin.site._registry:
            if model._meta.app_label in ("forum", "moderation", "accounts") and visitor is not None:
                place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
                assert not MARK.findall(client.get(place, {"q": NEEDLE}).content), (visitor, place)


def test_suggestions_while_writing_name_nothing_out_of_sight(world: World) -> None:
    for visitor in (world.member, world.elsewhere):
        client = Client()
        client.force_login(visitor)
        answer = client.post("/writing/suggestions/", {"title": f"{NEEDLE} {NEEDLE}", "tags": "acne"})
        assert NEEDLE in answer.content.decode() and not MARK.findall(answer.content)


def test_the_files_of_a_hidden_picture_are_nobodys_but_its_owners_and_moderators(world: World) -> None:
    for end in (".webp", "-small.webp", "/"):
        for visitor, status in ((None, 404), (world.member, 404), (world.elsewhere, 404), (world.author, 200)):
            client = Client()
            if visitor:
                client.force_login(visitor)
            assert client.get(f"/pictures/{world.picture.name}{end}").status_code == status, (end, visitor)
