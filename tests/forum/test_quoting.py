"""Quoting a passage: with whose it is and where it stands, and told to who wrote it."""

from __future__ import annotations

import pytest
from django.test import Client

from common.quotes import MOST, QUOTE_LIMIT, Quoted, quote, quoted_in
from forum.models import Comment, Post
from forum.quoting import quote_of
from notices import following
from notices.models import Follow, Notification, Preference
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


def told(member, **those) -> list[tuple[str, str]]:
    shown = Notification.objects.of(member).filter(**those).order_by("pk")
    return list(shown.values_list("kind", "words"))


def quoting(thing) -> str:
    thing = type(thing).objects.select_related("text").get(pk=thing.pk)
    return f"{quote_of(thing)}I doubt it."


class TestAQuote:
    def test_says_whose_words_they_are_and_links_to_them(self):
        comment = make_comment(author=make_member("ada"), body="It itched.\n\nThen it stopped.")
        assert quote_of(comment) == (
            f"> [ada wrote](/comments/{comment.pk}/):\n>\n> It itched.\n>\n> Then it stopped.\n\n"
        )
        assert quote_of(make_post(body="Foam?")).splitlines()[2] == "> Foam?"

    def test_leaves_out_what_was_quoted_already_unless_there_is_nothing_else(self):
        assert "old" not in quote("> old\n\nnew", "ada", "/posts/1/")
        assert "> > old" in quote("> old", "ada", "/posts/1/")

    def test_is_bounded(self):
        assert len(quote("word " * 4000, "ada", "/posts/1/")) < QUOTE_LIMIT + 100

    def test_names_a_pseudonym_and_never_who_stands_behind_it(self):
        post = make_post(author=make_member("hidden_me"), masked=True)
        assert post.pseudonym in quote_of(post)
        assert "hidden_me" not in quote_of(post)

    def test_is_known_again_in_the_page_only_within_a_quote(self):
        comment = make_comment()
        html = make_comment(body=quoting(comment)).text.body_html
        assert quoted_in(html) == [Quoted("comment", comment.pk)]
        for body in (f"[look](/comments/{comment.pk}/)", "> [a](https://a.example/comments/1/)", "> [a](/comments/0/)"):
            assert quoted_in(make_comment(body=body).text.body_html) == []
        many = "\n".join(f"> [x](/posts/{number}/)" for number in range(1, 40))
        assert len(quoted_in(make_comment(body=many).text.body_html)) == MOST


class TestTheFormThatAnswers:
    def test_opens_with_all_of_a_comment_or_a_post_quoted_below_the_draft(self, client: Client):
        client.force_login(make_member())
        comment = make_comment(body="It **itched**.")
        assert "&gt; It **itched**." in client.get(f"/comments/{comment.pk}/reply/?quote=1").content.decode()
        assert "&gt; It **itched**." not in client.get(f"/comments/{comment.pk}/reply/").content.decode()
        post = make_post(body="Foam or lotion?")
        answer = client.get(f"{post.get_absolute_url()}?quote=1")
        assert "> Foam or lotion?" in answer.context["form"]["body"].value()

    def test_quotes_nothing_that_its_reader_may_not_see(self, client: Client):
        comment = make_comment(body="Secret words")
        comment.hide(make_moderator(), "Rude")
        client.force_login(make_member())
        assert client.get(f"/comments/{comment.pk}/reply/?quote=1").status_code == 404
        assert Client().get(f"{make_post().get_absolute_url()}?quote=1").status_code == 200


class TestBeingQuoted:
    def test_is_told_to_whom_the_words_are_of(self):
        comment, post = make_comment(author=make_member("ada")), make_post(title="Foam")
        answer = make_comment(post, author=make_member("ben"), body=quoting(comment))
        assert told(comment.author, kind="quote") == [("quote", "ben quoted you in a comment on “Foam”")]
        note = Notification.objects.get(member=comment.author, kind="quote")
        assert note.url == answer.get_absolute_url()

    def test_is_told_once_and_not_beside_a_reply_or_a_mention(self):
        ada, post = make_member("ada"), make_post()
        comment = make_comment(post, author=ada)
        make_comment(post, parent=comment, body=quoting(comment) + "\n\n@ada " + quoting(comment))
        make_comment(post, body=f"{quoting(comment)} @ada")
        following.follow(ada, post, Follow.Level.EVERYTHING)
        make_comment(post, body=quoting(comment))
        assert [kind for kind, _ in told(ada)] == ["reply", "mention", "quote"]

    def test_is_not_told_of_ones_own_words_nor_where_it_is_not_wanted(self):
        comment = make_comment()
        make_comment(comment.post, author=comment.author, body=quoting(comment))
        Preference.objects.create(member=comment.author, kind="quote", place=Preference.Place.NOWHERE)
        make_comment(make_post(), body=quoting(comment))
        assert told(comment.author, kind="quote") == []

    def test_of_words_out_of_sight_is_not_told(self):
        comment = make_comment()
        body = quoting(comment)
        comment.hide(make_moderator(), "Rude")
        make_comment(make_post(), body=body)
        assert told(comment.author, kind="quote") == []

    def test_goes_out_of_sight_with_the_comment_that_quotes_and_comes_back(self):
        comment, moderator = make_comment(), make_moderator()
        answer = make_comment(make_post(), body=quoting(comment))
        answer.hide(moderator, "Rude")
        assert told(comment.author, kind="quote") == []
        answer.unhide(moderator, "Not rude")
        assert len(told(comment.author, kind="quote")) == 1

    def test_follows_an_edit(self):
        comment, post = make_comment(), make_post()
        answer = make_comment(post, body="Nothing")
        answer.edit(body=quoting(comment), version=1)
        assert len(told(comment.author, kind="quote")) == 1
        answer.edit(body="Nothing again", version=2)
        assert told(comment.author, kind="quote") == []

    def test_in_a_post_is_told_too_and_reaches_who_stands_behind_a_pseudonym(self):
        ada = make_member("ada")
        masked = make_post(author=ada, masked=True)
        Post.write(author=make_member("ben"), category=make_category(), title="New", body=quoting(masked))
        assert told(ada, kind="quote") == [("quote", "ben quoted you in “New”")]
        assert Comment.objects.count() == 0
