"""What the Markdown renderer asks about identifiers (``common.naming``), answered by ``studies.identifiers``."""

from __future__ import annotations

from common.naming import Named
from studies import identifiers


class StudyNames:
    """Keys are the kind and the value of an identifier: "doi:10.1000/1", "registration:NCT01234567"."""

    def in_text(self, text: str) -> list[Named]:
        return [
            Named(each.start, each.end, key_of(each.kind, each.value), identifiers.address_of(each.kind, each.value))
            for each in identifiers.find(text)
        ]

    def at_address(self, address: str) -> str:
        named = identifiers.named_by(address)
        return key_of(*named) if named else ""


def key_of(kind: str, value: str) -> str:
    return f"{kind}:{value}"


def parts(key: str) -> tuple[str, str]:
    """Kind and value of a key."""
    kind, _, value = key.partition(":")
    return kind, value
