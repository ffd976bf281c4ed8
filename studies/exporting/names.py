"""Names of authors taken apart, as citation formats want them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studies.models import Author

SUFFIX = re.compile(r"(?P<family>.+?),? +(?P<suffix>(?:Jr|Sr)\.?|II|III|IV|2nd|3rd|4th)", re.IGNORECASE)
# Small words before the family name proper: "van der Berg", "de la Cruz", "von". A name all in small letters has none.
PARTICLE = re.compile(r"(?P<particle>(?:[^\W\d_A-Z][\w'’.]*[ -]+)+)(?P<family>\S.*)")


@dataclass(frozen=True)
class Name:
    """A person's name in its parts, or the ``literal`` name of a group."""

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""

    @property
    def whole_family(self) -> str:
        return f"{self.particle} {self.family}".strip()


def name_of(author: Author) -> Name:
    """An author's name in parts. The library keeps particle, family name and suffix in one, as PubMed's readers see it.

    ``whole_family`` and ``suffix``, joined by a space, are the family name as it stands in the library.
    """
    if author.collective or not author.family:
        return Name(literal=author.name)
    family, suffix, particle = author.family, "", ""
    if not author.given:
        return Name(family=family)
    if found := SUFFIX.fullmatch(family):
        family, suffix = found["family"], found["suffix"]
    found = PARTICLE.fullmatch(family)
    if found and found["particle"].islower() and found["family"][0].isupper() and found["particle"].endswith(" "):
        particle, family = found["particle"].strip(), found["family"]
    return Name(family=family, given=author.given, particle=particle, suffix=suffix)
