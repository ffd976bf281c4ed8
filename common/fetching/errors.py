"""Why there is no answer."""

from __future__ import annotations


class NotFetched(Exception):
    """No answer that can be used; the text is a sentence for whoever asked. ``host`` is the title of the host."""

    def __init__(self, host: str, sentence: str) -> None:
        super().__init__(sentence)
        self.host, self.sentence = host, sentence


class Unreachable(NotFetched):
    """The host could not be reached, or did not answer in time: another time it may."""


class NotAllowed(Exception):
    """An address that this door does not open to."""
