"""Merges of threads, in a chain or into one, taken back in whatever order: everything is as it was before."""

from __future__ import annotations

import pytest

from accounts.models import Member
from forum import polls, saving
from forum.models import Post
from moderation import acting
from notices import following
from tests.builders import make_member, make_moderator, make_post
from tests.forum.test_moderating import World, assert_is_as_before, do, everything_counts, in_search_and_feeds, snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator() -> Member:
    return make_moderator()


@pytest.fixture
def world() -> World:
    return World()


# Merges are named by the thread that goes: each order in which they are taken back.
ORDERS_OF_A_CHAIN = [["post", "other", "third"], ["third", "other", "post"], ["other", "post", "third"]]
ORDERS_OF_TWO = [["post", "other"], ["other", "post"]]


class TestMergesUndoneInAnyOrder:
    """Members follow one thread or several, by hand or by what they wrote; two threads have a poll."""

    def fill(self, world: World, *threads: Post) -> dict[str, Member]:
        members = {
            "one": (threads[0],), "two": threads[:2], "last": (threads[0], threads[-1]), "all": threads,
            "second": threads[1:2],
        }  # fmt: skip
        named = {name: make_member() for name in (*members, "quiet")}
        for name, followed in members.items():
            for thread in followed:
                following.follow(named[name], thread, "everything" if thread is threads[0] else "replies")
        following.follow(named["quiet"], threads[0])
        following.follow(named["quiet"], threads[-1], "nothing")
        for thread in threads:
            saving.save(named["one"], thread)
        for thread in threads[:2]:
            polls.set_terms(thread, polls.Terms(("Yes", "No")))
            polls.vote(thread.poll, named["one"], [thread.poll.options.first().pk])
        return named

    def test_a_chain_leaves_everything_as_it_was(self, world, moderator) -> None:
        world.third, world.end = (make_post(category=world.shelf, title=title) for title in ("Third", "End"))
        threads = world.post, world.other, world.third, world.end
        self.fill(world, *threads)
        before, seen = snapshot(), in_search_and_feeds()
        for order in ORDERS_OF_A_CHAIN:
            merges = {
                name: do("merge", getattr(world, name), moderator, into=into)
                for name, into in zip(ORDERS_OF_A_CHAIN[0], threads[1:], strict=True)
            }
            assert snapshot() != before
            for name in order:
                acting.undo(merges[name], moderator, "It was fine")
            assert_is_as_before(before, order)
        assert in_search_and_feeds() == seen and everything_counts()

    def test_two_threads_merged_into_one_leave_everything_as_it_was(self, world, moderator) -> None:
        world.third = make_post(category=world.shelf, title="Third")
        self.fill(world, world.post, world.other, world.third)
        before = snapshot()
        for order in ORDERS_OF_TWO:
            merges = {
                name: do("merge", getattr(world, name), moderator, into=world.third) for name in ("post", "other")
            }
            for name in order:
                acting.undo(merges[name], moderator, "It was fine")
            assert_is_as_before(before, order)

    def test_who_follows_what_is_still_there_goes_on_following_it(self, world, moderator) -> None:
        world.third, world.end = (make_post(category=world.shelf, title=title) for title in ("Third", "End"))
        named = self.fill(world, world.post, world.other, world.third, world.end)
        do("merge", world.other, moderator, into=world.third)
        done = do("merge", world.post, moderator, into=world.third)
        do("merge", world.third, moderator, into=world.end)
        following.unfollow(named["one"], world.end)
        following.follow(named["second"], world.end, "nothing")
        acting.undo(done, moderator, "It was fine")

        def levels(name: str) -> list[str]:
            threads = world.post, world.other, world.third, world.end
            return [following.level_of(named[name], thread) for thread in threads]

        assert levels("two") == ["everything", "replies", "replies", "replies"]
        assert levels("one") == ["", "", "", ""]
        assert levels("second") == ["", "replies", "replies", "nothing"]

    def test_who_chose_a_level_in_the_middle_of_a_chain_keeps_it_to_its_end(self, world, moderator) -> None:
        world.third, fan = make_post(category=world.shelf, title="Third"), make_member()
        following.follow(fan, world.post)
        done = do("merge", world.post, moderator, into=world.other)
        following.follow(fan, world.other, "replies")
        on = do("merge", world.other, moderator, into=world.third)
        acting.undo(done, moderator, "It was fine")
        assert [following.level_of(fan, each) for each in (world.post, world.other, world.third)] == [
            "everything", "replies", "replies",
        ]  # fmt: skip
        acting.undo(on, moderator, "It was fine")
        assert [following.level_of(fan, each) for each in (world.post, world.other, world.third)] == [
            "everything", "replies", "",
        ]  # fmt: skip
