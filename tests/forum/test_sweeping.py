"""Hiding everything of a member: what it hides, what its undo shows again, and what neither tells."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import avatars
from accounts.models import Member
from common.pictures import keeping
from common.pictures.taking import Made
from common.recount import counters
from forum.models import Comment, Picture, PictureUse, Post, Sweep, SweptThing
from forum.moderating import sweeping
from forum.moderating.sweeping import HIDE_EVERYTHING
from moderation import acting, reporting, sanctions
from moderation.models import Action, AuditEntry, Case, Sanction
from tests.builders import make_comment, make_member, make_moderator, make_picture, make_post
from tests.forum.test_moderating import snapshot

pytestmark = pytest.mark.django_db


class World:
    """Posts and comments of one member, new and old, hidden before and deleted, and one without their name."""

    def __init__(self) -> None:
        self.member, self.moderator, self.thread = make_member(), make_moderator(), make_post()
        self.post = make_post(author=self.member, title="Buy these pills", tags=["pills"])
        self.answered = make_comment(self.post)
        self.comments = [make_comment(self.thread, author=self.member, body=f"Cheap pills {n}") for n in range(3)]
        self.comments[0].upvote(make_member())
        self.masked = make_post(author=self.member, masked=True, title="Pills without a name")
        self.old = make_post(author=self.member)
        Post.objects.filter(pk=self.old.pk).update(posted_at=timezone.now() - timedelta(days=8))
        self.hidden = make_comment(self.thread, author=self.member)
        self.hidden.hide(self.moderator, "Rude")
        self.deleted = make_comment(self.thread, author=self.member)
        self.deleted.delete_by_author()

    def sweep(self, most: int | None = None, **values) -> Action:
        values = {"since": 7, "kinds": ["write"], "days": 7} | values
        member = Member.objects.get(pk=self.member.pk)
        line = acting.act(HIDE_EVERYTHING, member, self.moderator, "Spam", **values)
        sweeping.work(line.details["sweep"], most)
        return line

    def undo(self, line: Action) -> None:
        acting.undo(line, self.moderator, "A mistake")
        sweeping.work(line.details["sweep"])


@pytest.fixture
def world() -> World:
    return World()


def sight() -> dict[str, list[bool]]:
    return {
        model.__name__: list(model.objects.order_by("pk").values_list("is_hidden", flat=True))
        for model in (Post, Comment)
    }


def test_hides_what_is_new_and_bans_and_one_undo_makes_it_exactly_as_before(world: World) -> None:
    before, was_seen = snapshot(), sight()
    line = world.sweep()
    hidden = Post.objects.filter(is_hidden=True) | Post.objects.none()
    assert set(hidden.values_list("pk", flat=True)) == {world.post.pk, world.masked.pk}
    assert Comment.objects.filter(is_hidden=True).count() == 4
    assert sanctions.bars(Member.objects.get(pk=world.member.pk)) == {"write"}
    assert not [counter for counter in counters() if counter.drifted()]
    world.undo(line)
    assert sight() == was_seen
    after = snapshot()
    for told in (before, after):  # that it was done and undone was told
        told["notices_notification"] = [
            row for row in told["notices_notification"] if not row[1].startswith(("sweep:", "lifted:", "sanction:"))
        ]
    assert after == before
    assert sanctions.bars(Member.objects.get(pk=world.member.pk)) == frozenset()
    assert not [counter for counter in counters() if counter.drifted()] and not SweptThing.objects.exists()
    with pytest.raises(acting.NothingToDo):
        acting.undo(line, world.moderator, "Again")


def test_their_pictures_are_served_to_nobody_else_until_it_is_undone(world: World) -> None:
    new, before, hidden, decided = (make_picture(world.member) for _ in range(4))
    Picture.objects.filter(pk=before.pk).update(uploaded_at=timezone.now() - timedelta(days=8))
    hidden.hide(world.moderator, "Ugly")
    # All stand in a text that is too old to be swept.
    PictureUse.objects.bulk_create(PictureUse(picture=each, post=world.old) for each in (new, before, hidden, decided))

    def seen(client: Client) -> list[bool]:
        return [client.get(each.address).status_code == 200 for each in (new, before, hidden, decided)]

    guest, owner = Client(), Client()
    owner.force_login(world.member)
    assert seen(guest) == [True, True, False, True]
    line = world.sweep()
    assert seen(guest) == [False, True, False, False] and seen(owner) == [True] * 4
    decided.unhide(world.moderator, "Harmless")
    decided.hide(world.moderator, "Not so harmless")
    world.undo(line)
    assert seen(guest) == [True, True, False, False] and not SweptThing.objects.exists()


def give_avatar(member: Member) -> str:
    name = keeping.new_name()
    keeping.keep(avatars.SHELF, name, [Made(1, 1, b"wide"), Made(1, 1, b"small")])
    Member.objects.filter(pk=member.pk).update(avatar=name)
    return name


def test_the_picture_beside_their_name_is_found_nowhere_until_it_is_undone(
    world: World, django_capture_on_commit_callbacks
) -> None:
    name, guest = give_avatar(world.member), Client()
    old = world.old.get_absolute_url()

    def address() -> str:
        return re.findall(r'class="avatar" src="([^"]+)"', guest.get(old).text)[0]

    def found(address: str) -> list[int]:
        return [guest.get(each).status_code for each in (address, address.replace("-small", ""))]

    seen = address()
    assert name in seen and found(seen) == [200, 200]
    with django_capture_on_commit_callbacks(execute=True):
        line = world.sweep()
    assert address().startswith("/avatars/drawn/") and found(seen) == [404, 404]
    [(_, path)] = avatars.files_of(Member.objects.get(pk=world.member.pk))  # theirs to take along
    os.utime(path, (0, 0))
    avatars.sweep_files()
    assert path.read_bytes() == b"wide"
    with django_capture_on_commit_callbacks(execute=True):
        world.undo(line)
    assert found(address()) == [200, 200] and path.read_bytes() == b"wide"
    assert Member.objects.get(pk=world.member.pk).withheld_avatar == ""


@pytest.mark.parametrize("choice", ["another", "the drawn one", "swept again"])
def test_the_picture_beside_their_name_does_not_come_back_over_a_later_choice(
    world: World, choice: str, django_capture_on_commit_callbacks
) -> None:
    give_avatar(world.member)
    with django_capture_on_commit_callbacks(execute=True):
        line = world.sweep()
        member = Member.objects.get(pk=world.member.pk)
        withheld = member.withheld_avatar
        if choice == "the drawn one":
            avatars.remove(member)
        else:
            avatars._change(member, avatar=(name := give_avatar(member)))
    if choice == "swept again":
        again = world.sweep(kinds=[])
    world.undo(line)
    member.refresh_from_db()
    assert member.avatar == ("" if choice != "another" else name)
    assert not keeping.path_of(avatars.SHELF, withheld).exists()
    if choice == "swept again":
        world.undo(again)
        member.refresh_from_db()
        kept = Sweep.objects.get(pk=again.details["sweep"]).avatar
        assert (member.avatar, member.withheld_avatar) == (kept, "")


def test_a_sweep_of_nothing_but_the_picture_beside_their_name_is_a_deed(world: World) -> None:
    other = make_member()
    with pytest.raises(acting.NothingToDo):
        acting.act(HIDE_EVERYTHING, other, world.moderator, "Spam", since=7, kinds=[], days=7)
    give_avatar(other)
    acting.act(HIDE_EVERYTHING, other, world.moderator, "Spam", since=7, kinds=[], days=7)
    assert Member.objects.get(pk=other.pk).avatar == ""


def test_the_undo_leaves_what_was_decided_about_since(world: World) -> None:
    line = world.sweep()
    first, second = world.comments[:2]
    first.unhide(world.moderator, "Harmless")
    first.hide(world.moderator, "Not so harmless")
    reporting.report(second, "comment", make_member(), "spam")
    reporting.uphold(Case.objects.get(), world.moderator, "Spam indeed")
    world.undo(line)
    assert set(Comment.objects.filter(is_hidden=True)) == {world.hidden, first, second}


def test_it_goes_on_where_it_stopped_and_an_undo_stops_it(world: World) -> None:
    line = world.sweep(most=2)
    assert Sweep.objects.get().state == "hiding" and SweptThing.objects.count() == 2
    with pytest.raises(acting.CannotDo):
        world.sweep()
    assert sweeping.work(line.details["sweep"]) and SweptThing.objects.count() == 5
    was = sight()
    assert sweeping.work(line.details["sweep"]) and sight() == was
    world.undo(line)
    again = world.sweep(most=1)
    assert not sweeping._hide(line.details["sweep"], world.post)
    world.undo(again)
    assert not Post.objects.filter(is_hidden=True).exists()


def test_what_was_written_after_the_deed_is_none_of_it(world: World) -> None:
    line = world.sweep(most=1, kinds=[])
    later = make_comment(world.thread, author=world.member)
    sweeping.work(line.details["sweep"])
    later.refresh_from_db()
    assert not later.is_hidden and not Sanction.objects.exists()


def test_the_preview_counts_and_shows_what_stands_under_their_name_and_changes_nothing(world: World) -> None:
    client = Client()
    client.force_login(world.moderator)
    page = client.get(f"/members/{world.member.pk}/everything/?days=7").content.decode()
    assert "posts: 1, comments: 3" in page and "Buy these pills" in page and "Cheap pills 2" in page
    assert "Pills without a name" not in page and str(world.masked.pseudonym) not in page
    assert not Sweep.objects.exists() and not Post.objects.filter(is_hidden=True).exists()
    for days in ("0", "x", "9" * 30, "-1", "²"):
        assert client.get(f"/members/{world.member.pk}/everything/", {"days": days}).status_code == 200
    client.force_login(world.member)
    assert client.get(f"/members/{world.member.pk}/everything/").status_code == 403


def test_from_the_page_and_nothing_names_what_stands_under_a_pseudonym(
    world: World, django_capture_on_commit_callbacks
) -> None:
    client = Client()
    client.force_login(world.moderator)
    name = HIDE_EVERYTHING.name
    form = {"reason": "Spam", f"{name}-since": 7, f"{name}-kinds": ["write"], f"{name}-days": 7}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/moderation/member/{world.member.pk}/{name}/", form).status_code == 302
    world.masked.refresh_from_db()
    assert world.masked.is_hidden and Sweep.objects.get().state == "hidden"
    assert not acting.done_to(world.masked).exists()
    assert AuditEntry.objects.filter(event="hid everything of a member", actor=world.moderator.pk).count() == 1
    page = client.get(f"/moderation/member/{world.member.pk}/").content.decode()
    assert (
        "Pills without a name" not in page
        and "Undo: hide everything" in page
        and "Hide everything" in client.get("/moderation/log/").content.decode()
    )
    nobody = make_member()
    client.force_login(nobody)
    assert client.post(f"/moderation/member/{world.member.pk}/{name}/", form).status_code == 403
