"""Values that a row must keep but may not tell: readable by this site alone, by a key that no table holds."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

SALT = "studyhall.sealed."


class Broken(ValueError):
    """What was sealed can't be read: it was changed, or the site has another key now."""


def seal(value: Any) -> str:
    """The value (of JSON's kinds) as text that tells nothing of it but about how long it is."""
    return _lock().encrypt(json.dumps(value).encode()).decode()


def unseal(text: str) -> Any:
    """The value again. Raises ``Broken``."""
    try:
        return json.loads(_lock().decrypt(text.encode()))
    except InvalidToken as error:
        raise Broken("It was sealed with another key.") from error


def _lock() -> MultiFernet:
    """The first key seals; the site's earlier ones still open."""
    keys: Sequence[str] = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256((SALT + key).encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
