"""Uploads larger than other requests: to the one page that takes them, from librarians alone, straight to disk."""

from __future__ import annotations

import errno
import re
import uuid
from io import BytesIO

import pytest
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver

from common import middleware
from common.middleware import BODY_LIMIT
from studies.models import ImportRun
from studies.models.import_run import folder
from studies.views.imports import UPLOADS
from tests.builders import make_librarian, make_member, make_moderator

pytestmark = pytest.mark.django_db

HERE = "/librarians/import/"
LARGE = ["avatar", "picture_new", "import_new"]
BIG = b"<?xml version='1.0'?>\n<PubmedArticleSet>\n" + b"\n" * (BODY_LIMIT + 500_000) + b"</PubmedArticleSet>"


class Body(BytesIO):
    """What a client sends; ``taken`` is how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def send(client: Client, path: str = HERE, content: bytes = BIG, fields: dict | None = None, **environ):
    file = BytesIO(content)
    file.name = "big.xml"
    data = encode_multipart(BOUNDARY, {"file-token": uuid.uuid4(), **(fields or {}), "file-file": file})
    body = Body(data)
    answer = client.generic(
        "POST", path, b"", MULTIPART_CONTENT,
        **{"wsgi.input": body, "CONTENT_LENGTH": str(len(data)), "CONTENT_TYPE": MULTIPART_CONTENT, **environ},
    )  # fmt: skip
    answer.taken = body.taken
    return answer


@pytest.fixture
def librarian() -> Client:
    client = Client()
    client.force_login(make_librarian())
    return client


@pytest.fixture
def left():
    """Gives the files that came into the folder since, after the requests have ended."""
    there = set(folder().iterdir())
    return lambda: set(folder().iterdir()) - there


class TestALargeFile:
    def test_is_taken_from_a_librarian_and_never_into_memory(self, librarian, left, monkeypatch) -> None:
        monkeypatch.setattr(MemoryFileUploadHandler, "handle_raw_input", lambda *a, **k: pytest.fail("into memory"))
        assert send(librarian).status_code == 302
        run = ImportRun.objects.get()
        assert left() == {run.path} and run.path.read_bytes() == BIG and run.total == len(BIG)

    @pytest.mark.parametrize("make", [make_member, make_moderator], ids=["a member", "a moderator"])
    def test_is_refused_from_others_before_a_byte_is_read(self, make, left) -> None:
        client = Client()
        client.force_login(make())
        answer = send(client)
        assert answer.status_code == 403 and answer.taken == 0 and not left()

    def test_is_refused_from_a_guest_before_a_byte_is_read(self, client, left) -> None:
        answer = send(client)
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]
        assert answer.taken == 0 and not left()

    def test_needs_the_form_s_token_and_leaves_nothing_without(self, left) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(make_librarian())
        assert send(client).status_code == 403
        assert not left() and not ImportRun.objects.exists()

    def test_passes_with_the_form_s_token(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(make_librarian())
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', client.get(HERE).content)[1].decode()
        assert send(client, fields={"csrfmiddlewaretoken": token}).status_code == 302

    @pytest.mark.parametrize("path", ["/community/new/", "/librarians/import/identifiers/", "/settings/", "/no/such/"])
    def test_is_taken_nowhere_else(self, librarian, path) -> None:
        answer = send(librarian, path)
        assert answer.status_code == 413 and answer.taken == 0

    def test_of_more_than_the_page_takes_is_refused_before_a_byte_is_read(self, librarian, left) -> None:
        answer = send(librarian, CONTENT_LENGTH=str(UPLOADS.limit + 1))
        assert answer.status_code == 413 and "200 MB" in answer.content.decode()
        assert answer.taken == 0 and not left()

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/xml", "application/json", ""])
    def test_as_another_kind_of_body_is_refused(self, librarian, kind) -> None:
        answer = send(librarian, CONTENT_TYPE=kind)
        assert answer.status_code == 413 and answer.taken == 0

    def test_that_breaks_off_leaves_nothing(self, librarian, left) -> None:
        assert send(librarian, CONTENT_LENGTH=str(len(BIG) * 2)).status_code in (302, 400, 422)
        ImportRun.objects.all().delete()
        assert not {path for path in left() if path.suffix == ".part"}

    def test_with_a_long_text_beside_it_is_refused(self, librarian, left) -> None:
        assert send(librarian, content=b"x", fields={"note": "x" * (BODY_LIMIT + 1)}).status_code == 413
        assert not left()

    def test_with_bytes_that_are_no_text_is_refused(self, librarian, left) -> None:
        assert send(librarian, fields={"note": "a\0b"}).status_code == 400
        assert not left()

    def test_that_finds_the_disk_full_is_answered_with_a_sentence(self, librarian, left, monkeypatch) -> None:
        def full(request):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(middleware, "read_form", full)
        answer = send(librarian)
        assert answer.status_code == 503 and "no room" in answer.content.decode() and not left()


def test_few_views_take_large_uploads() -> None:
    def views(resolver):
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                yield from views(entry)
            elif isinstance(entry, URLPattern):
                yield entry

    assert [entry.name for entry in views(get_resolver()) if hasattr(entry.callback, "large_uploads")] == LARGE
