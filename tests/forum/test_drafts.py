"""Drafts: kept while somebody types, restored, gone when sent; for nobody but their member."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from forum import drafts
from forum.models import Comment, Draft, Post
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def member(client):
    member = make_member()
    client.force_login(member)
    return member


def form_on(page: str) -> dict[str, str]:
    """The hidden fields of the form on a page."""
    found = re.findall(r'<input type="hidden" name="(token|version|draft_form|draft_seen)" value="([^"]*)"', page)
    return dict(found)


class Place:
    """One of the places where somebody writes, with what is sent from there."""

    def __init__(self, kind: str, member) -> None:
        self.kind, self.thing = kind, None
        if kind == "post_new":
            self.page, self.send, self.shelf = "/community/new/", "/community/new/", make_category()
        elif kind == "post_edit":
            self.thing = make_post(author=member)
            self.page = self.send = f"/posts/{self.thing.pk}/edit/"
            self.shelf = self.thing.category
        elif kind == "comment_new":
            self.thing = make_post()
            self.page, self.send = self.thing.get_absolute_url(), f"/posts/{self.thing.pk}/comment/"
        else:
            self.thing = make_comment(author=member if kind == "comment_edit" else None)
            self.page = self.send = f"/comments/{self.thing.pk}/{kind.removeprefix('comment_')}/"
        self.keep = f"/drafts/keep/{kind}/{self.thing.pk if self.thing else 0}/"

    def words(self, body: str = "Kept words", **more) -> dict[str, str]:
        fields = {"title": "A title", "category": self.shelf.slug} if self.kind.startswith("post") else {}
        return {**fields, "body": body, **more}

    def lock(self) -> None:
        post = self.thing if isinstance(self.thing, Post) else self.thing.post
        post.lock(make_moderator(), "Over")


@pytest.fixture(params=sorted(drafts.FORMS))
def place(request, member) -> Place:
    return Place(request.param, member)


class TestKeeping:
    def test_restores_the_words_into_the_form_and_forgets_them_when_they_are_sent(self, client, member, place):
        form = form_on(client.get(place.page).text)
        answer = client.post(place.keep, form | place.words(), headers=HTMX)
        assert (answer.status_code, answer.text.strip()) == (200, "Draft kept.")
        page = client.get(place.page).text
        assert "Kept words" in page and "Your draft from" in page and "Discard" in page
        client.logout()
        client.force_login(member)
        form = form_on(client.get(place.page).text)
        assert client.post(place.send, form | place.words("Kept words, and more")).status_code == 302
        assert not Draft.objects.exists()
        assert "Your draft from" not in client.get(place.page).text

    def test_leaves_the_category_that_one_comes_from_where_none_was_chosen(self, client, member):
        place = Place("post_new", member)
        form = form_on(client.get(place.page).text)
        client.post(place.keep, form | place.words(category=""), headers=HTMX)
        page = client.get(f"{place.page}?category={place.shelf.slug}").text
        assert "Kept words" in page and f'<option value="{place.shelf.slug}" selected>' in page
        client.post(place.keep, form_on(page) | place.words(category=make_category().slug), headers=HTMX)
        page = client.get(f"{place.page}?category={place.shelf.slug}").text
        assert f'<option value="{place.shelf.slug}">' in page

    def test_by_the_button_leads_back_to_the_form(self, client, place):
        form = form_on(client.get(place.page).text)
        answer = client.post(place.keep, form | place.words(), follow=True)
        assert answer.status_code == 200
        assert "Kept as a draft." in answer.text and "Your draft from" in answer.text

    def test_writes_on_one_row_for_a_place_and_lets_go_of_it_when_the_words_are_taken_out(self, client, place):
        form = form_on(client.get(place.page).text)
        for body in ("One", "Two", "Three"):
            client.post(place.keep, form | place.words(body), headers=HTMX)
        assert (Draft.objects.get().fields["body"], Draft.objects.get().version) == ("Three", 3)
        client.post(place.keep, form | {"body": "  "}, headers=HTMX)
        assert not Draft.objects.exists()

    def test_lets_the_newer_of_two_tabs_win_and_tells_the_other(self, client, place):
        one, other = (form_on(client.get(place.page).text) for _ in range(2))
        client.post(place.keep, one | place.words("From the first tab"), headers=HTMX)
        answer = client.post(place.keep, other | place.words("From the second"), headers=HTMX)
        assert answer.status_code == 409 and "Another tab kept a newer draft" in answer.text
        assert Draft.objects.get().fields["body"] == "From the first tab"
        answer = client.post(place.keep, other | place.words("From the second"))
        assert answer.status_code == 409 and "From the second" in answer.text
        instead = re.search(r'name="instead" value="([^"]+)"', answer.text)[1]
        client.post(place.keep, other | place.words("From the second", instead=instead), headers=HTMX)
        assert Draft.objects.get().fields["body"] == "From the second"
        assert client.post(place.keep, one | place.words("Late"), headers=HTMX).status_code == 409

    def test_that_comes_after_the_same_words_were_sent_keeps_nothing(self, client, place):
        form = form_on(client.get(place.page).text)
        client.post(place.send, form | place.words())
        client.post(place.keep, form | place.words(), headers=HTMX)
        assert not Draft.objects.exists()

    def test_refuses_what_is_longer_than_the_form_takes_and_gives_it_back(self, client, place, settings):
        answer = client.post(place.keep, place.words("x" * (settings.BODY_LIMIT + 1)))
        assert answer.status_code == 422
        assert "x" * (settings.BODY_LIMIT + 1) in answer.text
        assert not Draft.objects.exists()

    @pytest.mark.parametrize(
        "odd",
        [{"draft_form": "no", "draft_seen": "x" * 900}, {"token": "zz"}, {"version": "9" * 99}, {"category": "\ud83d"}],
    )
    def test_takes_hostile_fields_without_harm(self, client, place, odd):
        odd = {name: value.encode("utf-8", "replace").decode() for name, value in odd.items()}
        assert client.post(place.keep, place.words() | odd, headers=HTMX).status_code in (200, 409, 422)
        assert client.get(place.page).status_code == 200

    def test_escapes_what_it_shows(self, client, place):
        client.post(place.keep, place.words("</textarea><script>alert(1)</script>"))
        for page in (place.page, "/drafts/"):
            assert "<script>alert" not in client.get(page).text


class TestSending:
    def test_what_is_refused_keeps_the_words(self, client, place):
        form = form_on(client.get(place.page).text)
        assert (
            client.post(place.send, form | place.words("") | {"title": "Only this", "reason": "And this"}).status_code
            == 422
        )
        if place.kind != "comment_new" and place.kind != "comment_reply":
            assert Draft.objects.exists()
        client.post(place.send, form | place.words("y" * 41_000))
        assert not Draft.objects.filter(fields__body__startswith="y").exists()  # too long for a draft, and on the page

    def test_what_meets_a_lock_loses_nothing(self, client, place):
        if place.thing is None:
            return
        form = form_on(client.get(place.page).text)
        place.lock()
        answer = client.post(place.send, form | place.words("Said too late"))
        assert answer.status_code == 409 and "Said too late" in answer.text
        assert Draft.objects.get().fields["body"] == "Said too late"
        assert "Said too late" in client.get("/drafts/").text

    @pytest.mark.parametrize("kind", ["post_edit", "comment_edit"])
    def test_a_stale_edit_loses_neither_text(self, client, member, kind):
        place = Place(kind, member)
        form = form_on(client.get(place.page).text)
        other = form_on(client.get(place.page).text)
        client.post(place.send, other | place.words("Theirs"))
        answer = client.post(place.send, form | place.words("Mine"))
        assert answer.status_code == 409 and "Theirs" in answer.text and "Mine" in answer.text
        page = client.get(place.page).text
        assert "Mine" in page
        assert client.post(place.send, form_on(page) | place.words("Mine")).status_code == 409  # told again, not lost

    def test_beyond_the_limit_keeps_the_words(self, client, member, settings):
        settings.LIMITS_ON = True
        settings.LIMITS = settings.LIMITS | {
            "comment": settings.LIMITS["comment"] | {"member": "1/day", "new": "1/day"}
        }
        place = Place("comment_new", member)
        for body in ("First", "Second"):
            form = form_on(client.get(place.page).text)
            answer = client.post(place.send, form | place.words(body))
        assert answer.status_code == 429 and "Second" in answer.text
        assert Draft.objects.get().fields["body"] == "Second"

    def test_twice_writes_once_and_leaves_no_draft(self, client, member):
        place = Place("comment_new", member)
        form = form_on(client.get(place.page).text)
        client.post(place.keep, form | place.words(), headers=HTMX)
        for _ in range(2):
            client.post(place.send, form | place.words())
        assert (Comment.objects.filter(author=member).count(), Draft.objects.count()) == (1, 0)

    def test_leaves_the_draft_of_another_tab(self, client, member):
        place = Place("post_new", member)
        one, other = (form_on(client.get(place.page).text) for _ in range(2))
        client.post(place.keep, other | place.words("Another post"), headers=HTMX)
        client.post(place.send, one | place.words("This post"))
        assert Draft.objects.get().fields["body"] == "Another post"

    def test_by_htmx_brings_a_form_without_the_sent_words(self, client, member):
        place = Place("comment_new", member)
        form = form_on(client.get(place.page).text)
        client.post(place.keep, form | place.words(), headers=HTMX)
        answer = client.post(place.send, form | place.words(), headers=HTMX)
        fresh = form_on(answer.text)
        assert fresh["draft_form"] != form["draft_form"] and fresh["draft_seen"] == ""
        client.post(place.keep, fresh | place.words("Next"), headers=HTMX)
        assert Draft.objects.get().fields["body"] == "Next"


class TestWhoMay:
    def test_nobody_else_sees_or_discards_a_draft(self, client, member, place):
        client.post(place.keep, place.words("Only mine"))
        draft = Draft.objects.get()
        for other in (make_member(), make_moderator()):
            client.force_login(other)
            assert client.post(f"/drafts/{draft.pk}/discard/").status_code == 404
            assert "Only mine" not in client.get("/drafts/").text
            if not place.kind.endswith("edit"):
                assert "Only mine" not in client.get(place.page).text
        client.force_login(member)
        answer = client.post(f"/drafts/{draft.pk}/discard/", {"back": place.page})
        assert (answer.status_code, answer["Location"]) == (302, place.page)
        assert client.post(f"/drafts/{draft.pk}/discard/").status_code == 404

    def test_discarding_leads_to_no_other_site(self, client, member):
        client.post("/drafts/keep/post_new/0/", {"body": "Words"})
        answer = client.post(f"/drafts/{Draft.objects.get().pk}/discard/", {"back": "//evil.example/"})
        assert answer["Location"] == "/drafts/"

    def test_a_guest_keeps_none_and_is_told(self, client, place):
        client.logout()
        assert client.post(place.keep, place.words())["Location"].startswith("/accounts/login/")
        assert client.post(place.keep, place.words(), headers=HTMX).status_code == 403
        assert client.get("/drafts/")["Location"].startswith("/accounts/login/")
        assert not Draft.objects.exists()

    def test_only_where_one_may_write(self, client, member):
        post, comment = make_post(), make_comment()
        hidden = make_post()
        hidden.hide(make_moderator(), "Rude")
        for where, status in (
            (f"post_edit/{post.pk}", 403), (f"comment_edit/{comment.pk}", 403), (f"comment_new/{hidden.pk}", 404),
            ("comment_reply/999999999", 404), ("post_new/7", 404), ("wish/0", 404), (f"comment_new/{'9' * 30}", 404),
        ):  # fmt: skip
            assert client.post(f"/drafts/keep/{where}/", {"body": "Words"}).status_code == status, where
        assert not Draft.objects.exists()

    def test_a_draft_about_what_was_hidden_keeps_ones_words_and_tells_nothing_else(self, client, member):
        place = Place("comment_new", member)
        client.post(place.keep, place.words("My answer"))
        place.thing.hide(make_moderator(), "Rude")
        page = client.get("/drafts/").text
        assert "My answer" in page and place.thing.title not in page and "not here any more" in page


class TestLimits:
    def test_a_hundred_drafts_are_the_most(self, client, member):
        now = timezone.now()
        Draft.objects.bulk_create(
            [Draft(member=member, kind="comment_new", thing_id=10**6 + number, updated_at=now) for number in range(100)]
        )
        answer = client.post("/drafts/keep/post_new/0/", {"body": "One more"})
        assert answer.status_code == 422 and "One more" in answer.text
        assert Draft.objects.count() == 100

    def test_are_written_once_a_second(self, client, member, settings):
        settings.LIMITS_ON = True
        form = {"draft_form": str(uuid.uuid4())}
        answers = [
            client.post("/drafts/keep/post_new/0/", form | {"body": f"Words {number}"}, headers=HTMX)
            for number in range(2)
        ]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert answers[1]["Retry-After"] == "1"

    def test_are_swept_after_three_months(self, member):
        now = timezone.now()
        Draft.objects.create(member=member, kind="post_new", updated_at=now - timedelta(days=91))
        kept = Draft.objects.create(member=member, kind="comment_new", thing_id=1, updated_at=now - timedelta(days=89))
        assert (drafts.sweep(), drafts.sweep()) == (1, 0)
        assert Draft.objects.get() == kept

    def test_a_guest_reads_a_post_without_asking_for_drafts(self, client, django_assert_num_queries):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        post = make_post()
        for signed_in in (False, True):
            if signed_in:
                client.force_login(make_member())
            with CaptureQueriesContext(connection) as queries:
                client.get(post.get_absolute_url())
            assert sum("forum_draft" in query["sql"] for query in queries) == signed_in
