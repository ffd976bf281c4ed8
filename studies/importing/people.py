"""Authors known again: one key for one spelling of a name, whatever source it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from studies.importing.identity import folded
from studies.importing.record import Person
from studies.models import Author

KEY_LIMIT = 300  # characters: what the column holds


def author_key(person: Person) -> str:
    """The key of ``studies.models.Author``: ``orcid:…`` where the iD is known, else the folded name.

    Case, accents, punctuation and white space are folded, so that "O'Brien, María J." and "OBrien, Maria J" are one.
    Initials are not matched with full names: "M" may be Maria or Mark. A group's key begins with ``group:``.
    """
    if person.orcid:
        return f"orcid:{person.orcid}"
    if person.collective:
        return _fitted(f"group:{folded(person.collective)}")
    return _fitted(f"name:{folded(person.family)}|{folded(person.given)}")


def _fitted(key: str) -> str:
    if len(key) <= KEY_LIMIT:
        return key
    return f"{key[: KEY_LIMIT - 17]}~{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def known_authors(people: Iterable[Person]) -> dict[str, Author]:
    """The authors of these people by their key, made where they are missing. Safe when many do it at once."""
    wanted = {author_key(person): person for person in people}
    found = {author.key: author for author in Author.objects.filter(key__in=wanted)}
    missing = [
        Author(key=key, family=person.family, given=person.given, collective=person.collective, orcid=person.orcid)
        for key, person in sorted(wanted.items())
        if key not in found
    ]
    if missing:
        Author.objects.bulk_create(missing, ignore_conflicts=True)
        found |= {author.key: author for author in Author.objects.filter(key__in=[author.key for author in missing])}
    return found
