"""What moderators do to posts and comments: each deed done, undone, and everything as it was before."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.recount import counters
from forum import masks, polls, saving, solving
from forum.models import CategoryModerator, Comment, Post
from forum.moderating.verbs import COMMENTS, POSTS
from moderation import acting, limits
from moderation.acting import CannotDo, NothingToDo
from moderation.models import Action, ReasonTemplate
from notices import following
from notices.models import Notification
from studies.models import Mention
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator():
    return make_moderator()


def do(verb: str, thing, moderator, **values) -> Action:
    kind = acting.moderable_of(thing)
    assert kind is not None
    chosen = kind.verb(verb)
    assert chosen is not None
    return acting.act(chosen, kind.rows().get(pk=thing.pk), moderator, "Because", **values)


def snapshot() -> dict[str, list]:
    """All that a deed could disturb, without when and how often it was touched."""
    columns = {
        "forum_post": "id, title, is_answered, author_id, mask_id, category_id, score, comment_count, last_active_at, is_hidden, deleted_at, is_locked, is_pinned",
        "forum_comment": "id, post_id, parent_id, root_id, ancestors, author_id, mask_id, score, is_hidden, deleted_at",
        "forum_posttext": "post_id, title, body, tag_words",
        "forum_commenttext": "comment_id, body",
        "forum_posttag": "content_object_id, tag_id",
        "common_tag": "id, use_count",
        "forum_postvote": "thing_id, member_id",
        "forum_commentvote": "thing_id, member_id",
        "studies_mention": "post_id, comment_id, work_id, in_sight",
        "studies_study": "id, mention_count",
        "notices_follow": "member_id, content_type_id, object_id, level, is_automatic",
        "forum_poll": "id, post_id, voter_count",
        "forum_ballot": "poll_id, member_id",
        "forum_threadterms": "post_id, merged_into_id, merged_thread_id",
        "forum_savedwords": "member_id, post_id, comment_id, folder_id, note",
        "notices_notification": "member_id, key, words, place, part, is_withdrawn, gathered",
    }
    with connection.cursor() as cursor:
        taken = {}
        for table, names in columns.items():
            cursor.execute(f"SELECT {names} FROM {table} ORDER BY {names}")
            # That a deed was told stays true; what was told of others must not change.
            taken[table] = [row for row in cursor.fetchall() if not str(row[1]).startswith("action:")]
    return taken


def in_search_and_feeds() -> dict[str, list[str]]:
    """What a guest finds by the words of the two threads, and what feeds name, in their order."""
    guest, found = Client(), {}
    for words in ("thread", "helped", "doi", "long", "year", "elsewhere", "tag:acne", "tag:rosacea"):
        page = guest.get("/search/", {"q": words}).text.partition("<main")[2]
        found[words] = re.findall(r'href="(/(?:posts|comments|studies)/[^"]+)"', page)
    for feed in ("/community/feed.atom", "/tags/acne/feed.atom", "/tags/rosacea/feed.atom"):
        answer = guest.get(feed)
        found[feed] = [f"{answer.status_code}", *re.findall(r"<(?:id|title)[^>]*>([^<]+)<", answer.text)]
    return found


class World:
    """Two threads that talk about a study, with votes and replies at depth."""

    def __init__(self) -> None:
        self.study = make_study("A study", doi="10.1000/known")
        self.shelf, self.other_shelf = make_category("Shelf"), make_category("Elsewhere")
        self.post = make_post(category=self.shelf, title="The thread", tags=["acne"], body="About 10.1000/known")
        self.other = make_post(category=self.shelf, title="The other thread", tags=["acne", "rosacea"])
        self.first = make_comment(self.post, body="It helped, see doi:10.1000/known")
        self.reply = self.post.add_comment(make_member(), "How long?", parent=self.first)
        self.deeper = self.post.add_comment(make_member(), "A year.", parent=self.reply)
        self.second = make_comment(self.post, body="Not for me.")
        self.elsewhere = make_comment(self.other, body="Elsewhere.")
        for thing in (self.post, self.first, self.deeper, self.second):
            thing.upvote(make_member())
        solving.mark(self.deeper, make_moderator())
        Post.objects.update(last_active_at=timezone.now())
        for post in (self.post, self.other):
            last = post.comments.order_by("-posted_at").values_list("posted_at", flat=True).first()
            Post.objects.filter(pk=post.pk).update(last_active_at=last)
        for each in vars(self).values():
            each.refresh_from_db()


@pytest.fixture
def world() -> World:
    return World()


def everything_counts() -> bool:
    return not [counter for counter in counters() if counter.drifted()]


DEEDS = {
    "hide": ("post", {}),
    "lock": ("post", {}),
    "pin": ("post", {"everywhere": True, "until": timezone.localdate() + timedelta(days=3)}),
    "move": ("post", "category"),
    "retag": ("post", {"tags": ["rosacea", "zinc"]}),
    "slow": ("post", {"minutes": 10}),
    "close": ("post", {"days": timedelta(days=3)}),
    "duplicate": ("post", "of"),
    "merge": ("post", "into"),
    "split": ("post", "comments"),
    "edit": ("post", {"title": "Calmer", "body": "Calmer words"}),
    "hide a comment": ("first", {}),
    "edit a comment": ("first", {"body": "Calmer words"}),
}


def values_of(world: World, asked):
    given = {
        "category": {"category": world.other_shelf},
        "of": {"of": world.other},
        "into": {"into": world.other},
        "comments": {"comments": [world.first, world.second], "title": "On its own", "category": world.other_shelf},
    }
    return given[asked] if isinstance(asked, str) else asked


@pytest.mark.parametrize("deed", DEEDS)
def test_each_deed_counts_right_and_undone_leaves_everything_as_it_was(deed: str, world: World, moderator) -> None:
    on, asked = DEEDS[deed]
    thing, before, seen = getattr(world, on), snapshot(), in_search_and_feeds()
    done = do(deed.split()[0], thing, moderator, **values_of(world, asked))
    assert everything_counts()
    acting.undo(done, moderator, "It was fine")
    assert everything_counts()
    assert_is_as_before(before, deed)
    assert in_search_and_feeds() == seen


def assert_is_as_before(before: dict[str, list], deed: object) -> None:
    """What a merge or a split made stays as a deleted row that nobody sees, with its words; no more than that."""
    after = snapshot()
    made = {row[0] for row in after["forum_post"]} - {row[0] for row in before["forum_post"]}
    born = {row[0] for row in after["forum_comment"]} - {row[0] for row in before["forum_comment"]}
    assert not Post.objects.filter(pk__in=made, deleted_at=None).exists()
    assert not Comment.objects.filter(pk__in=born, deleted_at=None).exists()
    for table in before:
        rows = [row for row in after[table] if not _of(table, row, made, born)]
        if table == "common_tag":  # a tag stays when nothing carries it
            rows = [row for row in rows if row[1] or row in before[table]]
        if table == "forum_threadterms":
            rows = [row for row in rows if row in before[table] or any(row[1:])]
        assert rows == before[table], (deed, table)


def _of(table: str, row: tuple, posts: set, comments: set) -> bool:
    if table in ("forum_post", "forum_posttext", "forum_posttag", "forum_postvote"):
        return row[0] in posts
    if table in ("forum_comment", "forum_commenttext", "forum_commentvote"):
        return row[0] in comments
    return table == "studies_mention" and (row[0] in posts or row[1] in comments)


class TestAgain:
    @pytest.mark.parametrize("deed", ["hide", "lock", "retag", "slow", "duplicate", "edit"])
    def test_doing_what_is_done_changes_nothing_and_logs_nothing(self, deed, world, moderator) -> None:
        on, asked = DEEDS[deed]
        do(deed, getattr(world, on), moderator, **values_of(world, asked))
        if deed == "retag":
            lines = Action.objects.count()
        lines = Action.objects.count()
        with pytest.raises((NothingToDo, CannotDo)):
            do(deed, getattr(world, on), moderator, **values_of(world, asked))
        assert Action.objects.count() == lines

    def test_undoing_twice_is_undoing_once(self, world, moderator) -> None:
        done = do("lock", world.post, moderator)
        acting.undo(done, moderator, "No")
        with pytest.raises(NothingToDo):
            acting.undo(done, moderator, "No")
        assert Action.objects.filter(undoes=done).count() == 1

    def test_an_undo_is_not_undone(self, world, moderator) -> None:
        undone = acting.undo(do("lock", world.post, moderator), moderator, "No")
        with pytest.raises(CannotDo):
            acting.undo(undone, moderator, "Yes")


class TestMerging:
    def test_hangs_the_thread_under_a_comment_and_its_address_leads_there(self, world, moderator, client) -> None:
        do("merge", world.post, moderator, into=world.other)
        became = Comment.objects.get(post=world.other, parent=None, text__body__contains="**The thread**")
        assert became.author == world.post.author and became.score == 1
        moved = Comment.objects.get(pk=world.deeper.pk)
        assert (moved.post, moved.ancestors) == (world.other, [became.pk, world.first.pk, world.reply.pk])
        assert moved.root_id == became.pk
        world.other.refresh_from_db()
        assert world.other.comment_count == 6
        answer = client.get(world.post.get_absolute_url(), follow=True)
        assert f"#comment-{became.pk}" in answer.redirect_chain[-1][0] and "How long?" in answer.content.decode()
        assert "The thread" not in client.get("/community/?sort=new").content.decode().replace("The other thread", "")

    def test_takes_the_mentions_of_studies_along(self, world, moderator) -> None:
        do("merge", world.post, moderator, into=world.other)
        assert Mention.objects.get(comment=world.first.pk).post_id == world.other.pk
        world.study.refresh_from_db()
        assert world.study.mention_count == 1  # the post that has them all now

    def test_what_was_told_goes_out_of_sight_with_the_thread_it_went_to(self, world, moderator) -> None:
        answered = Notification.objects.get(key=f"comment:{world.reply.pk}")
        do("merge", world.post, moderator, into=world.other)
        world.other.hide(moderator, "Away")
        answered.refresh_from_db()
        assert answered.is_withdrawn

    def test_is_refused_for_the_thread_of_a_study_for_itself_and_for_what_is_hidden(self, world, moderator) -> None:
        thread = world.study.open_discussion(make_member())
        for post, into in ((thread, world.post), (world.post, world.post)):
            with pytest.raises(CannotDo):
                do("merge", post, moderator, into=into)
        world.other.hide(moderator, "Away")
        with pytest.raises(CannotDo):
            do("merge", world.post, moderator, into=world.other)

    def test_ends_where_comments_would_nest_too_deep_and_then_moves_nothing(self, world, moderator) -> None:
        deep = world.deeper
        Comment.objects.filter(pk=deep.pk).update(ancestors=[world.first.pk, *[world.reply.pk] * 79])
        before = snapshot()
        with pytest.raises(CannotDo):
            do("merge", world.post, moderator, into=world.other)
        assert snapshot() == before

    def test_keeps_a_pseudonym_and_never_shows_who_wears_it(self, world, moderator) -> None:
        masked_author = make_member("hidden_one")
        post = Post.write(author=masked_author, category=world.shelf, title="Mine", body="Words", masked=True)
        do("merge", post, moderator, into=world.other)
        became = Comment.objects.get(post=world.other, parent=None, text__body__contains="**Mine**")
        assert became.author is None and str(became.byline) == post.pseudonym
        assert masks.owner_of(became) == masked_author.pk

    def test_of_a_thread_merged_itself_is_read_in_its_place_with_what_is_older_under_it(
        self, client, moderator
    ) -> None:
        # Both comments that were posts are younger than what hangs under them, and the upper than the lower.
        first, second, third = (make_post(title=title) for title in ("First", "Second", "Third"))
        reply = make_comment(first, body="The oldest of all")
        do("merge", first, moderator, into=second)
        do("merge", second, moderator, into=third)
        answer = client.get(first.get_absolute_url(), follow=True)
        assert answer.status_code == 200
        was = Comment.objects.get(text__body__startswith="**First**")
        upper = Comment.objects.get(text__body__startswith="**Second**")
        assert re.findall(r'id="comment-(\d+)"', answer.text) == [str(each.pk) for each in (upper, was, reply)]
        assert client.get(reply.get_absolute_url(), follow=True).status_code == 200

    def test_taken_back_shows_no_words_that_their_author_deleted_meanwhile(self, world, moderator) -> None:
        done = do("merge", world.post, moderator, into=world.other)
        Comment.objects.get(post=world.other, text__body__contains="**The thread**").delete_by_author()
        with pytest.raises(CannotDo):
            do("unhide", world.post, moderator)
        acting.undo(done, moderator, "No")
        world.post.refresh_from_db()
        assert world.post.is_deleted and not world.post.is_hidden and everything_counts()

    def test_taken_back_leaves_hidden_what_was_hidden_meanwhile_and_withdrawn_what_was_withdrawn(
        self, world, moderator
    ) -> None:
        voter = make_member()
        world.post.upvote(voter)
        done = do("merge", world.post, moderator, into=world.other)
        became = Comment.objects.get(post=world.other, text__body__contains="**The thread**")
        became.withdraw(voter)
        became.hide(moderator, "Rude")
        acting.undo(done, moderator, "No")
        world.post.refresh_from_db()
        assert (world.post.is_hidden, world.post.is_deleted, world.post.score) == (True, False, 1)
        do("unhide", world.post, moderator)
        assert everything_counts()

    def test_takes_followers_along_and_back_but_changes_nobodys_own_choice(self, world, moderator) -> None:
        fan, quiet, tired, choosy, late = (make_member() for _ in range(5))
        for member in (fan, quiet, tired, choosy):
            following.follow(member, world.post)
        following.follow(quiet, world.other, "nothing")
        done = do("merge", world.post, moderator, into=world.other)
        following.unfollow(tired, world.other)
        following.follow(choosy, world.other, "replies")
        following.follow(late, world.other)
        levels = [following.level_of(each, world.other) for each in (fan, quiet, tired, choosy, late)]
        assert levels == ["everything", "nothing", "", "replies", "everything"]
        new = make_comment(world.other, body="New here")
        told = Notification.objects.filter(kind="new_comments", gathered=[new.pk])
        told_of_it = set(told.values_list("member", flat=True)) - {world.post.author_id}
        assert told_of_it == {fan.pk, late.pk}
        acting.undo(done, moderator, "No")
        levels = [following.level_of(each, world.other) for each in (fan, quiet, tired, choosy, late)]
        assert levels == ["", "nothing", "", "replies", "everything"]
        levels = [following.level_of(each, world.post) for each in (fan, quiet, tired, choosy, late)]
        assert levels == ["everything", "everything", "", "everything", ""]

    def test_whoever_keeps_the_post_keeps_the_comment_it_became(self, world, moderator) -> None:
        reader, later_on = make_member(), make_member()
        saving.write_note(reader, world.post, "For the doctor", saving.folder_named(reader, "Skin"))
        before = snapshot()["forum_savedwords"]
        done = do("merge", world.post, moderator, into=world.other)
        became = Comment.objects.get(post=world.other, text__body__contains="**The thread**")
        kept = saving.saved(reader, became)
        assert kept.note == "For the doctor" and kept.folder.name == "Skin" and not saving.saved(reader, world.post)
        saving.save(later_on, became)
        for thing in (became, world.post):  # moderators see what was merged away
            saving.save(moderator, thing)
        acting.undo(done, moderator, "No")
        assert saving.saved(moderator, world.post)
        assert set(before) < set(snapshot()["forum_savedwords"]) and saving.saved(later_on, world.post)

    def test_leaves_a_poll_open_to_who_may_read_the_thread_it_went_to(self, world, moderator, client) -> None:
        polls.set_terms(world.post, polls.Terms(("Yes", "No"), question="Did it help?"))
        yes = world.post.poll.options.first()
        where, voter = f"/posts/{world.post.pk}/poll/", make_member()
        assert client.get(where).url == f"{world.post.get_absolute_url()}#poll"
        done = do("merge", world.post, moderator, into=world.other)
        became = Comment.objects.get(post=world.other, text__body__contains="**The thread**")
        assert became.text.body == f"**{world.post.title}**\n\n{world.post.text.body}"
        for page in (world.other.get_absolute_url(), f"/comments/{became.pk}/"):
            assert f'href="{where}"' in client.get(page, follow=True).content.decode()
        page = client.get(where)
        assert page.status_code == 200 and "Did it help?" in page.content.decode()
        assert f"next={where}" in page.content.decode() and became.get_absolute_url() in page.content.decode()
        client.force_login(voter)
        assert "Choose an answer first." in client.post(f"{where}vote/").content.decode()
        assert client.post(f"{where}vote/", {"option": yes.pk}).url == where
        assert "1 member voted" in client.get(where).content.decode()
        do("lock", world.other, moderator)
        assert client.post(f"{where}vote/", {"withdraw": "1"}).status_code == 409
        do("unlock", world.other, moderator)
        became.hide(moderator, "Rude")
        assert client.get(where).status_code == 404
        assert client.post(f"{where}vote/", {"withdraw": "1"}).status_code == 404
        became.unhide(moderator, "Fine")
        acting.undo(done, moderator, "No")
        assert where not in client.get(world.other.get_absolute_url()).content.decode()
        assert client.get(where).url == f"{world.post.get_absolute_url()}#poll"
        assert "1 member voted" in client.get(world.post.get_absolute_url()).content.decode() and everything_counts()


class TestSplitting:
    def test_taken_back_shows_no_words_that_their_author_deleted_meanwhile(self, world, moderator) -> None:
        done = do("convert", world.second, moderator, title="On its own", category=world.shelf)
        Post.objects.get(title="On its own").delete_by_author()
        with pytest.raises(CannotDo):
            do("unhide", world.second, moderator)
        acting.undo(done, moderator, "No")
        world.second.refresh_from_db()
        assert world.second.is_deleted and not world.second.is_hidden and everything_counts()

    def test_makes_the_first_comment_a_post_and_leads_on_from_where_it_was(self, world, moderator, client) -> None:
        do(
            "split",
            world.post,
            moderator,
            comments=[world.first, world.second],
            title="On its own",
            category=world.other_shelf,
        )
        made = Post.objects.get(title="On its own")
        assert (made.author, made.category, made.score) == (world.first.author, world.other_shelf, 1)
        assert made.comment_count == 3
        reply = Comment.objects.get(pk=world.reply.pk)
        assert (reply.post, reply.parent, reply.root, reply.ancestors) == (made, None, None, [])
        deeper = Comment.objects.get(pk=world.deeper.pk)
        assert (deeper.parent_id, deeper.root_id, deeper.ancestors) == (reply.pk, reply.pk, [reply.pk])
        world.post.refresh_from_db()
        assert world.post.comment_count == 0
        assert client.get(f"/comments/{world.first.pk}/")["Location"] == made.get_absolute_url()

    def test_tells_nobody_of_words_that_were_there_before(self, world, moderator) -> None:
        told = Notification.objects.exclude(kind="moderated")
        before = told.count()
        do("split", world.post, moderator, comments=[world.first], title="On its own", category=world.shelf)
        assert told.count() == before

    def test_a_comment_alone_becomes_a_post_and_its_replies_say_so(self, world, moderator, client) -> None:
        done = do("convert", world.reply, moderator, title="On its own", category=world.shelf)
        assert Post.objects.get(title="On its own").comment_count == 1
        acting.undo(done, moderator, "No")
        assert Comment.objects.get(pk=world.deeper.pk).ancestors == [world.first.pk, world.reply.pk]

    def test_what_was_written_since_comes_back_too(self, world, moderator) -> None:
        done = do("split", world.post, moderator, comments=[world.first], title="On its own", category=world.shelf)
        late = make_comment(Post.objects.get(title="On its own"), body="Late")
        acting.undo(done, moderator, "No")
        late.refresh_from_db()
        assert (late.post_id, late.ancestors) == (world.post.pk, [world.first.pk])
        assert everything_counts()

    def test_what_has_moved_is_not_shown_again_where_it_was(self, world, moderator) -> None:
        do("split", world.post, moderator, comments=[world.first], title="On its own", category=world.shelf)
        do("merge", world.other, moderator, into=world.post)
        for thing in (world.first, world.other):
            with pytest.raises(CannotDo):
                do("unhide", thing, moderator)

    def test_comments_of_another_thread_are_refused(self, world, moderator) -> None:
        with pytest.raises(CannotDo):
            do("split", world.post, moderator, comments=[world.first, world.elsewhere], title="X", category=world.shelf)


class TestEditing:
    def test_says_so_to_everyone_and_keeps_the_words_for_the_history(self, world, moderator, client) -> None:
        do("edit", world.post, moderator, title="Calmer", body="Calmer words")
        page = client.get(Post.objects.get(pk=world.post.pk).get_absolute_url()).content.decode()
        assert "Edited by a moderator: Because" in page and "Calmer words" in page
        assert "About 10.1000/known" in client.get(f"/posts/{world.post.pk}/history/").content.decode()

    def test_is_not_undone_over_a_later_edit(self, world, moderator) -> None:
        done = do("edit", world.first, moderator, body="Calmer")
        comment = Comment.objects.get(pk=world.first.pk)
        comment.edit(body="Mine again", version=comment.version)
        with pytest.raises(CannotDo):
            acting.undo(done, moderator, "No")
        assert Comment.objects.get(pk=world.first.pk).text.body == "Mine again"

    def test_the_log_keeps_none_of_the_words(self, world, moderator) -> None:
        done = do("edit", world.first, moderator, body="Calmer")
        assert "helped" not in str(done.details)


class TestTerms:
    def test_slow_mode_asks_each_member_to_wait_but_not_moderators(self, world, moderator) -> None:
        do("slow", world.post, moderator, minutes=10)
        member = make_member()
        make_comment(world.post, author=member)
        with pytest.raises(limits.TooMany) as refused:
            make_comment(world.post, author=member, body="Again")
        assert 0 < refused.value.wait <= 600
        make_comment(world.post, author=make_member())
        for _ in range(2):
            make_comment(world.post, author=moderator, body=str(timezone.now()))
        client = Client()
        client.force_login(member)
        answer = client.post(f"/posts/{world.post.pk}/comment/", {"body": "Kept words"})
        assert answer.status_code == 429 and "Kept words" in answer.content.decode() and answer["Retry-After"]

    def test_slow_mode_knows_who_wears_a_pseudonym(self, world, moderator) -> None:
        author = make_member()
        post = Post.write(author=author, category=world.shelf, title="Mine", body="Words", masked=True)
        do("slow", post, moderator, minutes=10)
        post.add_comment(author, "One")
        with pytest.raises(limits.TooMany):
            post.add_comment(author, "Two")

    def test_a_thread_closes_on_its_day(self, world, moderator) -> None:
        do("close", world.post, moderator, days=timedelta(days=3))
        world.post.terms.closes_at = timezone.now() - timedelta(seconds=1)
        world.post.terms.save()
        member = Client()
        member.force_login(make_member())
        assert member.post(f"/posts/{world.post.pk}/comment/", {"body": "Late"}).status_code == 409
        assert "This thread is closed" in member.get(world.post.get_absolute_url()).content.decode()

    def test_a_pin_stands_where_it_was_put_until_its_day_is_over(self, world, moderator, client) -> None:
        def stands_first(address: str) -> bool:
            page = client.get(address).content.decode()
            return page.index("The thread") < page.index("The other thread")

        world.other.upvote(make_member())
        world.other.upvote(make_member())
        assert not stands_first("/community/") and not stands_first("/community/c/shelf/")
        done = do("pin", world.post, moderator, everywhere=False, until=None)
        assert not stands_first("/community/") and stands_first("/community/c/shelf/")
        acting.undo(done, moderator, "No")
        do("pin", world.post, moderator, everywhere=True, until=timezone.localdate())
        assert stands_first("/community/") and stands_first("/community/c/shelf/")
        world.post.terms.pinned_until = timezone.now() - timedelta(seconds=1)
        world.post.terms.save()
        assert not stands_first("/community/") and not stands_first("/community/c/shelf/")

    def test_a_duplicate_leads_to_what_was_there_first(self, world, moderator, client) -> None:
        do("duplicate", world.post, moderator, of=world.other)
        page = client.get(world.post.get_absolute_url()).content.decode()
        assert "This was asked before" in page and world.other.get_absolute_url() in page
        world.other.hide(moderator, "Away")
        assert "The other thread" not in client.get(world.post.get_absolute_url()).content.decode()


class TestWhoMay:
    def pages(self, world: World) -> list[tuple[str, str, dict]]:
        act = [reverse("moderation:act", args=["post", world.post.pk, verb]) for verb in ("hide", "lock")]
        done = do("lock", world.other, make_moderator())
        return [
            ("get", reverse("moderation:moderate", args=["post", world.post.pk]), {}),
            *[("post", address, {"reason": "Because"}) for address in act],
            ("post", reverse("moderation:undo", args=[done.pk]), {"reason": "No"}),
        ]

    def test_nobody_but_moderators_and_category_moderators_of_that_shelf(self, world) -> None:
        mine, others = make_member(), make_member()
        CategoryModerator.objects.create(member=mine, category=world.shelf)
        CategoryModerator.objects.create(member=others, category=world.other_shelf)
        pages = self.pages(world)
        for member in (world.post.author, make_member(), others):
            client = Client()
            client.force_login(member)
            for method, address, form in pages:
                assert getattr(client, method)(address, form).status_code == 403, (member, address)
        assert Client().get(pages[0][1]).status_code == 302
        assert not Post.objects.filter(pk=world.post.pk, is_hidden=True).exists()
        client = Client()
        client.force_login(mine)
        for method, address, form in pages:
            assert getattr(client, method)(address, form).status_code in (200, 302), address
        assert Post.objects.get(pk=world.post.pk).is_hidden
        assert client.get(world.post.get_absolute_url()).status_code == 200
        assert Action.objects.filter(object_id=world.post.pk).latest("pk").role == "a category moderator"

    def test_a_category_moderator_does_not_see_what_is_hidden_elsewhere_nor_moves_it_there(
        self, world, moderator
    ) -> None:
        mine = make_member()
        CategoryModerator.objects.create(member=mine, category=world.other_shelf)
        world.post.hide(moderator, "Away")
        client = Client()
        client.force_login(mine)
        assert client.get(world.post.get_absolute_url()).status_code == 404
        assert "The thread" not in client.get("/community/?sort=new").content.decode().replace("The other thread", "")
        theirs = make_post(category=world.other_shelf)
        with pytest.raises(CannotDo):
            do("move", theirs, mine, category=world.shelf)

    def test_who_no_longer_moderates_a_category_has_lost_it(self, world) -> None:
        member = make_member()
        CategoryModerator.objects.create(member=member, category=world.shelf).delete()
        client = Client()
        client.force_login(member)
        assert client.get(reverse("moderation:moderate", args=["post", world.post.pk])).status_code == 403

    def test_without_a_second_factor_a_category_moderator_has_no_powers(self, world, settings) -> None:
        settings.STAFF_TWO_FACTOR = True
        member = make_member()
        CategoryModerator.objects.create(member=member, category=world.shelf)
        client = Client()
        client.force_login(member)
        assert client.get(reverse("moderation:moderate", args=["post", world.post.pk])).status_code == 302
        world.post.hide(make_moderator(), "Away")
        assert client.get(world.post.get_absolute_url()).status_code == 404


class TestThePage:
    def client(self, member) -> Client:
        client = Client()
        client.force_login(member)
        return client

    def test_without_a_reason_nothing_happens_and_everything_typed_stays(self, world, moderator) -> None:
        address = reverse("moderation:act", args=["post", world.post.pk, "split"])
        form = {
            "reason": " ",
            "split-comments": str(world.first.pk),
            "split-title": "Typed",
            "split-category": world.shelf.pk,
        }
        answer = self.client(moderator).post(address, form)
        assert answer.status_code == 422 and "Typed" in answer.content.decode()
        assert not Action.objects.exclude(action="mark as the answer").exists()

    def test_what_makes_no_sense_is_refused_with_a_sentence(self, world, moderator) -> None:
        client = self.client(moderator)
        for verb, form in {
            "merge": {"merge-into": "nowhere"}, "duplicate": {"duplicate-of": str(world.post.pk)},
            "slow": {"slow-minutes": "many"}, "split": {"split-comments": "9" * 30, "split-title": "x", "split-category": "x"},
            "pin": {"pin-until": "2001-01-01"}, "move": {"move-category": "\x1f"},
        }.items():  # fmt: skip
            answer = client.post(reverse("moderation:act", args=["post", world.post.pk, verb]), {"reason": "So"} | form)
            assert answer.status_code == 422, verb
        assert not Action.objects.exclude(action="mark as the answer").exists()

    def test_leads_by_address_or_number(self, world, moderator) -> None:
        address = reverse("moderation:act", args=["post", world.post.pk, "merge"])
        form = {"reason": "So", "merge-into": f"https://example.org{world.other.get_absolute_url()}", "back": "thing"}
        assert self.client(moderator).post(address, form).status_code == 302
        assert Comment.objects.filter(post=world.other, text__body__contains="**The thread**").exists()

    def test_offers_reasons_that_are_given_often_and_shows_what_was_done_with_its_undo(self, world, moderator) -> None:
        ReasonTemplate.objects.create(text="Against rule 3")
        done = do("lock", world.post, moderator)
        page = self.client(moderator).get(reverse("moderation:moderate", args=["post", world.post.pk])).content.decode()
        assert '<option value="Against rule 3">' in page and reverse("moderation:undo", args=[done.pk]) in page
        assert 'value="Against rule 3"' in self.client(moderator).get(world.post.get_absolute_url()).content.decode()

    def test_guests_and_members_see_no_trace_of_it(self, world) -> None:
        for client in (Client(), self.client(make_member())):
            page = client.get(world.post.get_absolute_url()).content.decode()
            assert "/moderation/post/" not in page and "datalist" not in page


@pytest.mark.parametrize("deed", ["merge", "split"])
def test_a_long_thread_moves_in_as_many_queries_as_a_short_one(deed: str, moderator) -> None:
    asked = []
    for size in (3, 3, 12):  # the first also fills what is remembered of tables
        post, other, shelf = make_post(), make_post(), make_category()
        tops = [make_comment(post) for _ in range(size)]
        for top in tops:
            post.add_comment(make_member(), "Under it", parent=top)
        values = {"into": other} if deed == "merge" else {"comments": tops, "title": "Apart", "category": shelf}
        with CaptureQueriesContext(connection) as there:
            done = do(deed, post, moderator, **values)
        with CaptureQueriesContext(connection) as back:
            acting.undo(done, moderator, "It was fine")
        assert Comment.objects.filter(post=post, parent=None).count() == size
        assert Comment.objects.filter(post=post, root__in=tops).count() == size
        asked.append((len(there), len(back)))
    assert asked[2] == asked[1]


def test_every_verb_of_the_table_is_tried_here() -> None:
    tried = {deed.split()[0] for deed in DEEDS} | {"unhide", "unlock", "unpin", "convert"}
    tried |= {"approve", "reject"}  # in tests/moderation/test_holding.py
    tried |= {"approve-edit", "reject-edit"}  # in tests/forum/test_waiting_edits.py
    assert {verb.name for kind in (POSTS, COMMENTS) for verb in kind.verbs} == tried
