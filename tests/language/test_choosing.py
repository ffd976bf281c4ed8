"""A member chooses the language of the pages; what guests and programs read stays as it is."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import Member
from tests.builders import confirmed, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db
LOOK = "/settings/appearance/"


@pytest.fixture
def maren() -> Member:
    return make_member("maren", language="de")


def as_member(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


class TestTheLanguage:
    def test_is_chosen_beside_the_theme_and_holds_from_the_next_page_on(self) -> None:
        member = make_member("lena")
        client = as_member(member)
        assert 'lang="de">Deutsch</label>' in client.get(LOOK).text
        answer = client.post(LOOK, {"theme": "dark", "text_size": "usual", "language": "de"}, follow=True)
        assert '<html lang="de"' in answer.text and "Gespeichert." in answer.text and "Saved." not in answer.text
        member.refresh_from_db()
        assert member.language == "de"
        answer = client.post(LOOK, {"theme": "dark", "text_size": "usual", "language": "en"}, follow=True)
        assert '<html lang="en"' in answer.text and "Saved." in answer.text

    @pytest.mark.parametrize(("language", "status"), [("", 302), (None, 302), ("xx", 422), ("de-de", 422)])
    def test_stays_for_who_chose_none_and_for_a_wrong_one(
        self, maren: Member, language: str | None, status: int
    ) -> None:
        form = {"theme": "dark", "text_size": "usual"} | ({} if language is None else {"language": language})
        assert as_member(maren).post(LOOK, form).status_code == status
        maren.refresh_from_db()
        assert maren.language == "de"

    def test_ends_with_the_request(self, maren: Member) -> None:
        assert "Abmelden" in as_member(maren).get("/").text
        assert translation.get_language() == "en"
        assert "Sign out" in as_member(make_member("lena")).get("/").text

    def test_has_a_word_of_its_own_where_english_has_one_for_two_things(self, maren: Member) -> None:
        client, post = as_member(confirmed(maren)), make_post(author=maren)
        assert "Hauptadresse" in client.get("/accounts/email/").text
        client.post(f"/follow/category/{post.category_id}/")
        page = client.get(post.category.get_absolute_url()).text
        assert "Du folgst</button>" in page and 'aria-label="Hauptmenü"' in page
        assert "„A question" in client.get(f"/report/post/{make_post(title='A question').pk}/").text
        assert "<p>Für einen ersten Beitrag</p>" in client.get("/badges/").text
        answered = make_comment(post, author=maren)
        answered.upvote(make_member())
        assert re.search(r"eine Zustimmung:\s+<a [^>]*>ein Kommentar zu", client.get("/members/maren/reputation/").text)

    def test_of_guests_is_english_whatever_they_send(self, maren: Member) -> None:
        plain = Client().get("/").content
        client = Client(headers={"accept-language": "de"})
        client.cookies["django_language"] = "de"
        client.cookies["sessionid"] = "nobodys"
        assert client.get("/").content == plain
        as_member(maren).get("/")
        assert Client().get("/").content == plain

    def test_costs_no_query(self, maren: Member) -> None:
        post = make_post()
        counts = []
        for language in ("en", "de"):
            Member.objects.filter(pk=maren.pk).update(language=language)
            client = as_member(maren)
            client.get(post.get_absolute_url())
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(post.get_absolute_url())
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_holds_for_what_goes_wrong_too(self, maren: Member) -> None:
        answer = as_member(maren).get("/nowhere/")
        assert answer.status_code == 404
        assert '<html lang="de">' in answer.text and "Diese Seite gibt es nicht" in answer.text

    def test_that_the_site_no_longer_has_is_its_own(self, maren: Member) -> None:
        Member.objects.update(language="fr")
        assert '<html lang="en"' in as_member(maren).get("/").text

    def test_greets_who_signs_in(self, maren: Member) -> None:
        maren.set_password("a few unrelated words")
        maren.save()
        maren.emailaddress_set.create(email=maren.email, verified=True, primary=True)
        answer = Client().post("/accounts/login/", {"login": "maren", "password": "a few unrelated words"}, follow=True)
        assert "Du bist angemeldet als maren." in answer.text
        assert translation.get_language() == "en"

    def test_of_programs_and_of_the_desk_is_english(self) -> None:
        moderator = make_moderator()
        Member.objects.update(language="de")
        client = as_member(moderator)
        assert '<html lang="en' in client.get("/admin/").text
        feed = client.get("/community/feed.atom").text
        assert feed.replace("\r", "") == Client().get("/community/feed.atom").text
