"""Notices on members' devices by Web Push (RFC 8030): encrypted for the one browser, signed with the site's own key.

A letter is taken away before it is handed over, so it goes out once at most. What a push service does not take at that
moment (429, 5xx, no answer) is handed over again later, to that device alone and as far as there is still need of it:
a job of its own, which knows it by the numbers of the notifications. A subscription that the service knows no more is
forgotten.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import time
from collections.abc import Callable
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
from django.utils.translation import ngettext

from accounts.language import spoken_to
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

# A device's id, and the notifications of one message to it with the parts of each that it tells.
Pairs = list[tuple[int, list[int]]]


class NotTaken(Exception):
    """The push service did not take a message just now; it may another time, in ``wait`` seconds if it named them."""

    def __init__(self, sentence: str, wait: float | None = None) -> None:
        super().__init__(sentence)
        self.wait = wait


Later = Callable[[int, Pairs, NotTaken], None]


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
    """Give one message to a device's push service. Raises ``NotTaken`` where it is worth another try."""
    try:
        body = encrypt(json.dumps(message).encode(), device.p256dh, device.auth)
        headers = {
            "Authorization": authorization(device.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT),
            "Urgency": "normal",
        }
        receipt = fetching.hand_over(device.endpoint, body, headers)
    except (fetching.NotAllowed, ValueError):
        receipt = fetching.Receipt(410)  # it was looked at when it was added; what is none now is as good as gone
    except fetching.Unreachable as error:
        raise NotTaken("a push service did not answer") from error
    status = receipt.status
    if status in GONE:
        Device.objects.filter(pk=device.pk).delete()
    elif status == 429 or status >= 500:
        raise NotTaken(f"a push service answered {status}", receipt.wait)
    elif status >= 400:
        logger.warning("a push service answered %s", status)


# ── What is due ──────────────────────────────────────────────────────────────────────────────────


def send_due(later: Later, most: int = 5000) -> int:
    """Hand over the letters that are due, up to ``most`` members'; gives how many messages went out.

    ``later`` is given what was not taken and why, to see to it that ``send_again`` is called for it.
    """
    sent = 0
    for _ in range(most):
        found = _take()
        if found is None:
            break
        devices, messages = found
        for device in devices:
            for message, pairs in messages:
                try:
                    hand_over(device, message)
                    sent += 1
                except NotTaken as failure:
                    logger.info("%s; it is asked again", failure)
                    later(device.pk, pairs, failure)
    return sent


def send_again(device_id: int, pairs: Pairs) -> None:
    """Hand one message over once more, as far as it is still to be told there. Raises ``NotTaken``."""
    device = Device.objects.select_related("member").filter(pk=device_id).first()
    if device is not None and device.member.is_active and is_on():
        for message, _ in _messages(device.member, pairs):
            hand_over(device, message)


@transaction.atomic
def _take() -> tuple[list[Device], list[tuple[dict[str, Any], Pairs]]] | None:
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
    return list(Device.objects.filter(member=member)), _messages(
        member, [(letter.notification_id, letter.parts) for letter in taken]
    )


def _messages(member: Any, pairs: Pairs) -> list[tuple[dict[str, Any], Pairs]]:
    """What is still to be told of these notifications: a message for each, or one for many; with what it tells of."""
    told = Notification.objects.of(member).unread().in_bulk([pk for pk, _ in pairs])
    wanted = dict(Preference.objects.filter(member=member, push__isnull=False).values_list("kind", "push"))
    personal = {kind.name: kind.is_personal for kind in kinds.all_kinds()}
    due = [(told[pk], parts) for pk, parts in pairs if pk in told and (personal | wanted).get(told[pk].kind, False)]
    with spoken_to(member):
        contents = [(each, list(parts)) for each, parts, _ in letters.contents_of(member, due)]
        if len(contents) >= letters.TOGETHER:
            return [(_together(len(contents)), [(each.pk, parts) for each, parts in contents])]
        return [(_message(each), [(each.pk, parts)]) for each, parts in contents]


def _message(told: Notification) -> dict[str, Any]:
    words = shortened(told.said, WORDS)
    return {"title": settings.SITE_NAME, "body": words, "url": told.url, "tag": f"notification-{told.pk}"}


def _together(count: int) -> dict[str, Any]:
    return {
        "title": settings.SITE_NAME,
        "body": ngettext("%(count)s notification", "%(count)s notifications", count) % {"count": count},
        "url": "/notifications/",
        "tag": "notifications",
    }
