"""What the community tells its members: once, in time, and nothing of what is out of sight."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.models import Tag
from common.tags import set_tags
from forum.models import Comment, Post, PostTag
from forum.told import lines
from notices import following
from notices.digests import _news
from notices.models import Digest, Follow, Notification, Preference
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db

Level = Follow.Level


def told(member, **those) -> list[str]:
    """What the member was told, but for what moderators did (tests/moderation/test_told.py)."""
    of_others = Notification.objects.of(member).filter(**those).exclude(kind="moderated")
    return list(of_others.order_by("pk").values_list("words", flat=True))


def edit(post: Post, body: str) -> None:
    post.edit(category=post.category, title=post.title, body=body, version=post.version)


class TestReplies:
    def test_are_told_to_whom_they_answer_and_to_nobody_else(self):
        post, other = make_post(author=make_member("ada"), title="Foam"), make_member()
        comment = make_comment(post, author=make_member("ben"))
        make_comment(post, author=make_member("cleo"), parent=comment)
        assert told(post.author) == ["ben replied to your post “Foam”", "cleo commented on “Foam”"]
        assert told(comment.author) == ["cleo replied to your comment on “Foam”"]
        assert told(other) == []

    def test_of_ones_own_are_not_told(self):
        post = make_post()
        make_comment(post, author=post.author, parent=make_comment(post, author=post.author))
        assert told(post.author) == []

    def test_are_told_once_for_a_form_that_is_sent_twice(self):
        post, author = make_post(), make_member()
        for _ in range(2):
            make_comment(post, author=author, token=post.token)
        assert len(told(post.author)) == 1

    def test_are_not_told_to_who_wants_none_of_this_post_or_of_this_kind(self):
        post, deaf = make_post(), make_post()
        following.follow(post.author, post, Level.NOTHING)
        Preference.objects.create(member=deaf.author, kind="reply", place=Preference.Place.NOWHERE)
        for each in (post, deaf):
            make_comment(each, body=f"@{each.author}, look")
        assert told(post.author) == []
        assert told(deaf.author, kind="reply") == []


class TestMentions:
    def test_are_told_and_linked(self):
        ada = make_member("ada_B")
        post = make_post(title="Foam", body="As @ADA_b, said.", author=make_member("ben"))
        assert f'<a href="/members/ada_B/" class="mention" data-member="{ada.pk}"' in post.text.body_html
        assert told(ada) == ["ben mentioned you in “Foam”"]

    @pytest.mark.parametrize(
        "body",
        ["`@adalove`", "    @adalove", "> @adalove", "- > @adalove", "a@adalove", "@adalove.org", "@adalovelace", "@adalov",
         "[@adalove](https://a.example)", "~~@adalove~~", "@@adalove", "@adalové", "https://a.example/@adalove", "@аdalove"],
    )  # fmt: skip
    def test_are_not_found_in_code_quotes_links_addresses_and_other_names(self, body):
        ada = make_member("adalove")
        assert "data-member" not in make_post(body=body).text.body_html
        assert told(ada) == []

    def test_cannot_be_forged(self):
        ada = make_member("adalove")
        body = f'<a href="/members/adalove/" class="mention" data-member="{ada.pk}">x</a>'
        assert told(ada) == [] and make_post(body=body) and told(ada) == []

    def test_are_ten_at_most_and_one_query(self):
        members = [make_member(f"friend{number:02}of") for number in range(12)]
        make_post()
        with CaptureQueriesContext(connection) as queries:
            make_post(body=" ".join(f"@{member} @{member}" for member in members))
        assert Notification.objects.filter(kind="mention").count() == 10
        looked_up = [query for query in queries if '"spelled"' in query["sql"] or "UPPER(" in query["sql"]]
        assert len(looked_up) == 1

    def test_that_an_edit_adds_are_told_and_that_it_takes_away_are_untold_unless_read(self):
        ada, ben, reader = make_member("adalove"), make_member("benlove"), make_member("cleolove")
        post = make_post(body="@adalove @cleolove")
        Notification.objects.of(reader).update(is_unread=False)
        edit(post, "@benlove")
        assert told(ada) == [] and len(told(ben)) == 1 and len(told(reader)) == 1
        comment = make_comment(post, body="Hm")
        comment.edit(body="@adalove!", version=1)
        assert told(ada) == [f"{comment.author} mentioned you in a comment on “{post}”"]

    def test_of_who_is_answered_are_told_once_and_stay_when_the_mention_goes(self):
        post = make_post(author=make_member("adalove"))
        comment = make_comment(post, body="@adalove yes")
        comment.edit(body="yes", version=1)
        assert told(post.author) == [f"{comment.author} replied to your post “{post}”"]

    def test_of_who_has_left_are_neither_linked_nor_told(self):
        gone = make_member("adalove", is_active=False)
        assert "data-member" not in make_post(body="@adalove").text.body_html
        assert not Notification.objects.filter(member=gone).exists()


class TestFollowing:
    def test_comes_with_what_one_writes_and_never_against_a_choice(self):
        post, commenter = make_post(), make_member()
        assert following.level_of(post.author, post) == Level.EVERYTHING
        make_comment(post, author=commenter)
        assert following.level_of(commenter, post) == Level.REPLIES
        following.follow(commenter, post, Level.NOTHING)
        make_comment(post, author=commenter)
        make_comment(post, author=post.author)
        assert following.level_of(commenter, post) == Level.NOTHING
        assert following.level_of(post.author, post) == Level.EVERYTHING

    def test_by_itself_leaves_room_for_follows_by_hand(self, monkeypatch):
        monkeypatch.setattr(following, "MOST_FOLLOWS", 1)
        member = make_member()
        for _ in range(2):
            make_post(author=member)
        following.follow(member, make_category())
        with pytest.raises(following.TooManyFollows):
            following.follow(member, make_category())

    def test_is_chosen_on_the_post_and_kept_when_it_is_ended(self, client: Client):
        post, member = make_post(), make_member()
        client.force_login(member)
        address = f"/follow/post/{post.pk}/"
        assert client.post(f"{address}?level=replies")["Location"] == post.get_absolute_url()
        answer = client.post(f"{address}?level=nothing", headers={"HX-Request": "true"}).content.decode()
        assert answer.count('aria-pressed="true"') == 1
        assert client.post(f"{address}?level=loud").status_code == 404
        assert client.post(f"/follow/category/{post.category_id}/?level=replies").status_code == 404
        following.follow(member, post)
        client.post(f"/following/{Follow.objects.get(member=member).pk}/end/")
        make_comment(post, author=member)
        assert following.level_of(member, post) == Level.NOTHING

    def test_buttons_stand_on_post_category_and_profile_but_not_for_guests(self, client: Client):
        post = make_post()
        pages = {
            post.get_absolute_url(): f"/follow/post/{post.pk}/",
            post.category.get_absolute_url(): f"/follow/category/{post.category_id}/",
            post.author.get_absolute_url(): f"/follow/member/{post.author_id}/",
        }
        for page, address in pages.items():
            assert address not in client.get(page).content.decode()
        client.force_login(make_member())
        for page, address in pages.items():
            assert address in client.get(page).content.decode()
            assert client.post(address).status_code == 302

    def test_of_a_hidden_post_is_refused_and_names_it_nowhere(self, client: Client):
        post, member = make_post(title="Secret words"), make_member()
        following.follow(member, post)
        client.force_login(member)
        assert "Secret words" in client.get("/following/").content.decode()
        post.hide(make_moderator(), "Rude")
        assert "Secret words" not in client.get("/following/").content.decode()
        assert client.post(f"/follow/post/{post.pk}/").status_code == 404


class TestNewPosts:
    def test_are_told_once_by_what_is_closest_and_gathered_day_by_day(self):
        author, shelf, reader = make_member("ada"), make_category("Treatment"), make_member()
        tag = set_tags(make_post(), PostTag, ["foam"])[0]
        for thing in (author, shelf, tag):
            following.follow(reader, thing)
        make_post(author=author, category=shelf, tags=["foam"], title="One")
        assert told(reader) == ["A new post by ada: One"]
        make_post(author=author, title="Two")
        make_post(category=shelf, title="Three")
        make_post(tags=["foam"], title="Four")
        assert told(reader) == ["2 new posts by ada", "A new post in Treatment: Three", "A new post under foam: Four"]
        assert told(author) == []

    def test_are_uncounted_while_hidden_and_counted_again(self):
        shelf, reader, late, moderator = make_category("Treatment"), make_member(), make_member(), make_moderator()
        following.follow(reader, shelf)
        first = make_post(category=shelf, title="First")
        following.follow(late, shelf)
        second = make_post(category=shelf, title="Second")
        first.hide(moderator, "Rude")
        assert told(reader) == ["1 new post in Treatment"]
        assert told(late) == ["A new post in Treatment: Second"]
        second.hide(moderator, "Rude")
        assert told(reader) == told(late) == []
        third = make_post(category=shelf, title="Third")
        assert told(reader) == told(late) == ["A new post in Treatment: Third"]
        for post in (first, second):
            post.unhide(moderator, "A mistake")
        assert (told(reader), told(late)) == (["3 new posts in Treatment"], ["2 new posts in Treatment"])
        third.delete_by_author()
        assert told(late) == ["1 new post in Treatment"]

    def test_are_named_in_a_digest_but_for_those_out_of_sight(self):
        shelf, reader = make_category(), make_member()
        following.follow(reader, shelf)
        posts = [make_post(category=shelf, title=f"Post {number}") for number in range(8)]
        posts[6].hide(make_moderator(), "Rude")
        notification = Notification.objects.of(reader).get()
        with CaptureQueriesContext(connection) as queries:
            found = lines([notification], posts[0].posted_at)
        assert [line.words for line in found[notification.pk]] == [f"Post {number}" for number in (7, 5, 4, 3, 2)]
        assert len(queries) <= 3  # the member, what they mute, and the posts

    def test_are_not_told_to_their_author(self):
        post = make_post()
        following.follow(post.author, post.category)
        make_post(author=post.author, category=post.category)
        assert told(post.author) == []


class TestWhatIsOutOfSight:
    def test_is_told_to_nobody_and_comes_back_when_it_is_shown_again(self, client: Client):
        post, follower, moderator = make_post(author=make_member("adalove")), make_member(), make_moderator()
        following.follow(follower, post)
        parent = make_comment(post)
        comment = make_comment(post, parent=parent, body="@adalove see")
        before = {member: told(member) for member in (post.author, follower, parent.author)}
        comment.hide(moderator, "Rude")
        assert told(parent.author) == []
        assert told(follower) == [f"1 new comment on “{post}”"]
        assert len(told(post.author)) == 1
        post.hide(moderator, "Rude")
        digest = Digest(member=parent.author)
        for member in before:
            assert told(member) == []
            client.force_login(member)
            # Its author hears what was hidden, and why.
            assert (str(post) in client.get("/notifications/").content.decode()) is (member == post.author)
        post.unhide(moderator, "A mistake")
        assert told(parent.author) == []  # the comment is hidden still
        comment.unhide(moderator, "A mistake")
        assert {member: told(member) for member in before} == before
        since, until = (
            Notification.objects.latest("told_at").told_at.replace(year=year) for year in (2000, 8000)
        )  # both have a 29 February
        assert _news(digest, since, until).exists()
        comment.delete_by_author()
        assert told(parent.author) == [] and not _news(digest, since, until).exists()


class TestUpvotes:
    def test_are_told_at_milestones_once_each(self):
        post = make_post(title="Foam")
        readers = [make_member() for _ in range(6)]
        for reader in readers:
            post.upvote(reader)
        post.withdraw(readers[0])
        post.withdraw(readers[1])
        post.upvote(readers[0])
        assert told(post.author) == ["Your post “Foam” has its first upvote", "Your post “Foam” has 5 upvotes"]

    def test_milestones_go_on(self):
        from forum.told import _is_milestone

        found = [score for score in range(2001) if _is_milestone(score)]
        assert found == [1, 5, 10, 25, 50, 100, 200, 500, 1000, 2000]


class TestCost:
    def test_is_the_same_for_one_follower_and_for_fifty(self):
        shelf, author = make_category(), make_member()
        post = make_post(category=shelf)
        tag = Tag.objects.create(name="foam", slug="foam")

        def cost() -> tuple[int, int]:
            with CaptureQueriesContext(connection) as posting:
                make_post(author=author, category=shelf, tags=["foam"])
            with CaptureQueriesContext(connection) as commenting:
                make_comment(post, author=author)
            return len(posting), len(commenting)

        def grow(count: int) -> None:
            for _ in range(count):
                reader = make_member()
                for thing in (shelf, author, tag, post):
                    following.follow(reader, thing)

        grow(1)
        cost()
        one = cost()
        grow(49)
        assert cost() == one
        assert Notification.objects.filter(kind="new_comments").count() == 50


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_forty_comments_tell_once_each(self):
        post, follower = make_post(), make_member()
        following.follow(follower, post)
        authors = [make_member() for _ in range(40)]

        def comment(some: list) -> None:
            for author in some:
                Post.objects.get(pk=post.pk).add_comment(author, "At once.")
            connections.close_all()

        threads = [threading.Thread(target=comment, args=(authors[start::8],)) for start in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Comment.objects.count() == 40
        assert Notification.objects.of(post.author).filter(kind="reply").count() == 40
        assert told(follower) == [f"40 new comments on “{post}”"]
