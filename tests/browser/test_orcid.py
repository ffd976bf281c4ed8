"""Signing in by ORCID in a browser, against an ORCID of our own that both the browser and the site really ask, over TLS."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import urllib3
from allauth.socialaccount.models import SocialAccount
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.conf import settings as site
from playwright.sync_api import Browser, expect

from accounts.models import Member
from accounts.orcid import HOSTS
from tests.browser.conftest import launched
from tests.browser.keys import Keys
from tests.browser.soundness import assert_sound
from tests.browser.visitor import PASSWORD, Visitor
from tests.builders import confirmed, make_member, make_post, numbers

pytestmark = pytest.mark.browser

ID = "0000-0002-1825-0097"
ASKS = """<!doctype html><title>ORCID</title><h1>Studyhall asks for your iD</h1>
<a href="{back}?code=once&amp;state={state}">Authorize</a> <a href="{back}?error=access_denied&amp;state={state}">Deny</a>"""


class Orcid(BaseHTTPRequestHandler):
    """Asks whoever comes, trades the code for a token to whoever knows the secret, and tells the record."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/oauth/authorize":
            asked = {name: each[0] for name, each in parse_qs(address.query).items()}
            assert asked["client_id"] == "APP-1" and asked["response_type"] == "code"
            page = ASKS.format(back=asked["redirect_uri"], state=asked["state"])
            self.answer("text/html", page)
        elif address.path == f"/v3.0/{ID}/record":
            name = {"family-name": {"value": "Carberry"}, "given-names": {"value": "Josiah"}}
            self.answer_json({"orcid-identifier": {"path": ID}, "person": {"name": name}})
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        knows = sent["client_id"] == ["APP-1"] and sent["client_secret"] == ["secret"]
        if self.path == "/oauth/token" and knows and sent["code"] == ["once"]:
            self.answer_json({"access_token": "t", "token_type": "bearer", "orcid": ID})
        else:
            self.send_error(400)

    def answer_json(self, data: dict) -> None:
        self.answer("application/json", json.dumps(data))

    def answer(self, kind: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *words: object) -> None:
        """Nothing: the tests' output is for tests."""


def a_certificate(folder: Path) -> Path:
    """For the hosts of ORCID, by nobody but ourselves: key and certificate in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])])
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "orcid.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_certificate(tmp_path_factory.mktemp("orcid"))


@pytest.fixture(scope="module")
def port(certificate: Path) -> Iterator[int]:
    """Where our ORCID listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Orcid)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(port: int) -> Iterator[Browser]:
    """A Chromium for which our ORCID is the one at orcid.org."""
    there = [f"--host-resolver-rules=MAP orcid.org 127.0.0.1:{port}", "--ignore-certificate-errors"]
    with launched(*there) as chromium:
        yield chromium


@pytest.fixture(autouse=True)
def orcid(settings, monkeypatch: pytest.MonkeyPatch, port: int, certificate: Path) -> None:
    """The site has keys, and finds our ORCID at the names of the real one; it trusts our certificate and no other."""
    settings.ORCID_CLIENT_ID, settings.ORCID_CLIENT_SECRET = "APP-1", "secret"
    settings.SOCIALACCOUNT_PROVIDERS = {"orcid": {"APPS": [{"client_id": "APP-1", "secret": "secret"}]}}
    policy = site.CONTENT_SECURITY_POLICY
    directives = policy["DIRECTIVES"] | {"form-action": ["'self'", "https://orcid.org"]}
    settings.CONTENT_SECURITY_POLICY = policy | {"DIRECTIVES": directives}

    def connect(address: tuple[str, int], *more: object, **options: object) -> socket.socket:
        assert address[0] in HOSTS and address[1] == 443
        return socket.create_connection(("127.0.0.1", port), 5)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(certificate))


def said_at_orcid(visitor: Visitor, word: str) -> None:
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Studyhall asks for your iD")
    assert visitor.page.url.startswith("https://orcid.org/oauth/authorize?")
    visitor.follow(word)
    # That one other site is meant to be asked.
    visitor.problems[:] = [each for each in visitor.problems if "asked: https://orcid.org/oauth/" not in each]


def test_an_id_is_refused_connected_shown_signed_in_by_and_disconnected(open_browser) -> None:
    """The evenings alternate: JavaScript, none. These are plain pages, and nothing of them may ask for it."""
    SocialAccount.objects.filter(uid=ID).delete()
    member = confirmed(make_member(f"reads_papers_{next(numbers)}", password=PASSWORD))
    post = make_post(author=member)
    visitor = open_browser()
    page = visitor.page
    visitor.visit("/accounts/login/")
    page.get_by_label("Name or e-mail").fill(member.username)
    page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in", page.locator("main"))

    # No, and then yes.
    visitor.visit("/settings/")
    visitor.follow("ORCID iD")
    visitor.press("Connect my ORCID iD")
    said_at_orcid(visitor, "Deny")
    visitor.sees("You went back")
    assert not SocialAccount.objects.filter(user=member).exists()
    visitor.visit("/accounts/3rdparty/")
    connect = page.get_by_role("button", name="Connect my ORCID iD")
    Keys(page).into("ORCID").to(connect).press("Enter")
    said_at_orcid(visitor, "Authorize")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")  # a second way in is being opened
    assert not SocialAccount.objects.filter(user=member).exists()
    page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Go on")
    visitor.is_at("/accounts/3rdparty/")
    expect(page.locator("main")).to_contain_text(ID)
    assert_sound(visitor)

    # Nobody sees it until it is shown; then it stands beside the name, and on the profile.
    guest = open_browser(javascript=False)
    guest.visit(post.get_absolute_url())
    expect(guest.page.locator(".post .flair")).to_have_count(0)
    visitor.visit("/settings/privacy/")
    visitor.press("Show my iD")
    expect(page.get_by_role("button", name="Hide my iD")).to_be_visible()
    guest.visit(post.get_absolute_url())
    expect(guest.page.locator(".post .flair")).to_have_text("ORCID, verified")
    guest.visit(member.get_absolute_url())
    expect(guest.page.get_by_role("link", name=ID)).to_have_attribute("href", f"https://orcid.org/{ID}")

    # Another evening: in by ORCID, and no password.
    visitor = open_browser(javascript=False)
    page = visitor.page
    visitor.visit("/accounts/login/?next=/saved/")
    page.locator("main").get_by_role("button", name="ORCID").click()
    said_at_orcid(visitor, "Authorize")
    visitor.is_at("/saved/")
    expect(page.locator(".site-account__name")).to_contain_text(member.username)
    visitor.visit("/accounts/3rdparty/")
    visitor.press("Disconnect")
    page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Go on")
    expect(page.get_by_role("button", name="Connect my ORCID iD")).to_be_visible()
    guest.visit(post.get_absolute_url())
    expect(guest.page.locator(".post .flair")).to_have_count(0)
    assert not Member.objects.get(pk=member.pk).flair
