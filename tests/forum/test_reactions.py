"""Typed reactions: once for a member, with words where they ask for them, and summed under tags as a recount has it."""

from __future__ import annotations

import random
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.models import Tag
from common.personal import Choice, next_step
from forum import reactions
from forum.errors import Locked
from forum.models import Category, Comment, Post, Reaction, ReactionCount, ReactionKind
from forum.models.reaction import TagSum, TagTeller
from tests.builders import make_category, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


def make_kinds(category: Category) -> tuple[ReactionKind, ReactionKind, ReactionKind]:
    kinds = []
    for position, (name, asks) in enumerate((("Helped me", False), ("No effect", False), ("Side effect", True))):
        kind, _ = ReactionKind.objects.get_or_create(name=name, position=position, asks_for_comment=asks)
        kind.categories.add(category)
        kinds.append(kind)
    return tuple(kinds)


def make_told(**fields) -> tuple[Post, ReactionKind, ReactionKind, ReactionKind]:
    post = make_post(**fields)
    return post, *make_kinds(post.category)


def told(tag: str) -> dict[str, int]:
    """The stored sums of a tag, by the names of the kinds."""
    names = dict(ReactionKind.objects.values_list("pk", "name")) | {reactions.ANY: "any"}
    sums = TagSum.objects.filter(tag_id=Tag.objects.get(name=tag).pk, members__gt=0)
    return {names[each.kind_id]: each.members for each in sums}


def drifted() -> list[str]:
    return [proof.table for proof in reactions.PROOFS if proof.drifted()]


class TestTelling:
    def test_counts_once_however_often_it_is_pressed_and_is_taken_back(self):
        (post, helped, *_), reader = make_told(tags=["acne"]), make_member()
        for _ in range(3):
            reactions.react(post, helped, reader)
        assert ReactionCount.objects.get().count == 1
        assert told("acne") == {"any": 1, "Helped me": 1}
        assert [reactions.withdraw(post, helped, reader) for _ in range(2)] == [True, False]
        assert not Reaction.objects.exists()
        assert not ReactionCount.objects.exists()
        assert told("acne") == {}

    def test_two_kinds_are_told_by_one_member(self):
        (post, helped, none, _), reader = make_told(tags=["acne"]), make_member()
        reactions.react(post, helped, reader)
        reactions.react(post, none, reader)
        assert told("acne") == {"any": 1, "Helped me": 1, "No effect": 1}
        reactions.withdraw(post, helped, reader)
        assert told("acne") == {"any": 1, "No effect": 1}
        assert not drifted()

    def test_of_two_posts_is_one_member_under_their_tag(self):
        (post, helped, *_), reader = make_told(tags=["acne"]), make_member()
        other = make_post(category=post.category, tags=["acne", "skin"])
        for each in (post, other):
            reactions.react(each, helped, reader)
        assert told("acne") == told("skin") == {"any": 1, "Helped me": 1}
        reactions.withdraw(other, helped, reader)
        assert (told("acne"), told("skin")) == ({"any": 1, "Helped me": 1}, {})

    def test_with_words_makes_the_comment_and_the_reaction_or_neither(self):
        (post, *_, side), reader = make_told(), make_member()
        with pytest.raises(reactions.NeedsWords):
            reactions.react(post, side, reader)
        post.lock(make_moderator(), "Enough")
        with pytest.raises(Locked):
            reactions.react(post, side, reader, "It itched.")
        assert not Reaction.objects.exists()
        post.unlock(make_moderator(), "Not enough")
        token = uuid.uuid4()
        for _ in range(2):
            reactions.react(post, side, reader, "It itched.", token)
        comment = Comment.objects.get()
        assert (Reaction.objects.get().comment, comment.author, comment.text.body) == (comment, reader, "It itched.")
        post.refresh_from_db()
        assert post.comment_count == 1

    def test_whoever_deletes_the_words_takes_it_back_and_taking_it_back_leaves_the_words(self):
        (post, *_, side), reader = make_told(tags=["acne"]), make_member()
        reactions.react(post, side, reader, "It itched.").comment.delete_by_author()
        assert not Reaction.objects.exists()
        reactions.react(post, side, reader, "It burned.")
        reactions.withdraw(post, side, reader)
        assert Comment.objects.get(deleted_at=None).is_shown
        assert not drifted()

    def test_leaving_takes_it_back(self):
        (post, helped, *_), reader = make_told(tags=["acne"]), make_member()
        reactions.react(post, helped, reader)
        place: int | None = 0
        while place is not None:
            place = next_step(reader, Choice.KEEP, place)
        assert not Reaction.objects.exists()
        assert not TagTeller.objects.exists()
        assert not drifted()


class TestSums:
    def test_follow_hiding_deleting_tagging_and_moving(self):
        (post, helped, none, _), readers = make_told(tags=["acne", "skin"]), [make_member() for _ in range(3)]
        for reader in readers:
            reactions.react(post, helped, reader)
        reactions.react(post, none, readers[0])
        whole = {"any": 3, "Helped me": 3, "No effect": 1}
        assert told("acne") == told("skin") == whole
        moderator = make_moderator()
        post.hide(moderator, "Rude")
        assert told("acne") == told("skin") == {}
        reactions.withdraw(post, none, readers[0])
        assert not drifted()
        post.unhide(moderator, "Not rude")
        whole = {"any": 3, "Helped me": 3}
        assert told("acne") == told("skin") == whole
        post.edit(category=post.category, title="T", body="B", tags=["skin", "hair"], version=1)
        assert (told("acne"), told("skin"), told("hair")) == ({}, whole, whole)
        post.move(moderator, make_category(), "Better there")
        assert told("skin") == whole
        assert not drifted()
        post.delete_by_author()
        assert told("skin") == told("hair") == {}
        assert not drifted()

    @pytest.mark.parametrize("seed", range(3))
    def test_equal_a_recount_after_anything(self, seed: int):
        chance = random.Random(seed)
        post, *kinds = make_told(tags=["a", "b"])
        posts, readers = [post, make_post(category=post.category, tags=["b"])], [make_member() for _ in range(3)]
        moderator = make_moderator()
        for _ in range(40):
            post = Post.objects.get(pk=chance.choice(posts).pk)
            kind, reader = chance.choice(kinds), chance.choice(readers)
            deed = chance.choice(["react", "react", "react", "withdraw", "hide", "unhide", "tag"])
            if deed == "react" and post.is_shown:
                reactions.react(post, kind, reader, "Words.")
            elif deed == "withdraw":
                reactions.withdraw(post, kind, reader)
            elif deed == "tag" and post.is_shown:
                tags = chance.sample(["a", "b", "c"], chance.randrange(4))
                post.edit(category=post.category, title="T", body="B", tags=tags, version=post.version)
            elif deed in ("hide", "unhide"):
                getattr(post, deed)(moderator, "Why")
        assert not drifted()

    def test_that_drifted_are_found_and_mended(self):
        (post, helped, *_), reader = make_told(tags=["acne"]), make_member()
        reactions.react(post, helped, reader)
        TagSum.objects.update(members=7)
        TagTeller.objects.all().delete()
        ReactionCount.objects.all().delete()
        assert drifted() == ["forum_reactioncount", "forum_tagteller", "forum_tagsum"]
        assert [proof.mend() for proof in reactions.PROOFS] == [1, 2, 2]
        assert not drifted()
        assert told("acne") == {"any": 1, "Helped me": 1}


@pytest.mark.django_db(transaction=True)
def test_many_at_once_count_as_they_should():
    (post, helped, none, side), readers = make_told(tags=["acne", "skin"]), [make_member() for _ in range(6)]
    other = make_post(category=post.category, tags=["skin", "acne"])
    moderator = make_moderator()

    def press(number: int) -> None:
        try:
            chosen = Post.objects.get(pk=(post, other)[number % 2].pk)
            if number % 8 == 7:
                chosen.hide(moderator, "Why")
                chosen.unhide(moderator, "Why not")
            elif number % 8 == 5:
                chosen.edit(
                    category=post.category, title="T", body="B", tags=["acne", f"n{number}"], version=chosen.version
                )
            else:
                reactions.react(chosen, (helped, none, side)[number % 3], readers[number % 6], "Words.")
        except (Locked, reactions.NeedsWords, Post.DoesNotExist):
            pass
        except Exception as error:
            if type(error).__name__ != "StaleEdit":
                raise
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(press, range(40)))
    assert Reaction.objects.exists()
    assert not drifted()


class TestThePost:
    def test_shows_what_its_category_offers_and_how_many_told(self, client: Client):
        (post, helped, *_), reader = make_told(), make_member()
        reactions.react(post, helped, make_member())
        for visitor in (None, reader):
            if visitor:
                client.force_login(visitor)
            page = client.get(post.get_absolute_url()).content.decode()
            for words in ("Helped me", "No effect", "Side effect"):
                assert words in page
        assert "Helped me" not in client.get(make_post().get_absolute_url()).content.decode()

    def test_is_told_by_a_press_and_taken_back_by_another(self, client: Client):
        (post, helped, *_), reader = make_told(), make_member()
        address = f"/posts/{post.pk}/react/{helped.pk}/"
        assert client.post(address).status_code == 302
        assert not Reaction.objects.exists()
        client.force_login(reader)
        for _ in range(2):
            assert client.post(address)["Location"] == post.get_absolute_url()
        assert Reaction.objects.get().member == reader
        answer = client.post(f"{address}withdraw/", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert answer.content.decode().lstrip().startswith('<div class="reactions"')
        assert not Reaction.objects.exists()

    def test_with_words_asks_for_them_first(self, client: Client):
        (post, *_, side), reader = make_told(), make_member()
        client.force_login(reader)
        address = f"/posts/{post.pk}/react/{side.pk}/"
        assert client.get(address).status_code == 200
        assert client.post(address, {"body": " "}).status_code == 422
        assert client.post(address, {"body": "It itched."}).status_code == 302
        assert Reaction.objects.get().comment.text.body == "It itched."
        post.lock(make_moderator(), "Enough")
        client.force_login(make_member())
        answer = client.post(address, {"body": "Mine too."})
        assert (answer.status_code, "Mine too." in answer.content.decode()) == (409, True)

    def test_refuses_its_author_what_is_not_offered_and_what_is_out_of_sight(self, client: Client):
        post, helped, *_ = make_told(masked=True, author=(writer := make_member()))
        elsewhere = ReactionKind.objects.create(name="Elsewhere")
        client.force_login(writer)
        assert client.post(f"/posts/{post.pk}/react/{helped.pk}/").status_code == 403
        client.force_login(make_member())
        assert client.post(f"/posts/{post.pk}/react/{elsewhere.pk}/").status_code == 404
        post.hide(make_moderator(), "Rude")
        assert client.post(f"/posts/{post.pk}/react/{helped.pk}/").status_code == 404
        assert not Reaction.objects.exists()

    def test_has_a_limit(self, client: Client, settings):
        settings.LIMITS_ON = True
        settings.LIMITS = settings.LIMITS | {"reaction": settings.LIMITS["reaction"] | {"new": "1/hour"}}
        post, helped, none, _ = make_told()
        client.force_login(make_member())
        assert client.post(f"/posts/{post.pk}/react/{helped.pk}/").status_code == 302
        assert client.post(f"/posts/{post.pk}/react/{none.pk}/").status_code == 429
        assert Reaction.objects.count() == 1


class TestTheTag:
    def test_shows_sums_from_five_members_on_and_no_small_number(self, client: Client):
        post, helped, none, _ = make_told(tags=["acne"])
        readers = [make_member() for _ in range(5)]
        reactions.react(post, none, readers[0])
        for reader in readers[:4]:
            reactions.react(post, helped, reader)
        assert "members who told" not in client.get("/tags/acne/").content.decode()
        reactions.react(post, helped, readers[4])
        page = " ".join(client.get("/tags/acne/").content.decode().split())
        assert "Of 5 members who told" in page
        assert "<dt>Helped me</dt><dd>5</dd>" in page
        assert "<dt>No effect</dt><dd>fewer than 5</dd>" in page

    def test_is_read_from_two_rows_however_many_posts_carry_it(self, client: Client):
        post, helped, *_ = make_told(tags=["acne"])
        for _ in range(5):
            reactions.react(post, helped, make_member())
        tag = Tag.objects.get(name="acne")
        with CaptureQueriesContext(connection) as queries:
            assert reactions.under(tag).members == 5
        assert len(queries) == 2
        assert not [query for query in queries if "forum_reaction " in query["sql"] or "forum_post" in query["sql"]]
