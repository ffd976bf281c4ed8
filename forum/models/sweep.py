"""Everything that one member wrote within some days, taken out of sight in one deed, and what exactly that was."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Sweep(models.Model):
    """One such deed. Worked on by ``forum.moderating.sweeping``, thing by thing; ``state`` says what is to be done.

    ``avatar`` is the name under which the picture beside their name is withheld (``accounts.avatars``), if one was.
    """

    class State(models.TextChoices):
        HIDING = "hiding", "Hiding"
        HIDDEN = "hidden", "Hidden"
        SHOWING = "showing", "Showing again"
        SHOWN = "shown", "Shown again"

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sweeps")
    since = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.HIDING)
    avatar = models.CharField(max_length=16, blank=True, default="", db_default="")
    begun_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"sweep {self.pk}"


class SweptThing(models.Model):
    """A post, a comment or a picture that was in sight until a sweep hid it."""

    sweep = models.ForeignKey(Sweep, models.CASCADE, related_name="things")
    post = models.ForeignKey("forum.Post", models.CASCADE, null=True, related_name="+")
    comment = models.ForeignKey("forum.Comment", models.CASCADE, null=True, related_name="+")
    picture = models.ForeignKey("forum.Picture", models.CASCADE, null=True, related_name="+")
    swept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(post__isnull=False, comment__isnull=True, picture__isnull=True)
                | Q(post__isnull=True, comment__isnull=False, picture__isnull=True)
                | Q(post__isnull=True, comment__isnull=True, picture__isnull=False),
                name="swept_is_one_thing",
            ),
        )

    def __str__(self) -> str:
        return f"swept {self.pk}"
