"""What must hold of the community whatever its members do, in whatever order.

Hypothesis draws sequences of the real verbs, by three members, one who writes only under pseudonyms, and a moderator.
After every step each member's new notifications are weighed, and after every few all else: counters against recounts,
what each reader is shown against what the plain rows say they may see, trees, answers. At the end of a sequence the
mails are written and pages are read.

``SEQUENCES=200 pytest tests/forum/test_sequences.py`` draws so many new ones; without it the same few each time.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Member
from common import quotes, recount
from common.models import Tag
from forum import feeds, masks, polls, reactions, saving, solving, waiting_edits
from forum.errors import Locked, StaleEdit
from forum.models import Category, Comment, Post, PostTag, ReactionKind, WaitingEdit
from forum.models.solution import Solution
from forum.threads import SORTS, read_in_place, read_thread
from moderation import acting
from moderation.models import Action, Held
from notices import following, letters, muting
from notices.models import Follow, Letter, Mute, Notification, Preference
from notices.muting import NOTHING, muted_by
from pages.searching.kinds import Search
from tests.builders import confirmed, make_category, make_member, make_moderator

MORE = int(os.environ.get("SEQUENCES", 0))
BOUNDS = settings(
    max_examples=MORE or 12, stateful_step_count=40 if MORE else 25, derandomize=not MORE, database=None, deadline=None,
    suppress_health_check=list(HealthCheck), print_blob=False, phases=[Phase.generate],
)  # fmt: skip

TAGS = ("acne", "zinc", "sleep")
NAMES = ("anneke", "bartal", "corvin", "quietone")
UNNAMED = "quietone"  # writes only under pseudonyms, so the name may stand nowhere
EVERYWHERE = "heliotrope"  # a word of every text, to search for
OF_WORDS = ("reply", "mention", "quote", "answer", "upvotes", "new_comments", "new_posts")
GUEST: Any = AnonymousUser()

which = st.integers(0, 997)  # which of the things there are, counted round
who = st.sampled_from(NAMES)
tags = st.sets(st.sampled_from(TAGS), max_size=2).map(sorted)


class Community(RuleBasedStateMachine):
    """A small community, in a transaction of its own that is rolled back after each sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.steps, self.looks, self.number, self.mailed = count(1), count(1), count(1), len(mail.outbox)
        self.told: dict[int, set[int]] = {}
        self.taken_back: set[str] = set()  # marks of words that their authors deleted
        for name in NAMES:
            member = confirmed(make_member(name))
            kinds = OF_WORDS if name != "bartal" else OF_WORDS[:3]
            Preference.objects.bulk_create(Preference(member=member, kind=kind, place="mail") for kind in kinds)
        self.moderator = make_moderator("mirador").pk
        self.shelves = [make_category("Shelf"), make_category("Cabinet")]
        Category.objects.filter(pk__in=[shelf.pk for shelf in self.shelves]).update(allows_pseudonyms=True)
        for position, (name, asks) in enumerate((("Helped me", False), ("Side effect", True))):
            kind, _ = ReactionKind.objects.get_or_create(name=name, position=position, asks_for_comment=asks)
            kind.categories.add(*self.shelves)

    def teardown(self) -> None:
        try:
            self.all_is_true()
            self.mails_tell_what_may_be_told()
            self.pages_show_what_may_be_seen()
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    # ── Who and what ─────────────────────────────────────────────────────────────────────────────

    def member(self, name: str) -> Any:
        return Member.objects.get(username=name)

    def steward(self) -> Any:
        return Member.objects.get(pk=self.moderator)

    def readers(self) -> list[Any]:
        return [GUEST, self.steward(), *(self.member(name) for name in NAMES)]

    def post(self, number: int) -> Post:
        posts = Post.objects.select_related("category", "text", "terms", "poll").order_by("-pk")
        return posts[number % posts.count()]

    def comment(self, number: int) -> Comment | None:
        comments = Comment.objects.select_related("post__category", "text").order_by("-pk")
        total = comments.count()
        return comments[number % total] if total else None

    def thing(self, number: int) -> Post | Comment:
        return (self.comment(number // 2) if number % 2 else None) or self.post(number // 2)

    def title(self) -> str:
        return f"About {EVERYWHERE} mark{next(self.number)}t"

    def words(self, *more: str) -> str:
        number = next(self.number)
        return " ".join([f"{EVERYWHERE} mark{number}x is what I say.", *more])

    @contextmanager
    def deed(self):
        """As a view: all or nothing, and what is refused is refused with words of ours."""
        try:
            with transaction.atomic():
                yield
        except (Locked, StaleEdit, acting.NothingToDo, acting.CannotDo, polls.BadChoice):
            pass

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────

    @initialize()
    def begins(self) -> None:
        for name in NAMES:
            self.write(name, 0, ["acne"], masked=False)
        for number, name in enumerate(NAMES[:3]):
            self.comments(name, number + 1, "")
        polls.set_terms(self.post(1), polls.Terms(("Yes", "No", "Perhaps"), is_multiple=True))

    @rule(name=who, shelf=which, tags=tags, masked=st.booleans())
    def write(self, name: str, shelf: int, tags: list[str], masked: bool) -> None:
        writes = {"author": self.member(name), "category": self.shelves[shelf % 2], "tags": tags}
        with self.deed():
            Post.write(title=self.title(), body=self.words(), masked=masked or name == UNNAMED, **writes)

    @rule(name=who, number=which, called=st.sampled_from(["", *NAMES[:3]]))
    def comments(self, name: str, number: int, called: str) -> None:
        member, post = self.member(name), self.post(number)
        if self.may_write_in(member, post) and post.can_be_answered_by(member):
            with self.deed():
                post.add_comment(member, self.words(f"@{called}" if called else ""))

    @rule(name=who, number=which, called=st.sampled_from(["", *NAMES[:3]]), quoting=st.booleans())
    def replies(self, name: str, number: int, called: str, quoting: bool) -> None:
        member, parent = self.member(name), self.comment(number)
        if parent and self.may_write_in(member, parent.post) and parent.can_be_answered_by(member):
            quote = quotes.quote(parent.text.body, str(parent.byline), parent.get_absolute_url()) if quoting else ""
            with self.deed():
                parent.post.add_comment(member, quote + self.words(f"@{called}" if called else ""), parent)

    @rule(name=who, number=which, quoted=which)
    def quotes(self, name: str, number: int, quoted: int) -> None:
        """In one thread something of another, which its writer sees."""
        member, post, other = self.member(name), self.post(number), self.thing(quoted)
        seen = type(other).objects.visible_to(member).filter(pk=other.pk).exists()
        if seen and self.may_write_in(member, post) and post.can_be_answered_by(member):
            with self.deed():
                quote = quotes.quote(other.text.body, str(other.byline), other.get_absolute_url())
                post.add_comment(member, quote + self.words())

    @rule(number=which, called=st.sampled_from(["", *NAMES[:3]]), tags=tags, shelf=which)
    def edit(self, number: int, called: str, tags: list[str], shelf: int) -> None:
        thing = self.thing(number)
        owner = Member.objects.filter(pk=masks.owner_of(thing)).first()
        if owner is None or not thing.can_be_edited_by(owner):
            return
        body = self.words(f"@{called}" if called else "")
        with self.deed():
            if isinstance(thing, Post):
                thing.edit(
                    category=self.shelves[shelf % 2], title=thing.title, body=body, tags=tags, version=thing.version
                )
            else:
                thing.edit(body=body, version=thing.version)

    @rule(number=which, called=st.sampled_from(["", *NAMES[:3]]), tags=tags)
    def edit_that_waits(self, number: int, called: str, tags: list[str]) -> None:
        self.edit(number, f"{called} https://site{next(self.number)}.example.com/" if called else "", tags, number)

    @rule(number=which, name=st.sampled_from(["approve-edit", "approve-edit", "reject-edit", "take back"]))
    def decide_about_an_edit(self, number: int, name: str) -> None:
        edits = WaitingEdit.objects.exclude(state="approved").order_by("-pk")
        if not (total := edits.count()):
            return
        edit = edits[number % total]
        thing: Any = edit.post or edit.comment
        if name == "take back":
            waiting_edits.take_back(thing)
        else:
            self.act(thing, name, **{"seen": thing.version} if name == "approve-edit" else {})

    @rule(number=which)
    def delete(self, number: int) -> None:
        thing = self.thing(number)
        owner = Member.objects.filter(pk=masks.owner_of(thing)).first()
        if owner is not None and thing.can_be_deleted_by(owner):
            self.taken_back |= own_marks(thing)
            with self.deed():
                thing.delete_by_author()

    def may_write_in(self, member: Any, post: Post) -> bool:
        """Who has no name here writes nowhere under it."""
        return member.username != UNNAMED or masks.worn_in(post, member) is not None

    # ── Telling what one thinks ──────────────────────────────────────────────────────────────────

    @rule(name=who, number=which, back=st.booleans())
    def vote(self, name: str, number: int, back: bool) -> None:
        member, thing = self.member(name), self.thing(number)
        if thing.can_be_upvoted_by(member):
            with self.deed():
                (thing.withdraw if back else thing.upvote)(member)

    @rule(name=st.sampled_from(NAMES[:3]), number=which, kind=which, back=st.booleans())
    def react(self, name: str, number: int, kind: int, back: bool) -> None:
        member, post = self.member(name), self.post(number)
        chosen = ReactionKind.objects.order_by("pk")[kind % 2]
        if reactions.can_react(post, member):
            with self.deed():
                if back:
                    reactions.withdraw(post, chosen, member)
                else:
                    reactions.react(post, chosen, member, self.words())

    @rule(name=who, number=which, options=st.sets(st.integers(0, 2)))
    def vote_in_poll(self, name: str, number: int, options: set[int]) -> None:
        post = self.post(number)
        if poll := getattr(post, "poll", None):
            with self.deed():
                polls.vote(
                    poll,
                    self.member(name),
                    list(poll.options.filter(position__in=options).values_list("pk", flat=True)),
                )

    @rule(number=which, by_moderator=st.booleans(), back=st.booleans())
    def answer(self, number: int, by_moderator: bool, back: bool) -> None:
        comment = self.comment(number)
        if comment is None:
            return
        owner = Member.objects.filter(pk=masks.owner_of(comment.post)).first()
        by = self.steward() if by_moderator or owner is None else owner
        if solving.may_mark(comment.post, by):
            with self.deed():
                (solving.withdraw if back else solving.mark)(comment, by)

    # ── Keeping, following, muting ───────────────────────────────────────────────────────────────

    @rule(name=who, number=which, back=st.booleans())
    def save(self, name: str, number: int, back: bool) -> None:
        member, thing = self.member(name), self.thing(number)
        if type(thing).objects.visible_to(member).filter(pk=thing.pk).exists():
            (saving.remove if back else saving.save)(member, thing)

    @rule(name=who, kind=st.sampled_from(["member", "tag", "category", "post"]), number=which, back=st.booleans())
    def mute(self, name: str, kind: str, number: int, back: bool) -> None:
        member, thing = self.member(name), self.named(kind, number)
        if thing is not None and thing != member:
            (muting.unmute if back else muting.mute)(member, kind, thing.pk)

    @rule(
        name=who, kind=st.sampled_from(["member", "tag", "category", "post"]), number=which,
        level=st.sampled_from(["", *Follow.Level.values]),
    )  # fmt: skip
    def follow(self, name: str, kind: str, number: int, level: str) -> None:
        member, thing = self.member(name), self.named(kind, number)
        if thing is None or thing == member:
            return
        if level:
            following.follow(member, thing, level)
        else:
            following.unfollow(member, thing)

    def named(self, kind: str, number: int) -> Any:
        if kind == "member":
            return self.member(NAMES[number % 3])
        if kind == "tag":
            return Tag.objects.filter(name=TAGS[number % 3]).first()
        return self.shelves[number % 2] if kind == "category" else self.post(number)

    # ── Moderating ───────────────────────────────────────────────────────────────────────────────

    @rule(number=which, back=st.booleans())
    def hide(self, number: int, back: bool) -> None:
        self.act(self.thing(number), "unhide" if back else "hide")

    @rule(number=which, name=st.sampled_from(["lock", "unlock", "unlock"]))
    def lock(self, number: int, name: str) -> None:
        self.act(self.post(number), name)

    @rule(number=which, shelf=which)
    def move(self, number: int, shelf: int) -> None:
        self.act(self.post(number), "move", category=self.shelves[shelf % 2])

    @rule(number=which, tags=tags)
    def retag(self, number: int, tags: list[str]) -> None:
        self.act(self.post(number), "retag", tags=tags)

    @rule(number=which)
    def reword(self, number: int) -> None:
        thing = self.thing(number)
        title = {"title": thing.title} if isinstance(thing, Post) else {}
        self.act(thing, "edit", body=self.words(), **title)

    @rule(number=which, into=which)
    def merge(self, number: int, into: int) -> None:
        self.act(self.post(number), "merge", into=self.post(into))

    @rule(number=which, shelf=which)
    def split(self, number: int, shelf: int) -> None:
        if comment := self.comment(number):
            title = {"title": self.title(), "category": self.shelves[shelf % 2]}
            self.act(comment, "convert", **title)

    @rule(number=which, shelf=which)
    def split_several(self, number: int, shelf: int) -> None:
        post = self.post(number)
        comments = [each for each in post.comments.order_by("pk") if each.is_shown][number % 2 :: 2]
        self.act(post, "split", comments=comments, title=self.title(), category=self.shelves[shelf % 2])

    @rule(number=which)
    def undo(self, number: int) -> None:
        done = Action.objects.filter(undoes=None, undone_by=None).order_by("-pk")
        if total := done.count():
            with self.deed():
                acting.undo(done[number % min(total, 4)], self.steward(), "Not so")

    def act(self, thing: Post | Comment, name: str, **values: Any) -> None:
        kind = acting.moderable_of(thing)
        assert kind is not None
        verb, found = kind.verb(name), kind.rows().get(pk=thing.pk)
        if verb is not None and verb.offered(found):
            with self.deed():
                acting.act(verb, found, self.steward(), "So it is better", **values)

    # ── What must hold ───────────────────────────────────────────────────────────────────────────

    @invariant()
    def is_true_after_each_step(self) -> None:
        self.nobody_was_told_what_they_may_not_hear()
        if next(self.steps) % 5 == 0:
            self.all_is_true()

    def all_is_true(self) -> None:
        self.counters_are_right()
        self.what_was_deleted_stays_so()
        self.what_waits_stands_nowhere()
        self.trees_are_whole()
        self.answers_can_be_seen()
        self.notifications_are_in_sight()
        self.rows = {post.pk: post for post in Post.objects.select_related("category")}
        self.under = {pk: set() for pk in self.rows}
        for post, tag in PostTag.objects.values_list("content_object_id", "tag_id"):
            self.under[post].add(tag)
        self.replies_there = list(Comment.objects.all())
        for reader in self.readers():
            self.lists_show_what_may_be_seen(reader)

    def counters_are_right(self) -> None:
        wrong = [(each.table, each.column) for each in recount.counters() if ours(each.table) and each.drifted()]
        assert not wrong, f"drifted: {wrong}"

    def what_was_deleted_stays_so(self) -> None:
        for model in (Post, Comment):
            for thing in model.objects.filter(deleted_at=None, is_hidden=False).select_related("text"):
                assert not own_marks(thing) & self.taken_back, f"{thing!r} shows words that their author deleted"

    def what_waits_stands_nowhere(self) -> None:
        """The words of an edit that waits or was not let through are in no text and in no history."""
        edits = WaitingEdit.objects.exclude(state="approved")
        waiting = {mark for edit in edits for mark in marks(unquoted(edit.body)) if mark.endswith("x")}
        if not waiting:
            return
        for of in ("Post", "Comment"):
            for model in (apps.get_model("forum", f"{of}Text"), apps.get_model("forum", f"{of}Revision")):
                for body in model.objects.values_list("body", flat=True):
                    assert not marks(unquoted(body)) & waiting, f"{model} tells what waits: {body}"
        for edit in edits.filter(state="waiting"):
            thing: Any = edit.post or edit.comment
            held = Held.objects.get(content_type__model=thing._meta.model_name, object_id=thing.pk)
            assert held.is_waiting and not thing.is_deleted and not thing.is_waiting

    def trees_are_whole(self) -> None:
        comments = {comment.pk: comment for comment in Comment.objects.all()}
        for comment in comments.values():
            parent = comments.get(comment.parent_id)
            above = [*parent.ancestors, parent.pk] if parent else []
            assert comment.ancestors == above, f"{comment} hangs under {above}, and says {comment.ancestors}"
            assert comment.root_id == (above[0] if above else None)
            assert parent is None or comment.post_id == parent.post_id

    def answers_can_be_seen(self) -> None:
        for post in Post.objects.select_related("category"):
            marked = Solution.objects.filter(post=post).select_related("comment").first()
            seen = bool(marked and marked.comment.is_shown and marked.comment.post_id == post.pk)
            assert post.is_answered == seen, f"{post.pk} says it is answered: {post.is_answered}"
            answer = solving.answer_of(post, GUEST)
            assert (answer is not None) == (seen and post.is_shown)

    # Notifications ───────────────────────────────────────────────────────────────────────────────

    def nobody_was_told_what_they_may_not_hear(self) -> None:
        """Of what was told in this step: nobody's own deed, nothing muted, nothing out of sight, no "nothing"."""
        told = Notification.objects.filter(kind__in=OF_WORDS).select_related("member")
        for each in told:
            before = self.told.get(each.pk)
            parts = set(each.gathered)
            new = parts - (before or set()) if each.gathered else (set() if before is not None else {each.part})
            self.told[each.pk] = (before or set()) | parts | set(each.withheld)
            assert len(parts) == len(each.gathered) and not parts & set(each.withheld), f"counted twice: {each}"
            for part in new:
                self.may_be_told(each, part)

    def may_be_told(self, told: Notification, part: int | None) -> None:
        post, comment = what_is_told(told, part)
        if post is None:
            return
        thing, muted = comment or post, _freshly_muted(told.member)
        assert UNNAMED not in told.words, told
        if told.kind != "answer" and told.kind != "upvotes":
            assert masks.owner_of(thing) != told.member_id, f"told of their own words: {told}"
        if told.kind == "upvotes":
            assert masks.owner_of(thing) == told.member_id
            return
        hides = Mute.objects.filter(member=told.member_id, kind="post", object_id=post.pk).exists()
        carried = set(PostTag.objects.filter(content_object=post).values_list("tag", flat=True))
        of_muted = {thing.author_id, post.author_id} & muted.members or carried & muted.tags or hides
        assert not of_muted and post.category_id not in muted.categories, f"told of what they mute: {told}"

    def notifications_are_in_sight(self) -> None:
        guest_posts = set(Post.objects.filter(is_hidden=False, deleted_at=None).values_list("pk", flat=True))
        guest_comments = set(
            Comment.objects.filter(is_hidden=False, deleted_at=None, post__in=guest_posts).values_list("pk", flat=True)
        )
        for each in Notification.objects.filter(kind__in=OF_WORDS, is_withdrawn=False):
            for part in each.gathered or [each.part]:
                post, comment = what_is_told(each, part)
                shown = comment.pk in guest_comments if comment else post and post.pk in guest_posts
                assert shown, (
                    f"{each.member} is told of what is out of sight: {each} ({each.kind}, {each.place}, {part})"
                )
            if each.gathered:
                assert each.count == len(each.gathered), each
        for each in Notification.objects.filter(kind__in=OF_WORDS, is_withdrawn=True, part__isnull=False):
            # What has come back is told again.
            assert each.part not in guest_comments, f"withdrawn though it can be seen: {each} ({each.place})"

    # Lists ───────────────────────────────────────────────────────────────────────────────────────

    def may_see(self, post: Post, reader: Any) -> bool:
        return not post.deleted_at and (not post.is_hidden or (reader.is_authenticated and reader.is_moderator))

    def lists(self, post: Post, reader: Any, muted: Any, hidden: set[int]) -> bool:
        return self.may_see(post, reader) and not (
            post.author_id in muted.members
            or post.category_id in muted.categories
            or self.under[post.pk] & muted.tags
            or post.pk in hidden
        )

    def lists_show_what_may_be_seen(self, reader: Any) -> None:
        muted = _freshly_muted(reader)
        hidden = set(Mute.objects.filter(member=reader.pk, kind="post").values_list("object_id", flat=True))
        hidden = hidden if reader.is_authenticated else set()
        posts = {pk for pk, post in self.rows.items() if self.lists(post, reader, muted, hidden)}
        assert set(Post.objects.listed_for(reader).values_list("pk", flat=True)) == posts
        comments = {
            each.pk
            for each in self.replies_there
            if each.post_id in posts
            and not each.deleted_at
            and (not each.is_hidden or (reader.is_authenticated and reader.is_moderator))
            and each.author_id not in (muted.members or {0})
        }
        assert set(Comment.objects.listed_for(reader).values_list("pk", flat=True)) == comments
        search = Search.of(EVERYWHERE, reader)
        for kind, expected in (("post", posts), ("comment", comments)):
            found = [row.pk for row in search.page(kind, "new", "").rows]
            assert set(found) <= expected and (len(expected) > len(found) or set(found) == expected)
            assert len(found) == min(len(expected), len(found)) == len(set(found))
        if reader is GUEST:
            newest = [f"/posts/{pk}/" for pk in sorted(posts, reverse=True)[: feeds.MOST]]
            assert sorted(entry.key for entry in feeds.newest_posts()) == sorted(newest)
        for post in self.rows.values():
            self.thread_shows_what_may_be_seen(post, reader, muted)

    def thread_shows_what_may_be_seen(self, post: Post, reader: Any, muted: Any) -> None:
        mine = [each for each in self.replies_there if each.post_id == post.pk]
        if not mine or next(self.looks) % 3 or (post.is_hidden and not self.may_see(post, reader)):
            return
        shown: list[Any] = []

        def walk(comments: list[Any]) -> None:
            for each in comments:
                shown.append(each)
                walk(each.children)
                assert each.is_muted == (each.author_id in muted.members)
                assert each.children or each.can_be_read_by(reader) or getattr(each, "more_replies", False)

        walk(read_thread(post, reader, next(iter(SORTS)), "").comments)
        readable = {each.pk for each in mine if each.can_be_read_by(reader)}
        if len(mine) <= 20:
            assert readable <= {each.pk for each in shown}
        # And one of them in its place, with all that hangs under it.
        one = mine[next(self.looks) % len(mine)]
        shown.clear()
        one.post = post
        walk(read_in_place(one, reader).comments)
        if len(mine) <= 20:
            assert {each.pk for each in mine if one.pk in each.ancestors} & readable <= {each.pk for each in shown}

    # ── At the end of a sequence ─────────────────────────────────────────────────────────────────

    def mails_tell_what_may_be_told(self) -> None:
        Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        letters.write_due()
        # A notification keeps the title that a post had, and a mail is found by it.
        unseen = {mark for mark in self.marks_unseen_by(GUEST) if mark.endswith("x")}
        for message in mail.outbox[self.mailed :]:
            written = f"{message.subject} {message.body} {message.alternatives}"
            assert not (told := unseen & marks(written)), f"{message.subject} to {message.to} tells {told}"
            if message.to != [f"{UNNAMED}@example.org"]:
                assert UNNAMED not in written, message.subject

    def marks_unseen_by(self, reader: Any) -> set[str]:
        """Marks that stand only in words which this reader may not see, and in nobody's history."""
        seen, gone = set(), set()
        for post in Post.objects.select_related("text"):
            (seen if self.may_see(post, reader) else gone).update(marks(f"{post.title} {post.text.body}"))
        for comment in Comment.objects.select_related("text", "post__category"):
            sees = comment.can_be_read_by(reader) and (self.may_see(comment.post, reader) or comment.post.is_deleted)
            (seen if sees else gone).update(marks(comment.text.body))
        for edit in WaitingEdit.objects.exclude(state="approved"):
            thing: Any = edit.post or edit.comment
            sees = thing.is_by(reader) or (reader.is_authenticated and reader.is_moderator)
            (seen if sees else gone).update(marks(edit.body))
        return gone - seen

    def pages_show_what_may_be_seen(self) -> None:
        reader = self.member(NAMES[next(self.number) % 3])
        pages = ["/community/", f"/search/?q={EVERYWHERE}", "/community/feed.atom", "/notifications/", "/saved/"]
        pages += [post.get_absolute_url() for post in Post.objects.order_by("-comment_count")[:2]]
        for user in (GUEST, reader):
            unseen, client = self.marks_unseen_by(user), Client()
            if user is not GUEST:
                client.force_login(user)
            for page in pages:
                answer = client.get(page, follow=True)
                if answer.status_code in (404, 410):
                    continue
                assert answer.status_code == 200, (page, answer.status_code)
                text = answer.content.decode()
                assert UNNAMED not in text, f"{page} names who wrote without a name"
                shown = {mark for mark in unseen & marks(text) if mark.endswith("x") or page != "/notifications/"}
                assert not shown, f"{page} shows {user} {shown}"


def ours(table: str) -> bool:
    """The library's own numbers no verb of the community moves."""
    return not table.startswith("studies_")


def marks(text: str) -> set[str]:
    return set(re.findall(r"mark\d+[tx]", text))


def own_marks(thing: Post | Comment) -> set[str]:
    """Those of the words a thing says now, and not of what it quotes."""
    return marks(unquoted(thing.text.body))


def unquoted(body: str) -> str:
    return " ".join(line for line in body.split("\n") if not line.startswith(">"))


def what_is_told(told: Notification, part: int | None) -> tuple[Post | None, Comment | None]:
    """The post and the comment that a notification, or one part of it, tells of."""
    if told.kind == "new_posts":
        return Post.objects.filter(pk=part).first(), None
    if part is not None:
        comment = Comment.objects.select_related("post").filter(pk=part).first()
        return (comment.post, comment) if comment else (None, None)
    return Post.objects.filter(pk=int(told.place.removeprefix("post:"))).first(), None


def _freshly_muted(reader: Any) -> Any:
    if not reader.is_authenticated:
        return NOTHING
    reader._muted = None
    return muted_by(reader)


@pytest.mark.django_db
def test_whatever_members_do_counts_sight_and_news_are_true(settings):
    settings.LIMITS, settings.HOLD_DOMAINS_BELOW = {}, 5
    run_state_machine_as_test(Community, settings=BOUNDS)
