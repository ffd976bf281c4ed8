"""Demo accounts: known by their e-mail domain, which no mail can ever reach."""

from __future__ import annotations

from django.conf import settings

DEMO_DOMAIN = "demo.invalid"  # RFC 2606 keeps .invalid out of the domain name system


def may_sign_in(member) -> bool:
    """False for a demo account outside the demo: its password is public."""
    return settings.MODE in ("demo", "test") or not member.email.lower().endswith(f"@{DEMO_DOMAIN}")
