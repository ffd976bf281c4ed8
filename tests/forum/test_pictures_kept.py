"""What is kept of pictures, whose room they take, and for how long: nothing of a refused one, and none that is read."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts.models import Member
from common.pictures import keeping
from common.pictures.taking import Refused
from forum import pictures
from forum.models import Comment, Draft, Picture, Post
from forum.models.picture import SHELF
from moderation.reporting import report
from tests.builders import make_comment, make_member, make_moderator, make_picture, make_post, signed_in
from tests.shared_pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shelves_of_its_own(settings, tmp_path) -> None:
    """Files of other tests, whose rows are gone, would be swept and counted too."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def member() -> Member:
    return make_member()


def on_disk() -> set[str]:
    return set(keeping.names_on(SHELF, older_than=-9))


def age(shown: Picture, days: int = 8) -> Picture:
    Picture.objects.filter(pk=shown.pk).update(touched_at=timezone.now() - timedelta(days=days))
    return shown


def in_text(member: Member, where: type[Post] | type[Comment], **state) -> Picture:
    """A picture that has long stood in a text of this kind, which is in this state by now."""
    shown = make_picture(member)
    make = make_post if where is Post else make_comment
    text = make(author=member, body=shown.markdown())
    where.objects.filter(pk=text.pk).update(**state)
    return age(shown)


def ago(days: int) -> dict[str, object]:
    return {"deleted_at": timezone.now() - timedelta(days=days)}


class TestRoom:
    def test_of_a_refused_picture_no_file_stays(self, member: Member, settings) -> None:
        before = on_disk()
        settings.PICTURES_SIZE = 10
        with pytest.raises(Refused, match="fill the 0 MB"):
            pictures.take(member, picture(), "A lamp")
        assert on_disk() == before and not Picture.objects.exists()

    def test_is_each_members_own_and_free_again_for_what_was_removed(self, member: Member, settings) -> None:
        settings.PICTURES_MOST = 2
        for _ in range(3):
            make_picture()
        make_picture(member)
        make_picture(member).remove(make_moderator(), "A face")
        assert pictures.take(member, picture(), "A lamp") and pictures.room(member)["count"] == 2
        with pytest.raises(Refused):
            pictures.take(member, picture("GIF"), "Another")

    def test_counts_the_bytes_that_would_come(self, member: Member, settings) -> None:
        taken = pictures.take(member, picture(), "A lamp")
        settings.PICTURES_SIZE = taken.size + 1
        with pytest.raises(Refused, match="fill"):
            pictures.take(member, picture("GIF"), "Another")


class TestSentAgain:
    def test_it_is_not_swept_in_the_night_before_it_is_used(self, member: Member) -> None:
        data = picture()
        age(pictures.take(member, data, "A lamp"))
        pictures.take(member, data, "")
        assert pictures.sweep() == 0

    def test_what_its_owner_had_taken_back_is_there_again(self, member: Member) -> None:
        data = picture()
        shown = pictures.take(member, data, "A lamp")
        make_post(author=member, body=shown.markdown())
        report(shown, "picture", make_member(), "spam")
        shown.take_back()
        assert signed_in(member).get(shown.address).status_code == 404
        assert shown.name not in signed_in(member).get("/pictures/").text
        assert pictures.take(member, data, "A lamp") == shown
        assert signed_in(member).get(shown.address).status_code == 200


class TestTheList:
    @pytest.mark.parametrize("address", ["/pictures/", "/pictures/?for=post_new/0"])
    def test_goes_on_where_a_page_ends(self, member: Member, settings, address: str) -> None:
        settings.LIST_PAGE = 1
        older, newer = make_picture(member), make_picture(member)
        browser = signed_in(member)
        first = browser.get(address).text
        [more] = re.findall(r'rel="next" href="([^"]+)"', first)
        second = browser.get("/pictures/" + unescape(more))
        assert second.status_code == 200
        assert newer.name in first and older.name not in first and older.name in second.text


class TestTheSweep:
    @pytest.mark.parametrize(
        ("where", "days", "stays"),
        [(Post, 8, True), (Post, 31, False), (Comment, 8, True), (Comment, 31, False)],
        ids=["post of last week", "post of last month", "comment of last week", "comment of last month"],
    )
    def test_leaves_what_a_text_shows_until_long_after_its_end(self, member: Member, where, days, stays) -> None:
        in_text(member, where, **ago(days))
        assert pictures.sweep() == (not stays)

    def test_leaves_what_a_comment_shows_though_the_post_is_long_gone(self, member: Member) -> None:
        in_text(member, Comment)
        Post.objects.update(**ago(60))
        assert pictures.sweep() == 0

    def test_counts_the_week_from_when_it_was_last_shown(self, member: Member) -> None:
        shown = in_text(member, Post)
        post = Post.objects.get()
        post.edit(category=post.category, title=post.title, body="Without it.", tags=[], version=1)
        assert not shown.uses.exists() and pictures.sweep() == 0
        age(shown)
        assert pictures.sweep() == 1

    def test_leaves_what_came_into_a_text_after_it_was_found_idle(self, member: Member, monkeypatch) -> None:
        shown = in_text(member, Post)
        monkeypatch.setattr(pictures, "_candidates", lambda now, most: [shown])
        assert pictures.sweep() == 0 and Picture.objects.exists()

    def test_takes_what_its_owner_took_back_though_a_draft_names_it(self, member: Member) -> None:
        shown = make_picture(member, taken_back_at=timezone.now())
        body = {"body": shown.markdown()}
        Draft.objects.create(member=member, kind="post_new", fields=body, updated_at=timezone.now())
        assert pictures.sweep() == 1

    def test_leaves_the_row_of_what_a_moderator_removed_and_takes_a_file_that_was_left(self, member: Member) -> None:
        shown = make_picture(member)
        shown.remove(make_moderator(), "A face")
        age(shown)
        assert pictures.sweep() == 0
        os.utime(keeping.path_of(SHELF, shown.name), (1, 1))
        assert pictures.sweep_files() == 1 and shown.name not in on_disk()


def test_its_page_names_no_text_that_its_reader_may_not_read(member: Member) -> None:
    shown, moderator = make_picture(member), make_moderator()
    make_post(author=member, title="In sight", body=shown.markdown())
    post = make_post(author=member, title="A hidden post", body=shown.markdown())
    comment = make_comment(make_post(title="Under another"), author=member, body=shown.markdown())
    other = signed_in()
    page = other.get(shown.get_absolute_url()).text
    assert all(title in page for title in ("In sight", "A hidden post", "Under another"))
    post.hide(moderator, "Rude")
    comment.hide(moderator, "Rude")
    page = other.get(shown.get_absolute_url()).text
    assert "In sight" in page and "A hidden post" not in page and "Under another" not in page
