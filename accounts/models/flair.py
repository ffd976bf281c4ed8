"""Verified flair: what stands beside a name because it was proved."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction

from accounts.models.member import Member


class Flair(models.Model):
    """A few words beside a member's name ("Dermatologist"), granted by a moderator who has seen a proof.

    What the proof was is for moderators only. The member may hide the words. ``Member.flair`` is what is shown;
    ``save`` and ``delete`` keep it true. Under a pseudonym nothing of it stands: such words have no author.
    """

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="verified")
    words = models.CharField(max_length=60, help_text="What everybody reads beside the name, as “Dermatologist”.")
    proof = models.CharField(
        max_length=200, help_text="What kind of proof you saw and how; never the document itself. Moderators only."
    )
    granted_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, editable=False, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)
    is_shown = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = "verified flair"
        verbose_name_plural = "verified flair"

    def __str__(self) -> str:
        return f"flair of member {self.member_id}"

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        Member.objects.filter(pk=self.member_id).update(flair=self.words if self.is_shown else "")

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> Any:
        Member.objects.filter(pk=self.member_id).update(flair="")
        return super().delete(*args, **kwargs)
