"""What posts and comments share: whose words they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from common import picturing
from forum import masks


@dataclass(frozen=True)
class Byline:
    """Who wrote a thing, as everybody may read it: ``name``, and ``url`` where it leads somewhere.

    ``member`` is there only where the words stand under that member's own name. False where there is nothing to say.
    """

    name: str
    url: str = ""
    member: Any = None
    is_masked: bool = False

    def __str__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        return bool(self.name)


class Signed(models.Model):
    """Words of a member under their name (``author``), or under a ``pseudonym`` behind which ``mask`` keeps the member.

    What shows who wrote asks ``byline``; what permits asks ``is_by``; what tells or counts for the writer asks
    ``forum.masks.owner_of``. ``author`` is empty under a pseudonym, by a constraint.
    """

    FORMER = "a former member"

    pseudonym = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    mask = models.ForeignKey(
        "forum.Mask", models.SET_NULL, null=True, blank=True, editable=False, related_name="+", db_index=False
    )
    author: Any
    author_id: Any

    class Meta:
        abstract = True

    @property
    def byline(self) -> Byline:
        if self.pseudonym:
            return Byline(self.pseudonym, is_masked=True)
        member = self.author
        if member is None:
            return Byline(self.FORMER)
        return Byline(member.username, member.get_absolute_url() if member.is_active else "", member)

    @property
    def writer(self) -> picturing.Writer | None:
        """Whose pictures its text may show. For the renderer alone."""
        owner = masks.owner_of(self)
        return picturing.Writer(owner, self.mask_id) if owner is not None else None

    def is_by(self, user: Any) -> bool:
        """Whether this visitor wrote it, under whatever name."""
        return masks.is_by(self, user)


def names_nobody() -> Q:
    """Under a pseudonym no author may stand; with an author no pseudonym and no mask."""
    return Q(author__isnull=True) | Q(pseudonym="", mask__isnull=True)
