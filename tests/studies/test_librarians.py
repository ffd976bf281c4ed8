"""The librarians' desk: who may enter it."""

from __future__ import annotations

import pytest

from tests.builders import make_librarian, make_member, make_moderator

pytestmark = pytest.mark.django_db


class TestTheDesk:
    def test_is_open_to_a_librarian(self, client) -> None:
        client.force_login(make_librarian())
        assert client.get("/librarians/").status_code == 200

    def test_is_closed_to_members_and_moderators(self, client) -> None:
        for member in (make_member(), make_moderator()):
            client.force_login(member)
            assert client.get("/librarians/").status_code == 403

    def test_sends_a_guest_to_sign_in(self, client) -> None:
        answer = client.get("/librarians/")
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]

    def test_is_closed_to_a_librarian_who_lost_the_staff_flag(self, client) -> None:
        librarian = make_librarian()
        librarian.is_staff = False
        librarian.save()
        client.force_login(librarian)
        assert client.get("/librarians/").status_code == 403
