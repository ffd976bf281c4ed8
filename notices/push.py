"""Notices on members' devices by Web Push (RFC 8030): encrypted for the one browser, signed with the site's own key.

A letter goes out once at most: it is taken away before it is handed over, and what a push service does not take is not
tried again, for the site tells the same. A subscription that the service knows no more is forgotten.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import time
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction

from common import fetching
from common.text import shortened
from notices import kinds, letters
from notices.models import Device, Letter, Notification, Preference

logger = logging.getLogger(__name__)

CURVE = ec.SECP256R1()
RECORD = 4096  # bytes of the one record that a message is
KEPT = 24 * 3600  # seconds that the push service keeps a message for a device that is away
SIGNED = 12 * 3600  # seconds for which our signature holds (24 hours at most, RFC 8292)
WORDS = 300  # characters
GONE = (404, 410)


def is_on() -> bool:
    return bool(settings.PUSH_KEY)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding. Raises ``ValueError``."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def private_key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(settings.PUSH_KEY), "big"), CURVE)


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half of a key as browsers take it: 65 bytes, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def public_key() -> str:
    return encoded(point(private_key()))


# ── One message ──────────────────────────────────────────────────────────────────────────────────


def encrypt(
    plain: bytes, p256dh: str, auth: str, *, key: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """``plain`` so that only the browser with these keys can read it (RFC 8291, in the coding of RFC 8188).

    A new ``key`` and ``salt`` are drawn for each message. Raises ``ValueError`` where the browser's keys are none.
    """
    theirs, secret = decoded(p256dh), decoded(auth)
    key, salt = key or ec.generate_private_key(CURVE), salt or os.urandom(16)
    ours = point(key)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
    material = _derived(shared, secret, b"WebPush: info\0" + theirs + ours, 32)
    content_key = _derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(content_key).encrypt(nonce, plain + b"\x02", None)  # 2: the last record
    return salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours + sealed


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)


def authorization(endpoint: str) -> str:
    """Who sends, signed for this push service alone (VAPID, RFC 8292)."""
    key, parts = private_key(), urlsplit(endpoint)
    contact = f"mailto:{settings.CONTACT_EMAIL}" if settings.CONTACT_EMAIL else settings.SITE_URL
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + SIGNED, "sub": contact}
    signed = ".".join(encoded(json.dumps(each).encode()) for each in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={encoded(point(key))}"


def hand_over(device: Device, message: dict[str, Any]) -> None:
    """Give one message to a device's push service; whatever comes of it, nothing is raised."""
    try:
        body = encrypt(json.dumps(message).encode(), device.p256dh, device.auth)
        headers = {
            "Authorization": authorization(device.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT),
            "Urgency": "normal",
        }
        status = fetching.hand_over(device.endpoint, body, headers)
    except (fetching.NotAllowed, ValueError):
        status = 410  # it was looked at when it was added; what is none now is as good as gone
    except fetching.Unreachable:
        logger.info("a push service did not answer")
        return
    if status in GONE:
        Device.objects.filter(pk=device.pk).delete()
    elif status >= 400:
        logger.warning("a push service answered %s", status)


# ── What is due ──────────────────────────────────────────────────────────────────────────────────


def send_due(most: int = 5000) -> int:
    """Hand over the letters that are due, up to ``most`` members'; gives how many messages went out."""
    sent = 0
    for _ in range(most):
        found = _take()
        if found is None:
            break
        devices, messages = found
        for device in devices:
            for message in messages:
                hand_over(device, message)
                sent += 1
    return sent


@transaction.atomic
def _take() -> tuple[list[Device], list[dict[str, Any]]] | None:
    """Take one member's letters away; gives their devices and what is to be told there, none where nobody's are due."""
    due = letters.due_by(Letter.Way.PUSH).select_for_update(skip_locked=True, of=("self",))
    first = due.select_related("member").order_by("due_at", "pk").first()
    if first is None:
        return None
    member: Any = first.member
    taken = list(due.filter(member=member.pk).order_by("pk")[: letters.MOST])
    Letter.objects.filter(pk__in=[letter.pk for letter in taken]).delete()
    if not member.is_active or not is_on():
        return [], []
    told = Notification.objects.of(member).unread().in_bulk([letter.notification_id for letter in taken])
    wanted = dict(Preference.objects.filter(member=member, push__isnull=False).values_list("kind", "push"))
    personal = {kind.name: kind.is_personal for kind in kinds.all_kinds()}
    pairs = [
        (told[letter.notification_id], letter.parts)
        for letter in taken
        if letter.notification_id in told and (personal | wanted).get(told[letter.notification_id].kind, False)
    ]
    messages = [_message(notification) for notification, _, _ in letters.contents_of(member, pairs)]
    if len(messages) >= letters.TOGETHER:
        messages = [_together(len(messages))]
    return list(Device.objects.filter(member=member)), messages


def _message(told: Notification) -> dict[str, Any]:
    words = shortened(told.words, WORDS)
    return {"title": settings.SITE_NAME, "body": words, "url": told.url, "tag": f"notification-{told.pk}"}


def _together(count: int) -> dict[str, Any]:
    return {
        "title": settings.SITE_NAME,
        "body": f"{count} notifications",
        "url": "/notifications/",
        "tag": "notifications",
    }
