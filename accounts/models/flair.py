"""Verified flair: what stands beside a name because it was proved."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import models, transaction

from accounts.models.member import Member


class Flair(models.Model):
    """A few words beside a member's name ("Dermatologist"), granted by a moderator who has seen a proof.

    What the proof was is for moderators only. The member may hide the words. ``Member.flair`` is what is shown, with a
    connected ORCID iD; ``tell`` keeps it true. Under a pseudonym nothing of it stands: such words have no author.
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
        tell(self.member_id)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> Any:
        member_id = self.member_id  # the key, which a deleted row has no more
        gone = super().delete(*args, **kwargs)
        tell(member_id)
        return gone


def orcid_of(member_id: int) -> str:
    """The ORCID iD that the member proved to be theirs by signing in there, or nothing."""
    connected = SocialAccount.objects.filter(user=member_id, provider="orcid")
    return connected.values_list("uid", flat=True).first() or ""


@transaction.atomic
def show_orcid(member_id: int, shown: bool) -> None:
    """Let "ORCID" stand beside the name, and the iD on the profile; only for who has connected one."""
    shown = shown and bool(orcid_of(member_id))
    Member.objects.filter(pk=member_id).update(shows_orcid=shown)
    tell(member_id)


def tell(member_id: int) -> None:
    """Make ``Member.flair`` what is proved and shown now."""
    words = list(Flair.objects.filter(member=member_id, is_shown=True).values_list("words", flat=True))
    if Member.objects.filter(pk=member_id, shows_orcid=True).exists():
        words.append("ORCID")
    Member.objects.filter(pk=member_id).update(flair=" · ".join(words))


def orcid_gone(sender: Any, instance: SocialAccount, **kwargs: Any) -> None:
    """An iD that is disconnected is shown no more, and neither is the next one until its member says so."""
    show_orcid(instance.user_id, bool(orcid_of(instance.user_id)) and instance.user.shows_orcid)
