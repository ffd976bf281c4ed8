"""Pictures sent at the same moment: one file is one picture, and nobody gets more room than there is."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts import avatars
from accounts.models import Member
from common.pictures import keeping, taking
from forum import pictures
from forum.models import Picture, PictureUse
from forum.models.picture import SHELF
from tests.builders import make_member, make_picture, make_post
from tests.shared_pictures import picture
from tests.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def names_there(shelf: str) -> set[str]:
    return set(keeping.names_on(shelf, older_than=-99))


@pytest.fixture
def quickly(monkeypatch):
    """A picture is made at once: what is tried here is what comes after."""
    made = [taking.Made(10, 10, b"x" * 1000)]
    monkeypatch.setattr(taking, "make", lambda data, widths, square=False: made * (2 if square else 1))


def test_the_same_file_twelve_times_at_once_is_one_picture(quickly) -> None:
    member, data, before = make_member(), picture(), names_there(SHELF)
    found = at_once([lambda: pictures.take(member, data, "A lamp").pk] * 12)
    assert len(set(found)) == 1 and Picture.objects.count() == 1
    assert names_there(SHELF) - before == {Picture.objects.get().name}


@pytest.mark.parametrize(("most", "size"), [(5, 10**9), (400, 5_000)], ids=["pictures", "bytes"])
def test_twelve_at_once_take_no_more_than_there_is_room_for(quickly, settings, most, size) -> None:
    settings.PICTURES_MOST, settings.PICTURES_SIZE = most, size
    member, before = make_member(), names_there(SHELF)

    def send(data: bytes) -> bool:
        try:
            return bool(pictures.take(member, data, "A lamp"))
        except taking.Refused:
            return False

    assert sum(at_once([partial(send, picture()) for _ in range(12)])) == 5
    assert Picture.objects.count() == 5 and len(names_there(SHELF) - before) == 5


def test_a_picture_that_is_swept_while_it_is_put_into_a_text_is_there_or_not(quickly) -> None:
    member = make_member()
    shown = [make_picture(member, touched_at=timezone.now() - timedelta(days=8)) for _ in range(4)]
    body = " ".join(each.markdown() for each in shown)
    at_once([pictures.sweep, lambda: make_post(author=member, body=body), pictures.sweep])
    used = set(PictureUse.objects.values_list("picture", flat=True))
    assert used == set(Picture.objects.values_list("pk", flat=True))


def test_avatars_sent_at_once_leave_the_files_of_one(quickly) -> None:
    member, before = make_member(), names_there(avatars.SHELF)
    at_once([lambda: avatars.take(Member.objects.get(pk=member.pk), b"x")] * 6)
    assert names_there(avatars.SHELF) - before == {Member.objects.get(pk=member.pk).avatar}
