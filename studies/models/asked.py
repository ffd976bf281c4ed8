"""What members ask of the librarians: what all such rows share."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from studies.errors import TooManyOpen


class Answered(models.Model):
    """A row that waits for a librarian and is answered once, with words that its member is told."""

    member: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="%(class)ss"
    )
    answer = models.CharField(max_length=500, blank=True, default="")
    answered_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    @classmethod
    def refuse_flood(cls, member, most: int) -> None:
        """Raise ``TooManyOpen`` where ``most`` rows of this member wait already."""
        rows: Any = cls._default_manager
        waiting = rows.filter(member=member, status="waiting")[:most].count()
        if waiting >= most:
            raise TooManyOpen(
                gettext(
                    "%(most)s of yours wait for the librarians already. Please let "
                    "them answer some before you send more."
                )
                % {"most": most}
            )

    def _answer(self, status: str, librarian, words: str) -> bool:
        """Answer the row if it still waits; gives whether it did."""
        fields = {"status": status, "answer": words, "answered_by": librarian, "answered_at": timezone.now()}
        rows: Any = type(self)._default_manager
        done = rows.filter(pk=self.pk, status="waiting").update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)
        return bool(done)
