"""The matrix tried: every address, every visitor, by GET and by POST; what is refused changes nothing."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone

from accounts.models import DataCopy, Member
from forum import polls
from forum.history import revisions_of
from forum.models import CategoryModerator, CommentText, Draft, Folder, PostText
from forum.models.reaction import ReactionKind
from moderation import sanctions
from moderation.models import Sanction
from notices.following import follow
from notices.models import Device, Follow, Notification
from notices.telling import tell
from studies.models import (
    Correction,
    ErrorReport,
    ImportRun,
    MentionedWork,
    ReadingList,
    SavedSearch,
    StudySuggestion,
    Summary,
    SummaryDraft,
    SummaryProposal,
)
from tests.access.headers import score
from tests.access.matrix import (
    ANYONE,
    APART,
    AUTHOR,
    FAMILIES,
    LIBRARIANS,
    MATRIX,
    MEMBERS,
    MODERATORS,
    NOBODY,
    NOTHING,
    OTHERS,
    OVERSEEN,
    OWNER,
    SHELF,
    STEWARDS,
)
from tests.builders import (
    make_category,
    make_comment,
    make_librarian,
    make_member,
    make_moderator,
    make_picture,
    make_post,
    make_study,
)

pytestmark = pytest.mark.django_db

VISITORS = ("guest", "member", "author", "moderator", "category moderator", "librarian", "admin", "banned")
WORTH = 125  # the least that the headers of any answer score
SHOWN_ELSEWHERE = {"studies:card"}  # a picture for other sites, so it says cross-origin
SIGNED_IN = frozenset(VISITORS) - {"guest", "banned"}
# Who is let in, and the status that others who are signed in get.
MEANING = {
    ANYONE: (frozenset(VISITORS), 0),
    MEMBERS: (SIGNED_IN, 0),
    AUTHOR: (frozenset({"author"}), 403),
    OWNER: (frozenset({"author"}), 404),
    OVERSEEN: (frozenset({"author", "moderator", "admin"}), 404),
    STEWARDS: (frozenset({"author", "moderator", "admin"}), 403),
    OTHERS: (SIGNED_IN - {"author"}, 403),
    LIBRARIANS: (frozenset({"librarian", "admin"}), 403),
    MODERATORS: (frozenset({"moderator", "admin"}), 403),
    SHELF: (frozenset({"moderator", "category moderator", "admin"}), 403),
    NOBODY: (frozenset(), 404),
    NOTHING: (frozenset(), 405),
}
# What a visit may note about itself, whatever its answer.
NOTED = {
    "django_session",
    "moderation_auditentry",
    "moderation_allowance",
    "moderation_trust",
    "usersessions_usersession",
    "pghistory_context",
}


def routes() -> Iterator[str]:
    """The name of every address, with its namespace."""

    def walk(patterns, space: str = "") -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                if pattern.name:
                    yield f"{space}{pattern.name}"
            else:
                yield from walk(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)

    return iter(dict.fromkeys(walk(get_resolver().url_patterns)))


def test_every_address_is_in_the_matrix_or_told_apart() -> None:
    missing = [
        route
        for route in routes()
        if route not in MATRIX and route not in APART and not route.startswith(tuple(FAMILIES))
    ]
    assert not missing, "say in tests/access/matrix.py who may open these"
    assert not (set(MATRIX) | set(APART)) - set(routes()), "these are no addresses any more"


class World:
    """One of everything, made by ``author``; and one browser for each visitor."""

    def __init__(self) -> None:
        self.author = make_member("author_one")
        self.study = make_study("A study", tags=["acne"], authors=["Doe"], tldr="It helps.", pmid="12345")
        self.other = make_study("Another study")
        self.category = make_category("shelf")
        self.post = make_post(author=self.author, category=self.category, tags=["acne"])
        self.comment = make_comment(self.post, author=self.author)
        self.kind = ReactionKind.objects.create(name="Side effect", asks_for_comment=True)
        self.kind.categories.add(self.category)
        self.masked = make_post(author=self.author, category=self.category, masked=True)
        self.masked_comment = make_comment(self.masked, author=self.author)
        # An earlier version of both, written past ``edit``: their number stays the one that ``form`` sends.
        PostText.objects.filter(post=self.post).update(body="Later words")
        CommentText.objects.filter(comment=self.comment).update(body="Later words")
        polls.set_terms(self.post, polls.Terms(("Yes", "No"), is_open=True))
        self.option = self.post.poll.options.first()
        self.draft = Draft.objects.create(
            member=self.author, kind="post_new", fields={"body": "Words"}, updated_at=timezone.now()
        )
        self.picture = make_picture(self.author)
        self.search = SavedSearch.objects.create(member=self.author, place="site", name="x", query="x")
        self.folder = Folder.objects.create(member=self.author, name="Mine")
        self.list = ReadingList.start(self.author, title="Mine")
        self.list.add(self.study)
        tell([self.author], kind="standing", key="one", words="News", url="/")
        self.notification = Notification.objects.get(member=self.author)
        self.device = Device.add(self.author, endpoint="https://fcm.googleapis.com/x", p256dh="x", auth="x", name="x")
        follow(self.author, self.study)
        self.follow = Follow.objects.get(member=self.author, is_automatic=False)
        people = {
            "member": make_member(), "author": self.author, "moderator": make_moderator(),
            "librarian": make_librarian(), "admin": make_member(is_staff=True, is_superuser=True),
            "banned": make_member(), "category moderator": make_member(),
        }  # fmt: skip
        CategoryModerator.objects.create(member=people["category moderator"], category=self.category)
        self.action = self.post.lock(people["moderator"], "Too long")
        self.post.unlock(people["moderator"], "Not too long")
        self.post.refresh_from_db()
        self.run = ImportRun.objects.create(asked_by=people["librarian"], kind="identifiers", title="One")
        keeper = people["librarian"]
        self.pending = {
            "studies:error_report_settle": ErrorReport.send(self.study, self.author, kind="other", words="Wrong")[0],
            "studies:summary_proposal": SummaryProposal.send(
                self.study, self.author, tldr="It helps.", body="It does."
            ),
            "studies:summary_draft": SummaryDraft.objects.create(study=self.study, member=keeper, status="done"),
            "studies:suggestion_answer": StudySuggestion.ask("doi", "10.1000/asked", self.author),
            "studies:correction_answer": Correction.send(self.study, self.author, field="volume", before="", after="7"),
            "accounts:data_file": ready_copy(self.author),
            "studies:wanted_fetch": MentionedWork.objects.create(kind="doi", value="10.1000/wanted", post_count=1),
        }
        self.pending["moderation:warning"] = Sanction.objects.create(
            member=self.author, kinds=["warning"], reason="Rude", acknowledged_at=timezone.now()
        )
        Summary.write(self.other, editor=keeper, version=0, tldr="It helps.", body="It does.")
        self.clients = {name: Client() for name in VISITORS}
        for name, member in people.items():
            self.clients[name].force_login(member)
        sanctions.give(people["banned"], people["moderator"], ["sign-in"], "Spam", days=7)

    def address(self, route: str) -> str:
        """The address of a route, made from what its pattern asks for."""
        study, kind = self.study, route.partition(":")[2]
        if route in self.pending:
            return reverse(route, args=[self.pending[route].pk])
        entry = self.list.entries.get()
        own = {
            "pages:tag": ["acne"], "pages:profile": ["author_one"], "moderation:ledger": ["author_one"],
            "moderation:member_trust": ["author_one"], "moderation:note_new": ["author_one"], "forum:everything": [self.author.pk], "forum:category": ["shelf"],
            "forum:category_feed": ["shelf"], "pages:profile_feed": ["author_one"],
            "forum:post_feed": [self.post.pk, self.post.slug], "forum:comment_new": [self.post.pk],
            "forum:post": [self.post.pk, self.post.slug], "studies:export_list": ["bib"],
            "forum:draft_keep": ["comment_new", self.post.pk],
            "pages:avatar_take_away": ["author_one"],
            "forum:picture_use": [self.picture.name], "forum:picture_remove": [self.picture.name],
            "forum:draft_discard": [self.draft.pk],
            "forum:post_react": [self.post.pk, self.kind.pk], "forum:post_unreact": [self.post.pk, self.kind.pk],
            "forum:post_unmask": [self.masked.pk], "forum:comment_unmask": [self.masked_comment.pk],
            "pages:folder_delete": [self.folder.pk],
            "pages:search_saved": [self.search.pk],
            "forum:poll": [self.post.pk], "forum:poll_vote": [self.post.pk], "forum:poll_close": [self.post.pk],
            "forum:poll_voters": [self.post.pk, self.option.pk],
            "forum:post_remove": [self.post.pk, revisions_of("post", self.post).get().pk],
            "forum:comment_remove": [self.comment.pk, revisions_of("comment", self.comment).get().pk],
            "studies:export": [study.pk, study.slug, "bib"], "studies:saved_export": ["bib"],
            "studies:by_doi": [study.doi], "studies:by_pmid": [study.pmid],
            "studies:journal": [study.journal.slug],
            "studies:author": [study.authors.get().pk, study.authors.get().slug],
            "studies:merge": sorted([study.pk, self.other.pk]),
            "studies:list": [self.list.pk, self.list.slug], "studies:list_edit": [self.list.pk, self.list.slug],
            "studies:list_delete": [self.list.pk, self.list.slug],
            "studies:list_export": [self.list.pk, self.list.slug, "bib"],
            "studies:list_add": [self.list.pk, self.other.pk], "studies:list_take_out": [self.list.pk, study.pk],
            "studies:list_move": [self.list.pk, entry.pk], "studies:entry_note": [self.list.pk, entry.pk],
            "pages:tag_feed": ["acne"], "studies:journal_feed": [study.journal.slug],
            "studies:author_feed": [study.authors.get().pk, study.authors.get().slug],
            "studies:list_feed": [self.list.pk, self.list.slug],
            "studies:summary_version": [self.other.pk, self.other.slug, 1],
            "studies:arrivals_under": ["journal", study.journal.pk],
            "notices:open": [self.notification.pk], "notices:read": [self.notification.pk],
            "notices:device_remove": [self.device.pk],
            "notices:end_follow": [self.follow.pk], "notices:follow": ["study", study.pk],
            "notices:unfollow": ["study", study.pk], "forum:first_new": [self.post.pk],
            "forum:mark_all_read": ["category", self.category.pk], "notices:mute": ["tag", study.tags.get().pk],
            "notices:unmute": ["tag", study.tags.get().pk], "moderation:report": ["post", self.post.pk],
        }  # fmt: skip
        by_number = {"comment": self.comment.pk, "post": self.post.pk, "import": self.run.pk}
        own |= {
            "moderation:moderate": ["post", self.post.pk], "moderation:act": ["post", self.post.pk, "hide"],
            "moderation:undo": [self.action.pk],
        }  # fmt: skip
        guesses = (
            own.get(route),
            [],
            [next((pk for word, pk in by_number.items() if kind.startswith(word)), study.pk)],
            [study.pk, study.slug],
        )
        for arguments in guesses:
            if arguments is not None:
                try:
                    return reverse(route, args=arguments)
                except NoReverseMatch:
                    continue
        raise AssertionError(f"tell World.address what {route} needs")

    def form(self, route: str) -> dict[str, object]:
        """A form that would be taken, as far as the address takes one."""
        return {
            "title": "Words", "body": "Words", "category": "shelf", "tags": "", "token": str(uuid.uuid4()), "version": 1,
            "reason": "spam", "bio": "Words", "identifiers": "10.1000/x", "note": "Words", "to": "1", "until": "2030-01-01T00:00:00+00:00",
            "end": "others", "q": "acne", "do": "apart", "for": "post_new/0", "keep": self.study.pk,
            "option": self.option.pk,
        }  # fmt: skip


def ready_copy(member: Member) -> DataCopy:
    copy = DataCopy.objects.create(member=member, state="ready", ready_at=timezone.now(), file="matrix.zip")
    copy.path.write_bytes(b"PK")
    return copy


@pytest.fixture
def world(settings) -> World:
    # As a production site answers, so that the headers can be weighed.
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    return World()


def written() -> dict[str, tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {name: tuple(counts) for name, *counts in cursor.fetchall() if name not in NOTED}


def test_each_visitor_is_let_in_or_refused_as_the_matrix_says_and_a_refusal_changes_nothing(world: World) -> None:
    wrong = []
    for (route, row), (column, method) in itertools.product(MATRIX.items(), enumerate(("get", "post"))):
        allowed, refusal = MEANING[row[column]]
        address = world.address(route)  # whatever one visitor does is taken back before the next
        for visitor, client in world.clients.items():
            before = {} if visitor in allowed else written()
            with transaction.atomic():
                answer = getattr(client, method)(address, world.form(route) if column else {}, secure=True)
                after = {} if visitor in allowed else written()
                changed = {name for name, counts in after.items() if counts != before.get(name, (0, 0, 0))}
                transaction.set_rollback(True)
            to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
            if visitor in allowed:
                fits = answer.status_code in (200, 301, 302, 304, 409, 422) and not to_sign_in
            elif visitor in SIGNED_IN:
                fits = answer.status_code == refusal and not changed
            else:  # who is not signed in is asked to, or is told that nothing can be done here
                fits = (to_sign_in or answer.status_code in (403, 404, 405)) and not changed
            if not fits:
                wrong.append(f"{method.upper()} {route} as {visitor}: {answer.status_code} {sorted(changed)}")
            if visitor in SIGNED_IN and answer.headers.get("Cache-Control") != "private, no-store":
                wrong.append(f"{method.upper()} {route} as {visitor}: kept as {answer.headers.get('Cache-Control')}")
            if score(answer) < WORTH and route not in SHOWN_ELSEWHERE:
                wrong.append(f"{method.upper()} {route} as {visitor}: headers worth {score(answer)}")
    assert not wrong, "\n".join(wrong)


class TestTheDesk:
    def addresses(self) -> list[str]:
        found = []
        for route in routes():
            if (route.startswith("admin:") and route.endswith(("_changelist", "_add"))) or route == "admin:index":
                found.append(reverse(route))
        return found

    def test_lets_in_nobody_but_staff(self, world: World) -> None:
        assert len(self.addresses()) > 30
        for address in self.addresses():
            for visitor in ("guest", "member", "author", "banned"):
                answer = world.clients[visitor].get(address)
                assert answer.status_code in (302, 403), (address, visitor)

    def test_shows_moderators_and_librarians_their_own_tables_only(self, world: World) -> None:
        def seen(visitor: str) -> set[str]:
            answers = ((address, world.clients[visitor].get(address).status_code) for address in self.addresses())
            return {address.split("/")[2] for address, status in answers if status == 200 and address != "/admin/"}

        assert seen("moderator") <= {"forum", "moderation", "common", "accounts"}
        assert seen("librarian") <= {"studies", "common"}

    def test_lets_nobody_raise_themselves(self, world: World) -> None:
        for visitor in ("moderator", "librarian"):
            client = world.clients[visitor]
            for address in ("/admin/auth/group/", "/admin/auth/group/1/change/", "/admin/moderation/auditentry/"):
                assert client.get(address).status_code in (302, 403, 404), (visitor, address)
