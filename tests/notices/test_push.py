"""Notices on devices: readable by the one browser alone, handed to known push services, forgotten with the device."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpcore2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from common import fetching
from common.fetching import Receipt, network
from notices import jobs, muting, push
from notices.kinds import all_kinds
from notices.models import Device, Letter, Notification, Preference
from notices.push import decoded, encoded
from tests.builders import confirmed, make_comment, make_member, make_moderator, make_post
from tests.common.test_fetching import NOT_PUBLIC, PUBLIC, Sockets

pytestmark = pytest.mark.django_db

# RFC 8291, appendix A: the browser's keys, the sender's, and the message they make.
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
BROWSERS_KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SENDERS_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
PLAIN = b"When I grow up, I want to be a watermelon"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc:def"
KEYS = {"endpoint": ENDPOINT, "p256dh": P256DH, "auth": AUTH}


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), push.CURVE)


def opened(body: bytes) -> bytes:
    """What the browser of the example reads in a message: the other half of RFC 8291, written from its section 3."""
    salt, ours = body[:16], body[21 : 21 + body[20]]
    browser = key_of(BROWSERS_KEY)
    shared = browser.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(push.CURVE, ours))
    material = push._derived(shared, decoded(AUTH), b"WebPush: info\0" + push.point(browser) + ours, 32)
    content_key = push._derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = push._derived(material, salt, b"Content-Encoding: nonce\0", 12)
    plain = AESGCM(content_key).decrypt(nonce, body[21 + body[20] :], None)
    assert plain[-1] == 2
    return plain[:-1]


class Service:
    """A push service behind a stubbed resolver: what it was sent, and the status it answers with."""

    def __init__(self, monkeypatch) -> None:
        self.status, self.addresses, self.requests = 201, [PUBLIC], list[tuple[dict[str, str], bytes]]()
        self.wants = b""  # what it says in Retry-After
        self.sockets: list[Sockets] = []
        monkeypatch.setattr(network, "addresses_of", lambda name: self.addresses)
        monkeypatch.setattr(httpcore2, "SyncBackend", self.connected)

    def connected(self) -> Sockets:
        extra = b"Location: https://127.0.0.1/\r\n" if self.status == 307 else b""
        if self.wants:
            extra += b"Retry-After: " + self.wants + b"\r\n"
        sockets = Sockets([b"HTTP/1.1 %d X\r\n%sContent-Length: 0\r\n\r\n" % (self.status, extra)])
        self.sockets.append(sockets)
        return sockets

    @property
    def called(self) -> list[str]:
        return [host for sockets in self.sockets for host in sockets.called]

    def received(self) -> list[tuple[str, dict[str, str], bytes]]:
        found = []
        for sockets in self.sockets:
            if sockets.sent:
                head, _, body = sockets.sent.partition(b"\r\n\r\n")
                first, *lines = head.decode().split("\r\n")
                found.append((first, {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}, body))
        return found


@pytest.fixture
def service(monkeypatch) -> Service:
    return Service(monkeypatch)


@pytest.fixture
def queue():
    """What the jobs of a name were given that wait."""

    def waiting(name: str) -> list[dict]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT args::text FROM procrastinate_jobs WHERE task_name = %s", [f"notices.{name}"])
            return [json.loads(args) for (args,) in cursor.fetchall()]

    return waiting


def make_reader(name: str = "reader_one", endpoint: str = ENDPOINT):
    member = make_member(name)
    Device.add(member, name="Firefox", **KEYS | {"endpoint": endpoint})
    return member


def pushed() -> int:
    Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    return push.send_due(jobs._later)


class TestEncryption:
    def test_is_that_of_the_rfc(self):
        made = push.encrypt(PLAIN, P256DH, AUTH, key=key_of(SENDERS_KEY), salt=decoded(SALT))
        assert encoded(made) == MESSAGE
        assert opened(decoded(MESSAGE)) == PLAIN

    def test_draws_new_keys_for_each_message(self):
        first, second = (push.encrypt(PLAIN, P256DH, AUTH) for _ in range(2))
        assert opened(first) == opened(second) == PLAIN
        # The salt, and behind five bytes that are always the same the public half of the key.
        assert first[:16] != second[:16] and first[21:86] != second[21:86]

    @pytest.mark.parametrize(("p256dh", "auth"), [("", AUTH), ("x" * 87, AUTH), (P256DH[:-4], AUTH), ("é", AUTH)])
    def test_takes_no_broken_keys(self, p256dh, auth):
        with pytest.raises(ValueError):  # noqa: PT011
            push.encrypt(PLAIN, p256dh, auth)

    def test_signs_for_one_service_and_not_for_long(self, settings):
        settings.CONTACT_EMAIL = "desk@example.org"
        scheme, token, key = push.authorization(ENDPOINT).replace(",", "").split(" ")
        head, claims, signature = token.removeprefix("t=").split(".")
        read = json.loads(decoded(claims))
        assert scheme == "vapid" and json.loads(decoded(head))["alg"] == "ES256"
        assert read["aud"] == "https://fcm.googleapis.com" and read["sub"] == "mailto:desk@example.org"
        assert 0 < read["exp"] - timezone.now().timestamp() < 24 * 3600
        both = decoded(signature)
        r, s = (int.from_bytes(half, "big") for half in (both[:32], both[32:]))
        public = ec.EllipticCurvePublicKey.from_encoded_point(push.CURVE, decoded(key.removeprefix("k=")))
        public.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))

    def test_has_a_command_that_makes_a_key(self, capsys, settings):
        call_command("make_push_key")
        settings.PUSH_KEY = capsys.readouterr().out.strip().removeprefix("PUSH_KEY=")
        assert len(decoded(push.public_key())) == 65


class TestAPushedNotice:
    def test_reaches_the_device_once_and_nobody_between_can_read_it(self, service: Service):
        make_reader()
        make_comment(make_post(title="Foam"), author=make_member("ben"), body="@reader_one, look")
        assert pushed() == 1
        assert pushed() == 0
        [(first, headers, body)] = service.received()
        assert first == "POST /fcm/send/abc:def HTTP/1.1" and headers["host"] == "fcm.googleapis.com"
        assert headers["content-encoding"] == "aes128gcm" and headers["authorization"].startswith("vapid t=")
        assert b"Foam" not in body
        told = Notification.objects.get(kind="mention")
        assert json.loads(opened(body)) == {
            "title": "Studyhall", "body": "ben mentioned you in a comment on “Foam”", "url": told.url,
            "tag": f"notification-{told.pk}",
        }  # fmt: skip
        assert service.called == [PUBLIC]  # the address that was looked at

    @pytest.mark.parametrize("change", ["read", "hide", "mute", "refuse", "leave", "remove", "off"])
    def test_is_not_sent_when_there_is_no_need_any_more(self, service: Service, settings, change: str):
        reader, author = make_reader(), make_member()
        comment = make_comment(author=author, body="@reader_one, look")
        if change == "read":
            Notification.objects.of(reader).mark_read()
        elif change == "hide":
            comment.hide(make_moderator(), "Rude")
        elif change == "mute":
            muting.mute(reader, "member", author.pk)
        elif change == "refuse":
            Preference.objects.create(member=reader, kind="mention", place="site", push=False)
        elif change == "leave":
            type(reader).objects.filter(pk=reader.pk).update(is_active=False)
        elif change == "remove":
            Device.objects.all().delete()
        else:
            settings.PUSH_KEY = ""
        assert pushed() == 0
        assert not Letter.objects.exists() and not service.received()

    def test_goes_only_for_the_kinds_that_were_chosen(self, service: Service):
        reader = make_reader()
        for kind in ("standing", "reply"):
            Preference.objects.create(member=reader, kind=kind, place="site", push=kind == "standing")
        make_comment(make_post(author=reader))
        assert not Letter.objects.exists()
        make_comment(body="@reader_one, look")  # chosen by itself: it is personal
        assert Letter.objects.get().way == "push"

    def test_leaves_what_is_to_be_mailed_and_what_is_not_due(self, service: Service):
        reader = confirmed(make_reader())
        Preference.objects.create(member=reader, kind="mention", place="mail", push=True)
        make_comment(body="@reader_one, look")
        assert push.send_due(jobs._later) == 0 and Letter.objects.count() == 2
        assert pushed() == 1
        assert Letter.objects.get().way == Letter.Way.MAIL

    def test_fits_one_record_whatever_its_words(self):
        told = Notification(member=make_member(), words="🙂" * 500, url="/" + "x" * 200)
        assert len(push.encrypt(json.dumps(push._message(told)).encode(), P256DH, AUTH)) <= push.RECORD

    def test_of_many_at_once_is_one(self, service: Service):
        make_reader()
        post = make_post()
        for _ in range(5):
            make_comment(post, body="@reader_one, look")
        assert pushed() == 1
        assert "5 notifications" in opened(service.received()[0][2]).decode()

    @pytest.mark.parametrize(
        ("status", "left", "again"),
        [(201, 1, 0), (404, 0, 0), (410, 0, 0), (403, 1, 0), (307, 1, 0), (429, 1, 1), (500, 1, 1), (503, 1, 1)],
    )
    def test_forgets_a_device_that_is_gone_and_tries_again_what_was_not_taken(
        self, service: Service, queue, status, left, again
    ):
        make_reader()
        service.status = status
        make_comment(body="@reader_one, look")
        assert pushed() == 1 - again
        assert Device.objects.count() == left and len(service.called) == 1 and len(queue("push_again")) == again
        assert pushed() == 0 and len(service.called) == 1  # the letter itself is gone

    def test_that_was_not_taken_reaches_that_device_alone_and_once(
        self, service: Service, queue, monkeypatch, settings
    ):
        reader = make_reader()
        Device.add(reader, name="Another", **KEYS | {"endpoint": f"{ENDPOINT}2"})
        make_comment(make_post(title="Foam"), body="@reader_one, look")
        answers, asked_first = iter([201, 503]), list[str]()
        monkeypatch.setattr(fetching, "hand_over", lambda url, *rest: asked_first.append(url) or Receipt(next(answers)))
        assert pushed() == 1
        [job] = queue("push_again")
        assert "Foam" not in str(job)
        refused_at = Device.objects.get(pk=job["device_id"]).endpoint
        asked: list[str] = []
        monkeypatch.setattr(fetching, "hand_over", lambda url, *rest: asked.append(url) or Receipt(429))
        with pytest.raises(push.NotTaken) as refused:
            jobs.push_again(**job)
        waits = [jobs.PATIENCE_WITH_DEVICES.wait_after(refused.value, tries) for tries in (1, 2, 7, 8)]
        assert waits == [30, 60, 1920, None] and jobs.PATIENCE_WITH_DEVICES.wait_after(ValueError(), 1) is None
        monkeypatch.setattr(fetching, "hand_over", lambda url, *rest: asked.append(url) or Receipt(201))
        type(reader).objects.filter(pk=reader.pk).update(is_active=False)
        jobs.push_again(**job)  # to nobody while their account is closed
        type(reader).objects.filter(pk=reader.pk).update(is_active=True)
        key, settings.PUSH_KEY = settings.PUSH_KEY, ""
        jobs.push_again(**job)  # nor while the site has no key
        settings.PUSH_KEY = key
        jobs.push_again(**job)
        Notification.objects.of(reader).mark_read()
        jobs.push_again(**job)
        Device.objects.filter(pk=job["device_id"]).delete()
        jobs.push_again(**job)
        assert asked == [refused_at] * 2 and asked_first[1] == refused_at != asked_first[0]

    @pytest.mark.parametrize(
        ("status", "wants", "wait"),
        [
            (429, b"", 30), (503, b"", 30), (429, b"7", 30), (429, b"600", 600), (503, b"600", 600), (500, b"600", 600),
            (429, b"999999999", 3600), (503, b"Fri, 31 Dec 9999 23:59:59 GMT", 3600),
            (429, b"Thu, 01 Jan 1970 00:00:00 GMT", 30), (429, b"-5", 30), (429, b"soon", 30),
        ],
    )  # fmt: skip
    def test_is_tried_again_when_the_service_wants_it_but_within_the_hour(self, service: Service, status, wants, wait):
        reader = make_reader()
        service.status, service.wants = status, wants
        make_comment(body="@reader_one, look")
        pushed()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT scheduled_at - now() >= make_interval(secs => %s), args::text FROM procrastinate_jobs"
                " WHERE task_name = 'notices.push_again'",
                [wait],
            )
            [(is_late_enough, args)] = cursor.fetchall()
        assert is_late_enough
        job = json.loads(args)
        with pytest.raises(push.NotTaken) as refused:
            jobs.push_again(**job)
        waits = [jobs.PATIENCE_WITH_DEVICES.wait_after(refused.value, tries) for tries in (1, 7, 8)]
        assert waits == [wait, max(wait, 1920), None]
        assert Device.objects.filter(member=reader).exists()

    def test_reaches_each_member_on_their_own_device(self, service: Service):
        make_reader()
        make_reader("other_one", f"{ENDPOINT}2")
        make_comment(body="@reader_one and @other_one, look")
        assert pushed() == 2
        assert sorted(first.split()[1] for first, _, _ in service.received()) == [
            "/fcm/send/abc:def",
            "/fcm/send/abc:def2",
        ]

    def test_of_two_devices_only_the_one_that_is_gone_is_forgotten(self, service: Service):
        reader = make_reader()
        other = Device.add(reader, name="Another", **KEYS | {"endpoint": f"{ENDPOINT}2"})
        service.status = 410
        push.hand_over(Device.objects.get(endpoint=ENDPOINT), {"title": "Foam"})
        assert Device.objects.get() == other

    @pytest.mark.parametrize("now", [{"endpoint": "https://example.org/x"}, {"p256dh": "x"}], ids=str)
    def test_forgets_a_device_that_could_not_be_added_any_more(self, service: Service, now: dict[str, str]):
        make_reader()
        Device.objects.update(**now)
        make_comment(body="@reader_one, look")
        pushed()
        assert not Device.objects.exists() and not service.called

    def test_that_no_service_answered_is_tried_again(self, service: Service, queue, monkeypatch):
        make_reader()
        make_comment(body="@reader_one, look")

        def nobody(*sent) -> Receipt:
            raise fetching.Unreachable("The push service", "It could not be reached.")

        monkeypatch.setattr(fetching, "hand_over", nobody)
        assert pushed() == 0 and len(queue("push_again")) == 1

    @pytest.mark.parametrize(
        "address", [NOT_PUBLIC["loopback"], NOT_PUBLIC["link-local"], NOT_PUBLIC["NAT64"], "10.1.2.3"]
    )
    def test_never_goes_to_an_address_that_is_not_public(self, service: Service, address: str):
        make_reader()
        service.addresses = [PUBLIC, address]
        make_comment(body="@reader_one, look")
        pushed()
        assert service.called == [] and Device.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_letter_once(service: Service, monkeypatch):
    """The second comes while the first has taken the letter and has not ended its transaction."""
    make_reader()
    make_comment(body="@reader_one, look")
    Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    taken, ended, waited, real = threading.Event(), threading.Event(), list[bool](), push._messages

    def slowly(*arguments):
        if not taken.is_set():
            taken.set()
            waited.append(ended.wait(30))
        return real(*arguments)

    monkeypatch.setattr(push, "_messages", slowly)
    with ThreadPoolExecutor(1) as pool:

        def work() -> int:
            try:
                return push.send_due(jobs._later)
            finally:
                connection.close()

        first = pool.submit(work)
        assert taken.wait(60)
        assert push.send_due(jobs._later) == 0
        ended.set()
        assert first.result() == 1
    assert waited == [True]  # the second has not stood behind the first
    assert service.called == [PUBLIC] and not Letter.objects.exists()


BAD = [
    "http://fcm.googleapis.com/x", "https://example.org/x", "https://fcm.googleapis.com.example.org/x",
    "https://example.org/fcm.googleapis.com", "https://fcm.googleapis.com:8443/x", "https://fcm.googleapis.com@127.0.0.1/x",
    "https://u:p@fcm.googleapis.com/x", "https://evilfcm.googleapis.com.evil.example/", "https://xfcm.googleapis.com/x",
    "https://127.0.0.1/x", "https://[::1]/x", "https://fcm.googleapis.com\\@evil.example/", "ftp://fcm.googleapis.com/x", "x",
    "https://fcm.googleapis.com:99999/x", "https://fcm.googleapis.com /x", "https://fcm.googleapis.com/x\r\nHost: evil",
]  # fmt: skip


class TestDevices:
    @pytest.mark.parametrize("endpoint", BAD)
    def test_are_taken_only_from_known_push_services(self, client: Client, endpoint: str):
        client.force_login(make_member())
        assert client.post("/settings/devices/", KEYS | {"endpoint": endpoint}).status_code == 422
        assert not Device.objects.exists()
        with pytest.raises(fetching.NotAllowed):
            fetching.hand_over(endpoint, b"", {})

    @pytest.mark.parametrize(
        "name", ["updates.push.services.mozilla.com", "web.push.apple.com", "wns2-par02p.notify.windows.com"]
    )
    def test_of_every_browser_are_known(self, name: str):
        assert fetching.is_push_address(f"https://{name}/wpush/v2/x")

    @pytest.mark.parametrize(
        "broken",
        [{"p256dh": "x"}, {"auth": "x"}, {"auth": ""}, {"p256dh": "ü"}, {"auth": AUTH + AUTH}, {"auth": AUTH[:11]}],
    )
    def test_are_not_taken_with_broken_keys(self, client: Client, broken):
        client.force_login(make_member())
        assert client.post("/settings/devices/", KEYS | broken).status_code == 422

    def test_are_added_once_shown_removed_by_their_member_alone_and_gone_when_they_sign_out(self, client: Client):
        member = make_member()
        client.force_login(member)
        agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        for _ in range(2):
            assert client.post("/settings/devices/", KEYS, headers={"User-Agent": agent}).status_code == 200
        device = Device.objects.get()
        assert "Firefox on Linux" in client.get("/settings/notices/").content.decode()
        other = Client()
        other.force_login(make_member())
        assert other.post(f"/settings/devices/{device.pk}/remove/").status_code == 404
        other.post("/settings/devices/", KEYS)  # the same browser, another member
        assert Device.objects.get().member != member
        client.post("/settings/devices/", KEYS)
        client.post("/accounts/logout/")
        assert not Device.objects.exists()

    def test_are_so_many_and_no_more(self):
        make_reader("other_one", f"{ENDPOINT}-other")
        member = make_member()
        for number in range(12):
            Device.add(member, name="x", **KEYS | {"endpoint": f"{ENDPOINT}{number}"})
        assert member.devices.count() == 10 and not Device.objects.filter(endpoint=f"{ENDPOINT}0").exists()
        assert Device.objects.filter(endpoint=f"{ENDPOINT}-other").exists()

    def test_are_not_there_without_a_key(self, client: Client, settings):
        settings.PUSH_KEY = ""
        client.force_login(make_member())
        assert client.post("/settings/devices/", KEYS).status_code == 404
        page = client.get("/settings/notices/").content.decode()
        assert "My devices" not in page and "Also on my devices" not in page

    def test_have_their_kinds_chosen_on_the_settings_page(self, client: Client):
        member = make_member()
        client.force_login(member)
        form = client.get("/settings/notices/").context["form"]
        assert form.fields["on_devices"].initial[:2] == ["moderated", "reply"]
        choices = {kind.name: "site" for kind in all_kinds()} | {"on_devices": ["summary"]}
        assert client.post("/settings/notices/", choices).status_code == 302
        assert list(Preference.objects.filter(member=member, push=True).values_list("kind", flat=True)) == ["summary"]

    def test_run_a_worker_that_our_policy_lets_run(self, client: Client):
        answer = client.get("/push-worker.js")
        assert answer["Content-Type"] == "text/javascript" and b"showNotification" in answer.content
        assert "worker-src 'self'" in answer["Content-Security-Policy"]
