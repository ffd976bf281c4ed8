"""A passkey: added, and used to sign in, in a real browser with a virtual key."""

from __future__ import annotations

import pytest

from tests.browser.visitor import PASSWORD
from tests.builders import make_member

pytestmark = pytest.mark.browser


def test_signs_in_without_a_password(open_browser) -> None:
    member = make_member("keyholder", password=PASSWORD)
    member.emailaddress_set.create(email=member.email, verified=True, primary=True)
    visitor = open_browser()
    devtools = visitor.context.new_cdp_session(visitor.page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**key, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    visitor.visit("/accounts/login/")
    visitor.page.get_by_label("Name or e-mail").fill("keyholder")
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in", visitor.page.locator("main"))
    visitor.visit("/accounts/2fa/webauthn/add/")
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.locator("main form button[type=submit]").click()
    visitor.page.get_by_label("Passwordless").check()
    visitor.press("Add it")
    visitor.sees("recovery codes")
    visitor.is_signed_out()
    visitor.visit("/accounts/login/?next=/settings/")
    visitor.press("Use a passkey", visitor.page.locator("main"))
    visitor.is_at("/settings/")
    visitor.sees("keyholder")
