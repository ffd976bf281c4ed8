"""The history of a post or comment, and taking a version out of it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from forum.history import erase_removed, revisions_of
from forum.models import Comment, Post, Removal
from moderation.models import Action, Case
from moderation.reporting import reject, report
from tests.builders import make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


def edit(thing, body: str, reason: str = "") -> None:
    if isinstance(thing, Post):
        thing.edit(category=thing.category, title=thing.title, body=body, version=thing.version, reason=reason)
    else:
        thing.edit(body=body, version=thing.version, reason=reason)


@pytest.fixture(params=["post", "comment"])
def thing(request):
    made = make_post(body="I took 1 mg.") if request.param == "post" else make_comment(body="I took 1 mg.")
    edit(made, "I took 5 mg.", "A slip")
    return made


def kind_of(thing) -> str:
    return "post" if isinstance(thing, Post) else "comment"


def address(thing) -> str:
    return f"/{kind_of(thing)}s/{thing.pk}/history/"


def removal_address(thing) -> str:
    return f"{address(thing)}{revisions_of(kind_of(thing), thing).order_by('pk').first().pk}/remove/"


class TestReading:
    def test_shows_each_change_word_by_word_with_its_reason_the_newest_first(self, client, thing):
        edit(thing, "I took 5 mg daily.")
        page = client.get(address(thing)).text
        assert "<del>" in page and ">[taken out: </span>1<" in page and ">[put in: </span>5<" in page
        assert page.count("Reason: ") == 1 and "Reason: A slip" in page
        assert page.index("daily") < page.index("Reason: A slip") < page.index("As first written")

    def test_leaves_no_gap_before_a_comma(self, client, thing):
        page = client.get(address(thing)).text
        assert not re.search(r"\s[,.;]", re.sub(r"<[^>]+>", "", page[page.index("<h1>") : page.index("</main>")]))

    def test_is_linked_from_the_word_edited(self, client, thing):
        post = thing if isinstance(thing, Post) else thing.post
        assert f'href="{address(thing)}">edited' in client.get(post.get_absolute_url()).text

    def test_says_so_where_only_tags_were_edited_and_keeps_the_reason_of_the_words(self, client):
        post = make_post()
        post.edit(category=post.category, title=post.title, body=post.text.body, tags=["a"], version=1, reason="Tag")
        assert "The words have not changed since" in client.get(address(post)).text
        post.text.refresh_from_db()
        assert post.text.edit_reason == ""

    def test_goes_on_page_by_page_and_loses_no_change_between_them(self, client, thing):
        for number in range(23):
            edit(thing, f"Take {number}")
        seen, after = "", ""
        for has_more in (True, True, False):
            answer = client.get(f"{address(thing)}?after={after}")
            seen += answer.text
            after = answer.context["page"].next_cursor
            assert bool(after) is has_more
        for number in range(22):
            assert f">[taken out: </span>{number}<" in seen and f">[put in: </span>{number + 1}<" in seen
        assert seen.count("As first written") == 1
        assert client.get(f"{address(thing)}?after=nonsense").status_code == 404

    def test_escapes_what_members_wrote(self, client, thing):
        edit(thing, "<script>alert(1)</script>", "<b>bold</b>")
        page = client.get(address(thing)).text
        assert "<script>alert" not in page and "<b>bold" not in page

    def test_of_hidden_words_is_for_moderators_alone(self, client, thing):
        thing.hide(make_moderator(), "Rude")
        assert client.get(address(thing)).status_code == 404
        client.force_login(thing.author)
        assert client.get(address(thing)).status_code == 404
        client.force_login(make_moderator())
        assert client.get(address(thing)).status_code == 200

    def test_of_deleted_words_is_for_moderators_alone(self, client, thing):
        if isinstance(thing, Post):
            make_comment(thing)  # its tombstone stays readable, its history does not
        thing.delete_by_author()
        client.force_login(thing.author)
        assert client.get(address(thing)).status_code == 404
        client.force_login(make_moderator())
        assert client.get(address(thing)).status_code == 200

    def test_of_a_comment_under_a_hidden_post_is_not_found(self, client):
        comment = make_comment()
        edit(comment, "Changed")
        comment.post.hide(make_moderator(), "Rude")
        assert client.get(address(comment)).status_code == 404


class TestReasons:
    def test_are_sent_with_the_edit(self, client, thing):
        client.force_login(thing.author)
        form = {"body": "Other words", "version": thing.version, "reason": "  Clearer \n now "}
        if isinstance(thing, Post):
            form |= {"title": thing.title, "category": thing.category.slug}
        assert client.post(f"/{kind_of(thing)}s/{thing.pk}/edit/", form).status_code == 302
        assert "Reason: Clearer now" in client.get(address(thing)).text

    def test_longer_than_a_line_are_sent_back_with_all_that_was_typed(self, client, thing):
        client.force_login(thing.author)
        form = {"body": "Other words", "version": thing.version, "reason": "x" * 201}
        if isinstance(thing, Post):
            form |= {"title": thing.title, "category": thing.category.slug}
        answer = client.post(f"/{kind_of(thing)}s/{thing.pk}/edit/", form)
        assert answer.status_code == 422
        assert "Other words" in answer.text and "x" * 201 in answer.text


class TestTakingAVersionOut:
    def test_shows_it_to_nobody_but_moderators(self, client, thing):
        where = removal_address(thing)
        client.force_login(thing.author)
        assert "I took 1 mg." in client.get(where).text
        assert client.post(where, {"reason": "My dose"}).status_code == 302
        page = client.get(address(thing)).text
        assert "1 mg" not in page and ">1<" not in page and "My dose" not in page
        assert "taken out at its author" in page.replace("&#x27;", "'") and "I took 5 mg." in page
        client.force_login(make_moderator())
        page = client.get(address(thing)).text
        assert "I took 1 mg." in page and "My dose" in page

    def test_between_two_others_leaves_both(self, client, thing):
        edit(thing, "I took 7 mg.")
        client.force_login(thing.author)
        middle = revisions_of(kind_of(thing), thing).order_by("-pk").first()
        client.post(f"{address(thing)}{middle.pk}/remove/", {"reason": "Wrong"})
        client.logout()
        page = client.get(address(thing)).text
        assert "I took 7 mg." in page and "I took 1 mg." in page and ">5<" not in page and "5 mg" not in page
        assert "A slip" not in page

    def test_twice_is_done_and_logged_once_without_the_authors_reason(self, client, thing):
        where = removal_address(thing)
        client.force_login(thing.author)
        for _ in range(2):
            assert client.post(where, {"reason": "My dose"}).status_code == 302
        assert Removal.objects.count() == 1
        assert Action.objects.get(action="remove version").reason == "At the author's request"
        assert "1 mg" not in client.get(where, follow=True).text

    def test_asks_for_a_reason(self, client, thing):
        client.force_login(thing.author)
        assert client.post(removal_address(thing), {"reason": " "}).status_code == 422
        assert not Removal.objects.exists()

    def test_is_for_its_author_alone(self, client, thing):
        where = removal_address(thing)
        assert client.post(where, {"reason": "x"})["Location"].startswith("/accounts/login/")
        for other in (make_member(), make_moderator()):
            client.force_login(other)
            assert client.post(where, {"reason": "x"}).status_code == 403
        assert not Removal.objects.exists()

    def test_finds_no_version_of_another_thing(self, client, thing):
        other = make_post(author=thing.author) if isinstance(thing, Post) else make_comment(author=thing.author)
        edit(other, "Changed")
        client.force_login(thing.author)
        strange = revisions_of(kind_of(other), other).get().pk
        for number in (strange, 9**30):
            assert client.post(f"{address(thing)}{number}/remove/", {"reason": "x"}).status_code == 404

    def test_erases_the_words_after_a_month_and_not_while_a_report_waits(self, client, thing):
        client.force_login(thing.author)
        client.post(removal_address(thing), {"reason": "My dose"})
        report(thing, kind_of(thing), make_member(), "spam")
        later = timezone.now() + timedelta(days=31)
        assert erase_removed() == 0
        assert erase_removed(later) == 0
        assert revisions_of(kind_of(thing), thing).get().body == "I took 1 mg."
        reject(Case.objects.get(), make_moderator(), "Fine")
        assert (erase_removed(later), erase_removed(later)) == (1, 0)
        assert revisions_of(kind_of(thing), thing).get().body == ""
        assert (thing if isinstance(thing, Post) else Comment.objects.get()).text.body == "I took 5 mg."
        client.force_login(make_moderator())
        assert "Its words are erased" in client.get(address(thing)).text
