"""The optional check for spam: what it sends, what its answers do, and that nothing of it harms anybody when it fails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from urllib.parse import parse_qs

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from common import fetching
from common.fetching import network
from forum.models import Post
from moderation import spam_check
from moderation.models import Checked, CheckStanding, Held
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post
from tests.moderation.test_holding import do, fresh, known, signed_in

pytestmark = pytest.mark.django_db

Answer = Callable[[BaseHTTPRequestHandler], None]


def says(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def hangs(request: BaseHTTPRequestHandler) -> None:
    time.sleep(60)  # in a thread that ends with the tests


def drips(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(2000):  # or until the site has gone
        request.wfile.write(b"t")
        time.sleep(0.03)


def breaks_off(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\ntr")
    request.close_connection = True


SPAM, CLEAN = says(b"true"), says(b"false")


class Service:
    """A service that speaks the protocol, on this machine: what it was asked, and what it says."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.answer: Answer = CLEAN

    @property
    def calls(self) -> list[str]:
        return [path for path, _, _ in self.asked]


@pytest.fixture
def service(settings) -> Iterator[Service]:
    here = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(sent, keep_blank_values=True).items()}
            here.asked.append((self.path, fields, dict(self.headers)))
            with suppress(OSError):  # the site may have gone
                here.answer(self)

        def log_message(self, *arguments) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    settings.SPAM_CHECK_KEY, settings.SPAM_CHECK_BELOW = "sesame", 2
    settings.SPAM_CHECK_URL = f"http://127.0.0.1:{server.server_port}"
    settings.SITE_URL = "https://study.example.org"
    yield here
    server.shutdown()
    server.server_close()


def jobs() -> list[tuple[str, dict]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs WHERE task_name LIKE 'moderation.%' ORDER BY id")
        return [(name, json.loads(args) if isinstance(args, str) else args) for name, args in cursor.fetchall()]


def work() -> None:
    """Do what is due, as the job does."""
    CheckStanding.objects.update(paused_until=None)
    Checked.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    spam_check.check_due()


def test_off_it_makes_no_job_and_asks_nobody(service: Service, settings) -> None:
    settings.SPAM_CHECK_KEY = ""
    make_comment(make_post(author=make_member()), author=make_member())
    spam_check.check_due()
    assert not jobs() and not Checked.objects.exists() and not service.asked
    assert "off" in spam_check.in_a_line()
    assert "Against spam" not in Client().get("/about/").content.decode()


def test_no_is_no_and_only_the_words_are_sent(service: Service) -> None:
    writer = make_member("somebody_here", email="secret@example.org")
    post = make_post(
        author=writer,
        title="Does it help?",
        body="> [other_one wrote](/posts/1/x/):\n> their words\n\nI asked @other_one, me.too@example.com. Thanks",
        masked=True,
        category=make_category(),
    )
    assert jobs() == [("moderation.check_words", {"pk": Checked.objects.get().pk})]
    work()
    (path, fields, headers), *more = service.asked
    assert path == "/1.1/comment-check" and not more and fresh(post).is_shown
    assert fields == {
        "api_key": "sesame",
        "blog": "https://study.example.org",
        "blog_charset": "UTF-8",
        "user_ip": "192.0.2.1",
        "comment_type": "forum-post",
        "comment_content": "Does it help?\n\nI asked @member, (an address). Thanks",
    }
    whole = f"{fields} {headers}".lower()
    for nowhere in ("somebody_here", str(post.byline).lower(), "other_one", "their words", "cookie", "secret"):
        assert nowhere not in whole
    assert Checked.objects.get().state == "clean" and "no spam" in spam_check.in_a_line()
    desk = signed_in(make_moderator()).get("/admin/").content.decode()
    assert "The spam check is on. Its last answer: no spam" in desk
    assert "127.0.0.1" in Client().get("/about/").content.decode()


def test_spam_waits_for_a_moderator_and_is_seen_by_its_author_alone(service: Service) -> None:
    service.answer = says(b"true", x_akismet_pro_tip="discard")
    post = make_post(title="Cheap pills", author=make_member("seller"))
    assert fresh(post).is_shown
    work()
    held = Held.objects.get()
    assert fresh(post).is_waiting and held.why == ["check"] and "without a doubt" in held.said
    for who, status in ((Client(), 404), (signed_in(make_member()), 404), (signed_in(post.author), 200)):
        assert who.get(post.get_absolute_url()).status_code == status
    assert "Cheap pills" not in Client().get("/community/?sort=new").content.decode()
    page = signed_in(make_moderator()).get(f"/admin/moderation/held/{held.pk}/change/").content.decode()
    assert "Taken for spam by the check (without a doubt)" in page and Post.objects.count() == 1


def test_what_waits_already_waits_for_this_too(service: Service, settings) -> None:
    settings.HOLD_FIRST = 2
    service.answer = SPAM
    make_post(author=make_member())
    work()
    assert Held.objects.get().why == ["first", "check"]


def test_the_same_job_twice_and_at_once_asks_once_and_holds_once(service: Service) -> None:
    service.answer = SPAM
    make_post(author=make_member())
    pk = Checked.objects.get().pk
    for _ in range(3):
        spam_check.check(pk)
    assert len(service.asked) == 1 and Held.objects.count() == 1
    # Whoever finds it claimed leaves it alone.
    Checked.objects.update(state="due", due_at=timezone.now() + timedelta(minutes=1))
    spam_check.check(pk)
    assert len(service.asked) == 1


def test_only_members_of_low_trust_are_checked_and_only_words_that_change(service: Service) -> None:
    trusted = make_post(author=known(2))
    make_comment(trusted, author=make_moderator())
    make_post(author=make_member(), posted_at=timezone.now())  # an import
    assert not jobs()
    comment = make_comment(trusted, author=known(1), body="One")
    post = make_post(author=known(1), title="Title", body="Body", own_gist="Gist")
    post.edit(category=post.category, title="Title", body="Body", own_gist="Gist", tags=["acne"], version=1)
    assert len(jobs()) == 2
    comment.edit(body="Two", version=1)
    comment.edit(body="One", version=2)
    work()
    sent = sorted((fields["comment_type"], fields["comment_content"]) for _, fields, _ in service.asked)
    assert sent == [("forum-post", "Title\nGist\nBody"), ("reply", "One")]  # "Two" is there no more
    assert [fields["comment_type"] for _, fields, _ in service.asked if "recheck_reason" in fields] == ["reply"]


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (says(b"invalid", x_akismet_debug_help="Empty <b>key"), "does not take the key: Empty <b>key"),
        (says(b"x" * 1_000_000), "far more than an answer"),
        (says(b"<html>true</html>"), "no answer"),
        (says(b"\xff\x00"), "no answer"),
        (says(b"true", 500), "it says 500"),
        (says(b"", 302, Location="http://127.0.0.1:1/"), "it says 302"),
        (hangs, "in time"),
        (drips, "in time"),
        (breaks_off, "broke off"),
    ],
    ids=["no key", "huge", "garbage", "bytes", "500", "sent on", "hangs", "drips", "broken off"],
)
def test_whatever_fails_leaves_the_words_shown_and_is_tried_again(
    service: Service, monkeypatch, answer: Answer, trouble: str
) -> None:
    service.answer = answer
    post = make_post(author=make_member())
    with monkeypatch.context() as patched:
        if answer in (hangs, drips):
            patched.setattr(network, "TOTAL_SECONDS", 0.2)
        spam_check.check(Checked.objects.get().pk)
    row, standing = Checked.objects.get(), CheckStanding.objects.get()
    assert fresh(post).is_shown and row.state == "due" and row.due_at > timezone.now()
    assert trouble in standing.trouble and "sesame" not in standing.trouble
    service.answer = SPAM
    work()
    assert fresh(post).is_waiting


def test_while_it_fails_it_is_left_alone_for_longer_each_time_and_given_up_quietly(service: Service) -> None:
    service.answer = says(b"", 503)
    post, _ = make_post(author=make_member()), make_post(author=make_member())
    spam_check.check_due()
    assert len(service.asked) == 1 and Checked.objects.filter(due_at__gt=timezone.now()).count() == 2
    waits = []
    while Checked.objects.filter(object_id=post.pk, due_at__isnull=False).update(due_at=timezone.now()):
        CheckStanding.objects.update(paused_until=None)
        spam_check.check(Checked.objects.get(object_id=post.pk).pk)
        waits.append((CheckStanding.objects.get().paused_until - timezone.now()).total_seconds())
    assert Checked.objects.get(object_id=post.pk).state == "given up" and fresh(post).is_shown
    assert 5 <= len(waits) <= 6 and waits[1] > waits[0] * 1.5 and waits[-1] <= 3600
    assert "It failed on" in spam_check.in_a_line()
    Checked.objects.update(made_at=timezone.now() - timedelta(days=100))
    assert spam_check.sweep() == 1  # the other is still due


def test_it_hears_where_a_moderator_finds_it_wrong_once(service: Service) -> None:
    moderator, shelf = make_moderator(), make_category()
    taken, missed, rude = (make_post(author=make_member(), category=shelf) for _ in range(3))
    service.answer = SPAM
    spam_check.check(Checked.objects.get(object_id=taken.pk).pk)
    service.answer = CLEAN
    work()
    do("approve", taken, moderator)
    do("hide", missed, moderator, "This is spam")
    do("hide", rude, moderator, "Rude")
    do("unhide", missed, moderator, "Oh")
    do("hide", missed, moderator, "Spam all the same")
    told = [(args["pk"], args["truth"]) for name, args in jobs() if name == "moderation.tell_spam_check"]
    pks = dict(Checked.objects.values_list("object_id", "pk"))
    assert told == [(pks[taken.pk], "ham"), (pks[missed.pk], "spam")]
    service.asked.clear()
    for pk, truth in told:
        spam_check.tell(pk, truth)
    assert service.calls == ["/1.1/submit-ham", "/1.1/submit-spam"]
    assert set(service.asked[0][1]) == {
        "api_key", "blog", "blog_charset", "user_ip", "comment_type", "comment_content"
    }  # fmt: skip


def test_what_a_moderator_has_let_through_is_not_held_by_a_late_answer(service: Service, settings) -> None:
    settings.HOLD_FIRST = 2
    post, gone = make_post(author=make_member()), make_post(author=make_member())
    do("approve", post, make_moderator())
    gone.delete_by_author()
    service.answer = SPAM
    work()
    assert fresh(post).is_shown and fresh(gone).is_deleted and len(service.asked) == 1
    assert Checked.objects.get(object_id=gone.pk).state == "gone"


@pytest.mark.parametrize(
    "address",
    ["http://example.org", "https://example.org:8443", "https://u:p@example.org", "ftp://x", "", "https://",
     "https://127.0.0.1", "https://localhost", "http://10.0.0.1:80", "https://[::1"],
)  # fmt: skip
def test_no_other_way_out_is_taken(settings, address: str) -> None:
    settings.SPAM_CHECK_KEY, settings.SPAM_CHECK_URL = "sesame", address
    with pytest.raises(fetching.NotFetched, match="was not asked"):
        spam_check.verify()


def test_plain_http_to_this_machine_is_for_tries_alone(service: Service, settings) -> None:
    service.answer = says(b"valid")
    out = StringIO()
    call_command("verify_spam_check", stdout=out)
    assert "takes the key" in out.getvalue() and set(service.asked[0][1]) == {"key", "blog"}
    service.answer = says(b"invalid")
    with pytest.raises(CommandError, match="does not take"):
        call_command("verify_spam_check")
    settings.LOCAL = False
    with pytest.raises(CommandError, match="must begin with https"):
        call_command("verify_spam_check")
