"""Atom feeds: read by a feed reader's own parser, asked again for nothing, private where they are private."""

from __future__ import annotations

import time

import feedparser
import pytest
from django.test import Client

from common.logs import without_secrets
from moderation import sanctions
from notices import following
from notices.models import FeedKey
from notices.telling import tell
from studies import arrivals
from studies.models import ReadingList, Study
from tests.builders import make_comment, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


def parsed(client: Client, address: str):
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo and feed.version == "atom10", feed.get("bozo_exception")
    return feed


def titles(feed) -> list[str]:
    return [entry.title for entry in feed.entries]


@pytest.fixture
def study() -> Study:
    return make_study(
        "Foam <b>&</b> solution", tags=["minoxidil"], authors=["Doe", "Roe", "Poe", "Zoe"], tldr="1 < 2, they say."
    )


class TestFeeds:
    def test_of_the_library_tag_journal_and_author_hold_the_study(self, client: Client, study):
        author = study.authors.get(family="Doe")
        for address in (
            "/studies/feed.atom", "/studies/feed.atom?q=foam&tag=minoxidil", "/tags/minoxidil/feed.atom",
            f"{study.journal.get_absolute_url()}feed.atom", f"{author.get_absolute_url()}feed.atom",
        ):  # fmt: skip
            feed = parsed(client, address)
            [entry] = feed.entries
            assert entry.title in ("Foam <b>&</b> solution", "Foam &lt;b&gt;&amp;&lt;/b&gt; solution")
            assert entry.id == f"http://localhost:8000/studies/{study.pk}/"
            assert entry.link == f"http://localhost:8000{study.get_absolute_url()}"
            assert entry.summary == "1 &lt; 2, they say."
            assert entry.author == "Doe, Roe, Poe, et al."
            assert abs(time.mktime(entry.updated_parsed) - time.mktime(study.added_at.utctimetuple())) < 2
            links = {link.rel: link.href for link in feed.feed.links}
            assert links["self"] == f"http://localhost:8000{address}"

    def test_are_named_in_the_heads_of_their_pages(self, client: Client, study):
        author = study.authors.get(family="Doe")
        for page, feed in (
            ("/studies/", "/studies/feed.atom"),
            ("/studies/?q=foam&sort=cited", "/studies/feed.atom?q=foam"),
            ("/tags/minoxidil/", "/tags/minoxidil/feed.atom"),
            (study.journal.get_absolute_url(), f"{study.journal.get_absolute_url()}feed.atom"),
            (author.get_absolute_url(), f"{author.get_absolute_url()}feed.atom"),
        ):
            assert 'type="application/atom+xml" title="' in client.get(page).content.decode()
            assert f'href="{feed}"' in client.get(page).content.decode(), page
            parsed(client, feed)

    def test_keep_an_id_when_a_title_changes_and_say_when_a_study_is_retracted(self, client: Client, study):
        before = parsed(client, "/studies/feed.atom").entries[0]
        Study.objects.update(title="Another title", retraction="retracted")
        after = parsed(client, "/studies/feed.atom").entries[0]
        assert before.id == after.id
        assert after.title == "Retracted: Another title"

    def test_are_answered_304_until_something_changes(self, client: Client, study):
        answer = client.get("/studies/feed.atom")
        assert answer["Last-Modified"] and "public" in answer["Cache-Control"]
        again = client.get("/studies/feed.atom", headers={"If-None-Match": answer["ETag"]})
        assert again.status_code == 304 and not again.content
        make_study("Newer")
        newer = client.get("/studies/feed.atom", headers={"If-None-Match": answer["ETag"]})
        assert newer.status_code == 200
        empty = client.get("/studies/feed.atom?q=zzz")
        assert client.get("/studies/feed.atom?q=zzz", headers={"If-None-Match": empty["ETag"]}).status_code == 304

    def test_of_a_tag_hold_its_posts_but_none_that_is_hidden(self, client: Client, study):
        seen, hidden = make_post(title="Seen", tags=["minoxidil"]), make_post(title="Hidden", tags=["minoxidil"])
        moderator = make_moderator()
        hidden.hide(moderator, "Rude")
        assert set(titles(parsed(client, "/tags/minoxidil/feed.atom?show=posts"))) == {seen.title}
        client.force_login(moderator)
        assert "Hidden" not in titles(parsed(client, "/tags/minoxidil/feed.atom"))

    def test_survive_any_title(self, client: Client):
        make_study("\x01 ]]> & <script>\x0b 😀 \ufffe")
        assert "script" in parsed(client, "/studies/feed.atom").entries[0].title

    @pytest.mark.parametrize(
        "address",
        ["/studies/feed.atom?year=x", "/tags/nothing/feed.atom", "/journals/none/feed.atom", "/authors/99999/x/feed.atom",
         "/lists/99999/x/feed.atom"],
    )  # fmt: skip
    def test_of_what_is_not_there_are_not_there(self, client: Client, address):
        assert client.get(address).status_code == 404


class TestTheFeedOfAList:
    def test_is_there_while_the_list_is_public(self, client: Client, study):
        owner = make_member()
        made = ReadingList.start(owner, title="To read", is_public=True)
        made.add(study, note="Start <here>")
        address = f"{made.get_absolute_url()}feed.atom"
        assert parsed(client, address).entries[0].summary == "Start &lt;here&gt;"
        assert address in client.get(made.get_absolute_url()).content.decode()
        made.describe(title="To read", description="", is_public=False)
        client.force_login(owner)
        assert client.get(address).status_code == 404
        assert address not in client.get(made.get_absolute_url()).content.decode()


class TestPrivateFeeds:
    def test_show_what_is_new_under_what_is_followed_to_who_knows_the_address(self, client: Client, study):
        reader, tag = make_member(), study.tags.get()
        arrivals.tell_of_new_studies()
        following.follow(reader, tag)
        following.follow(reader, study.journal)
        new = make_study("New foam", tags=["minoxidil"], journal=study.journal)
        make_study("Of no interest")
        arrivals.tell_of_new_studies()
        token = FeedKey.renew(reader).token
        assert titles(parsed(client, f"/feeds/{token}/following.atom")) == [new.title]
        answer = client.get(f"/feeds/{token}/notifications.atom")
        assert "2 " not in answer.content.decode() and "New foam" in answer.content.decode()
        assert answer["Cache-Control"] == "private, no-cache" and answer["X-Robots-Tag"] == "noindex"
        assert not answer.cookies

    def test_end_when_the_address_is_renewed_or_closed_or_the_member_leaves(self, client: Client):
        reader = make_member()
        client.force_login(reader)
        client.post("/settings/feeds/renew/")
        old = FeedKey.objects.get().token
        assert old in client.get("/settings/feeds/").content.decode()
        client.post("/settings/feeds/renew/")
        new = FeedKey.objects.get().token
        guest = Client()
        assert guest.get(f"/feeds/{old}/following.atom").status_code == 404
        assert guest.get(f"/feeds/{new}/following.atom").status_code == 200
        reader.is_active = False
        reader.save()
        assert guest.get(f"/feeds/{new}/notifications.atom").status_code == 404
        reader.is_active = True
        reader.save()
        client.force_login(reader)
        client.post("/settings/feeds/close/")
        assert guest.get(f"/feeds/{new}/following.atom").status_code == 404

    def test_are_shut_while_their_member_may_not_sign_in(self, client: Client):
        reader, moderator = make_member(), make_moderator()
        token = FeedKey.renew(reader).token
        places = [f"/feeds/{token}/following.atom", f"/feeds/{token}/notifications.atom"]
        sanctions.give(reader, moderator, ["vote"], "Votes for a friend", days=3)
        assert [client.get(place).status_code for place in places] == [200, 200]
        given = sanctions.give(reader, moderator, ["sign-in"], "Spam", days=3)
        assert [client.get(place).status_code for place in places] == [403, 403]
        sanctions.lift(reader, [given.pk])
        assert [client.get(place).status_code for place in places] == [200, 200]

    @pytest.mark.parametrize("token", ["x", "0" * 43, "%00", "é", "' OR 1=1"])
    def test_are_not_there_for_another_address(self, client: Client, token):
        FeedKey.renew(make_member())
        assert client.get(f"/feeds/{token}/following.atom").status_code in (400, 404)

    def test_address_is_shown_to_its_member_alone(self, client: Client):
        token = FeedKey.renew(make_member()).token
        client.force_login(make_member(is_staff=True, is_superuser=True))
        assert token not in client.get("/settings/feeds/").content.decode()
        assert len(token) == 43

    def test_tokens_stay_out_of_the_logs(self):
        for path in ("/feeds/abcDEF-_123/following.atom", "/unsubscribe/WzE:1x:sig/"):
            assert "abcDEF" not in without_secrets(f"Not Found: {path}")
            assert "sig" not in without_secrets(f"Not Found: {path}")

    def test_of_one_member_tell_nothing_of_anothers(self, client: Client):
        reader, other = make_member(), make_member()
        tell([other], kind="standing", key="k", words="For the other", url="/")
        token = FeedKey.renew(reader).token
        assert titles(parsed(client, f"/feeds/{token}/notifications.atom")) == []


class TestFeedsOfTheCommunity:
    def test_hold_what_everyone_may_see_and_nothing_else_whoever_asks(self, client: Client):
        post = make_post(title="Seen", author=make_member("adalove"))
        hidden = make_post(title="Unseen", author=post.author, category=post.category)
        gone = make_comment(post, body="Gone.")
        comment = make_comment(post, body="It **helped**. Much. And so on.", author=make_member("benlove"))
        deaf = make_comment(hidden)
        moderator = make_moderator()
        hidden.hide(moderator, "Rude")
        gone.delete_by_author()
        client.force_login(moderator)
        for page in ("/community/", post.category.get_absolute_url(), post.author.get_absolute_url()):
            assert titles(parsed(client, f"{page}feed.atom")) == ["Seen"]
            assert f'href="{page}feed.atom"' in client.get(page).content.decode()
        thread = f"{post.get_absolute_url()}feed.atom"
        [entry] = parsed(client, thread).entries
        assert (entry.title, entry.summary) == ("benlove on “Seen”", "It helped. Much.")
        assert entry.link == f"http://localhost:8000{comment.get_absolute_url()}"
        assert f'href="{thread}"' in client.get(post.get_absolute_url()).content.decode()
        assert client.get(f"{deaf.post.get_absolute_url()}feed.atom").status_code == 404

    def test_answer_304_until_something_is_new_and_lead_from_other_spellings(self, client: Client):
        post = make_post(author=make_member("adalove"))
        addresses = (
            "/community/feed.atom", f"{post.category.get_absolute_url()}feed.atom",
            f"{post.get_absolute_url()}feed.atom", "/members/adalove/feed.atom",
        )  # fmt: skip
        for address in addresses:
            tag = client.get(address)["ETag"]
            assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        make_comment(post)
        tag = client.get(addresses[2])["ETag"]
        make_comment(post)
        assert client.get(addresses[2], headers={"If-None-Match": tag}).status_code == 200
        assert client.get("/members/AdaLove/feed.atom")["Location"] == "/members/adalove/feed.atom"
        assert client.get(f"/posts/{post.pk}/wrong/feed.atom")["Location"] == addresses[2]
        for wrong in ("/members/nobody/feed.atom", "/community/c/nowhere/feed.atom", "/posts/999999/x/feed.atom"):
            assert client.get(wrong).status_code == 404
