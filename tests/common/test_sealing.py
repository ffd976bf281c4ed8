"""What is sealed tells nothing, is opened by this site's keys alone, and outlives a change of key."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings as site

from common import sealing

VALUE = {"besides": [12, 345], "name": "maren"}


def test_comes_back_as_it_was_and_tells_nothing() -> None:
    sealed = sealing.seal(VALUE)
    assert sealing.unseal(sealed) == VALUE
    assert b"maren" not in base64.urlsafe_b64decode(sealed) and sealing.seal(VALUE) != sealed


def test_is_opened_by_an_earlier_key_and_made_with_the_first(settings) -> None:
    old = sealing.seal(VALUE)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
    new = sealing.seal(VALUE)
    assert sealing.unseal(old) == sealing.unseal(new) == VALUE
    settings.SECRET_KEY_FALLBACKS = []
    assert sealing.unseal(new) == VALUE
    with pytest.raises(sealing.Broken):
        sealing.unseal(old)


@pytest.mark.parametrize("text", ["", "x", "gAAAAA" + "x" * 120])
def test_that_was_changed_or_is_none_is_broken(text: str) -> None:
    with pytest.raises(sealing.Broken):
        sealing.unseal(text)


def test_is_by_a_key_that_is_used_for_nothing_else() -> None:
    bare = Fernet(base64.urlsafe_b64encode(hashlib.sha256(site.SECRET_KEY.encode()).digest()))
    with pytest.raises(InvalidToken):
        bare.decrypt(sealing.seal(VALUE).encode())
