import json
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import counting, paging
from common.models import Tag
from common.tags import get_or_create
from forum import related
from forum.models import Comment, Post, PostTag
from notices import following, muting
from notices.models import Mute
from tests.builders import (
    make_category,
    make_comment,
    make_many_posts,
    make_member,
    make_moderator,
    make_post,
    make_study,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return make_member("reader_one")


@pytest.fixture
def browser(reader):
    client = Client()
    client.force_login(reader)
    return client


def mute(member, kind, thing):
    return muting.mute(member, kind, thing.pk)


class TestMutedBy:
    def test_gives_what_a_member_mutes_by_one_query(self, reader):
        post, other = make_post(tags=["acne"]), make_member()
        for kind, thing in (("tag", post.tags.get()), ("category", post.category), ("member", other), ("post", post)):
            assert mute(reader, kind, thing)
            assert not mute(reader, kind, thing)
        with CaptureQueriesContext(connection) as queries:
            muted = muting.muted_by(reader)
            muting.muted_by(reader)
        assert len(queries) == 1
        assert set(muted.members) == {other.pk}
        assert set(muted.tags) == {post.tags.get().pk}
        assert set(muted.categories) == {post.category_id}
        assert muted.hides

    def test_asks_nothing_for_a_guest(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert not muting.muted_by(AnonymousUser())

    def test_knows_at_once_of_a_change(self, reader):
        other = make_member()
        assert not muting.muted_by(reader)
        mute(reader, "member", other)
        assert muting.is_muted(reader, "member", other.pk)
        muting.unmute(reader, "member", other.pk)
        muting.unmute(reader, "member", other.pk)
        assert not muting.muted_by(reader)

    def test_is_bounded(self, reader, monkeypatch):
        monkeypatch.setattr(muting, "MOST_MUTES", 2)
        monkeypatch.setattr(muting, "MOST_HIDDEN", 1)
        for number in (1, 2):
            muting.mute(reader, "tag", number)
        muting.mute(reader, "post", 1)
        for kind in ("member", "post"):
            with pytest.raises(muting.TooManyMutes):
                muting.mute(reader, kind, 9)
        assert not muting.mute(reader, "tag", 2)  # has it already


class World:
    """A post for each way to mute it, one that nobody mutes, and a comment on each."""

    def __init__(self):
        self.kept = make_post(title="Words kept", tags=["kept", "acne"])
        self.by = make_post(title="Words by", tags=["acne"])
        self.under = make_post(title="Words under", tags=["loud", "acne"])
        self.within = make_post(title="Words within", category=make_category("noisy"), tags=["acne"])
        self.hidden = make_post(title="Words hidden", tags=["acne"])
        self.posts = [self.kept, self.by, self.under, self.within, self.hidden]
        self.writer = make_member("somebody_else")
        self.comments = [make_comment(post, author=self.writer) for post in self.posts]

    def mute(self, reader):
        mute(reader, "member", self.by.author)
        mute(reader, "tag", Tag.objects.get(name="loud"))
        mute(reader, "category", self.within.category)
        mute(reader, "post", self.hidden)


MUTED_WORDS = ("Words by", "Words under", "Words within", "Words hidden")


class TestListedFor:
    def test_leaves_out_what_the_reader_mutes_and_hides(self, reader):
        world = World()
        assert Post.objects.listed_for(reader).count() == 5
        world.mute(reader)
        assert list(Post.objects.listed_for(reader)) == [world.kept]
        assert list(Comment.objects.listed_for(reader)) == [world.comments[0]]

    def test_changes_nothing_for_others(self, reader):
        world = World()
        world.mute(reader)
        for other in (AnonymousUser(), make_member(), make_moderator()):
            assert Post.objects.listed_for(other).count() == 5
            assert Comment.objects.listed_for(other).count() == 5

    def test_leaves_out_comments_of_a_muted_member_on_any_post(self, reader):
        world = World()
        mute(reader, "member", world.writer)
        assert not Comment.objects.listed_for(reader).exists()
        assert Post.objects.listed_for(reader).count() == 5

    def test_keeps_what_has_no_named_author(self, reader):
        """A post under a pseudonym that vanished with its author's mute would say whose it is."""
        post = make_post(author=make_member())
        author = post.author
        Post.objects.filter(pk=post.pk).update(author=None)
        mute(reader, "member", author)
        assert list(Post.objects.listed_for(reader)) == [post]

    def test_never_shows_more_than_is_visible(self, reader):
        world = World()
        world.kept.hide(make_moderator(), "Rude")
        assert world.kept not in Post.objects.listed_for(reader)
        assert world.comments[0] not in Comment.objects.listed_for(reader)


class TestEveryList:
    def test_shows_nothing_muted(self, reader, browser):
        world = World()
        study = make_study("A study", tags=["acne"], tldr="It helps.")
        for post in world.posts:
            post.text.body = f"See doi:{study.doi}"
            post.text.save()
        study.refresh_from_db()
        addresses = {
            "/": None,
            "/community/": None,
            "/community/?sort=new": None,
            "/tags/acne/": "1 / 1",
            "/search/?q=words": None,
            "/members/somebody_else/?show=comments": "Comments 1",
            world.kept.get_absolute_url(): None,
            study.get_absolute_url(): "1 / 1 results",
            f"{study.get_absolute_url()}posts/": None,
            f"{study.get_absolute_url()}mentions/": None,
        }
        for address in addresses:
            before = browser.get(address).text
            assert all(words in before for words in MUTED_WORDS), address
        world.mute(reader)
        for address, count in addresses.items():
            after = browser.get(address).text
            assert "Words kept" in after
            assert not [words for words in MUTED_WORDS if words in after], address
            assert count is None or count in after, address
        guest = Client().get("/community/").text
        assert all(words in guest for words in MUTED_WORDS)

    def test_of_members_and_of_suggestions_names_nobody_muted(self, reader, browser):
        world = World()
        found = "/members/somebody_else/"
        typed = {"title": "Words words words", "tags": ""}
        assert found in browser.get("/search/?q=somebody_else").text
        assert "Words by" in browser.post("/writing/suggestions/", typed).text
        assert "somebody_else" in browser.get(reverse("forum:suggest"), {"kind": "member", "q": "some"}).text
        world.mute(reader)
        mute(reader, "member", world.writer)
        assert "somebody_else" not in browser.get(reverse("forum:suggest"), {"kind": "member", "q": "some"}).text
        assert found not in browser.get("/search/?q=somebody_else").text
        assert "Words by" not in browser.post("/writing/suggestions/", typed).text


class TestOwnPage:
    @pytest.mark.parametrize("kind", ["member", "tag", "category"])
    def test_says_that_it_is_muted_and_shows_it_only_when_asked(self, reader, browser, kind):
        post = make_post(title="The muted one", tags=["loud"], category=make_category("noisy"))
        thing = {"member": post.author, "tag": post.tags.get(), "category": post.category}[kind]
        address = thing.get_absolute_url()
        assert "The muted one" in browser.get(address).text
        assert f"/mute/{kind}/{thing.pk}/" in browser.get(address).text
        mute(reader, kind, thing)
        page = browser.get(address).text
        assert "The muted one" not in page
        assert f"/unmute/{kind}/{thing.pk}/" in page
        assert "The muted one" in browser.get(f"{address}?muted=show").text
        assert "The muted one" in Client().get(address).text
        browser.post(f"/unmute/{kind}/{thing.pk}/")
        assert "The muted one" in browser.get(address).text

    @pytest.mark.parametrize("kind", ["member", "tag", "category", "post"])
    def test_of_a_post_says_why_lists_leave_it_out_and_ends_it(self, reader, browser, kind):
        post = make_post(title="The muted one", tags=["loud"])
        thing = {"member": post.author, "tag": post.tags.get(), "category": post.category, "post": post}[kind]
        assert "leave it out" not in browser.get(post.get_absolute_url()).text
        mute(reader, kind, thing)
        page = browser.get(post.get_absolute_url()).text
        assert page.count("leave it out") == 1 and f"/unmute/{kind}/{thing.pk}/?next=%2Fposts%2F" in page
        assert "leave it out" not in Client().get(post.get_absolute_url()).text
        browser.post(f"/unmute/{kind}/{thing.pk}/")
        assert "leave it out" not in browser.get(post.get_absolute_url()).text

    def test_of_a_profile_says_that_nothing_is_there_but_what_is_muted(self, reader, browser):
        post = make_post(title="The muted one", tags=["loud"])
        address = post.author.get_absolute_url()
        mute(reader, "tag", post.tags.get())
        assert "Nothing here but what you mute" in browser.get(address).text
        assert "Nothing written yet" in browser.get(f"{address}?show=comments").text
        assert "Nothing here but what you mute" not in Client().get(address).text

    def test_of_oneself_shows_all_of_ones_own(self, reader, browser):
        post = make_post(title="My own", author=reader, tags=["loud"])
        mute(reader, "tag", post.tags.get())
        assert "My own" in browser.get(reader.get_absolute_url()).text
        assert "My own" not in browser.get("/community/").text


class TestThread:
    def test_folds_a_muted_members_comment_and_leaves_the_replies_readable(self, reader, browser):
        post, loud = make_post(), make_member("loud_one")
        comment = make_comment(post, author=loud, body="Loud words")
        make_comment(post, parent=comment, body="A calm reply")
        assert "comment__muted" not in browser.get(post.get_absolute_url()).text
        mute(reader, "member", loud)
        page = browser.get(post.get_absolute_url()).text
        folded, _, rest = page.partition("comment__muted")[2].partition("</details>")
        assert "Loud words" in folded
        assert "loud_one" not in folded.partition("</summary>")[0]
        assert "A calm reply" in rest
        assert "comment__muted" not in Client().get(post.get_absolute_url()).text


class TestButtons:
    def test_work_without_javascript_go_back_and_offer_to_undo(self, reader, browser):
        post = make_post(title="The one")
        assert f"/mute/post/{post.pk}/?next=%2Fcommunity%2F" in browser.get("/community/").text
        page = browser.post(f"/mute/post/{post.pk}/?next=/community/", follow=True)
        assert page.redirect_chain == [("/community/", 302)]
        assert "The one" not in page.text
        assert f"/unmute/post/{post.pk}/?next=%2Fcommunity%2F" in page.text
        page = browser.post(f"/unmute/post/{post.pk}/?next=/community/", follow=True)
        assert "The one" in page.text

    def test_put_a_sentence_where_the_row_was(self, reader, browser):
        post = make_post()
        answer = browser.post(f"/mute/post/{post.pk}/?next=/community/", headers={"HX-Request": "true"})
        assert "Undo" in answer.text
        assert "<html" not in answer.text

    def test_lead_nowhere_else(self, reader, browser):
        post = make_post()
        for away in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
            answer = browser.post(f"/mute/post/{post.pk}/", query_params={"next": away})
            assert answer["Location"] == "/following/muted/"

    def test_say_names_as_text(self, reader, browser):
        post = make_post(tags=["<b>loud</b>"])
        page = browser.post(f"/mute/tag/{post.tags.get().pk}/?next=/community/", follow=True).text
        assert "&lt;b&gt;loud" in page
        assert "<b>loud" not in page

    def test_mute_nobody_who_is_not_there_and_not_oneself(self, reader, browser):
        hidden = make_post()
        hidden.hide(make_moderator(), "Rude")
        gone = make_member()
        gone.is_active = False
        gone.save()
        assert browser.post(f"/mute/post/{hidden.pk}/").status_code == 404
        assert browser.post(f"/mute/member/{gone.pk}/").status_code == 404
        assert browser.post("/mute/comment/1/").status_code == 404
        assert browser.post(f"/mute/member/{reader.pk}/").status_code == 403
        assert Client().post(f"/mute/post/{make_post().pk}/")["Location"].startswith("/accounts/login/")
        assert browser.get(f"/mute/post/{make_post().pk}/").status_code == 405
        assert not Mute.objects.exists()

    def test_say_where_there_are_too_many(self, reader, browser, monkeypatch):
        monkeypatch.setattr(muting, "MOST_MUTES", 0)
        page = browser.post(f"/mute/member/{make_member().pk}/", follow=True)
        assert "as much as anyone can" in page.text


class TestTheListOfMutes:
    def test_and_of_follows_calls_what_is_gone_by_no_name(self, reader, browser):
        muted, followed = make_post(), make_post()
        browser.post(f"/mute/post/{muted.pk}/")
        following.follow(reader, followed)
        for gone, page in ((muted, "/following/muted/"), (followed, "/following/")):
            assert gone.title in browser.get(page).text
            gone.hide(make_moderator(), "Spam")
            text = re.sub(r"<[^>]+>", "", browser.get(page).text)
            assert "It is not here any more" in text and "None" not in text

    def test_names_what_is_in_sight_and_ends_each(self, reader, browser):
        world = World()
        world.mute(reader)
        mute(reader, "member", world.writer)
        world.hidden.hide(make_moderator(), "Rude")
        page = browser.get("/following/muted/").text
        assert "somebody_else" in page
        assert "noisy" in page
        assert "loud" in page
        assert "Words hidden" not in page
        assert page.count("/unmute/") == 5
        browser.post(f"/unmute/post/{world.hidden.pk}/")
        assert browser.get("/following/muted/").text.count("/unmute/") == 4
        other = Client()
        other.force_login(make_member())
        assert "You mute nothing" in other.get("/following/muted/").text


class TestBoundedReading:
    """Nearly all of a list is muted: a page looks at so many rows, then leads on."""

    @pytest.fixture
    def loud(self, reader, monkeypatch):
        monkeypatch.setattr(paging, "SIFTED", 40)
        monkeypatch.setattr(counting, "SIFTED", 40)
        monkeypatch.setattr(related, "SIFTED", 40)
        self.old = make_post(title="The old calm one", tags=["acne"])
        make_many_posts(100, tag=self.old.tags.get())
        loud = get_or_create(["loud"])[0]
        many = Post.objects.exclude(pk=self.old.pk)
        PostTag.objects.bulk_create(PostTag(content_object=post, tag=loud) for post in many)
        make_post(title="The new calm one", tags=["acne"])
        mute(reader, "tag", loud)

    def test_leads_to_everything_that_is_not_muted(self, loud, browser):
        for address in ("/community/?sort=new", "/tags/acne/?show=posts"):
            pages, found = 0, ""
            while address:
                page = browser.get(address).text
                assert "Post of many" not in page
                found, pages = found + page, pages + 1
                more = re.search(r'rel="next" href="([^"]+)"', page)
                address = more and address.split("?")[0] + more[1].replace("&amp;", "&")
            assert (found.count(">The old calm one</a>"), found.count(">The new calm one</a>")) == (1, 1)
            assert 3 <= pages <= 4

    def test_says_that_a_page_is_empty_because_of_what_is_muted(self, loud, browser):
        first = browser.get("/community/?sort=new").text
        after = re.search(r"after=([^\"&]+)", first)[1]
        page = browser.get(f"/community/?sort=new&after={after}").text
        assert "muted" in page
        assert "Be the first" not in page

    def test_counts_no_further(self, loud, reader, browser):
        assert "1+" in browser.get("/tags/acne/?show=posts").text
        assert [post.title for post in related.related_posts(get_or_create(["acne"]), reader=reader).posts] == [
            "The new calm one"
        ]
        assert "The new calm one" in browser.get("/").text


def test_no_muted_tag_is_read_as_a_whole(reader):
    """Each row of a list is probed for the tag; a join would read all posts of the tag before the first is shown."""
    tag = make_post(tags=["loud"]).tags.get()
    make_many_posts(3000, tag=tag)
    for _ in range(30):
        make_post()
    mute(reader, "tag", tag)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE forum_post, forum_posttag")
        # So few rows may be sorted as well as read in order; what is asked here is how each of them is probed.
        cursor.execute("SET LOCAL enable_sort = off")
    plan = json.loads(Post.objects.listed_for(reader).order_by("-pk")[:20].explain(format="json", analyze=True))
    assert max(rows_of(plan[0]["Plan"], "forum_posttag")) <= 40


def rows_of(node: dict, table: str) -> list[float]:
    """How many rows each step of a plan read of a table."""
    here = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == table else 0
    return [here, *(rows for child in node.get("Plans", ()) for rows in rows_of(child, table))]


def test_search_leaves_out_comments_as_lists_do_and_nothing_that_others_hide(reader, browser):
    muted, shown, hidden = (make_comment(body="heliotrope") for _ in range(3))
    muting.mute(reader, "member", muted.author_id)
    muting.mute(reader, "post", hidden.post_id)
    muting.mute(make_member(), "post", shown.post_id)
    page = browser.get("/search/?q=heliotrope&show=comment").text
    assert [each for each in (muted, shown, hidden) if each.get_absolute_url() in page] == [shown]
