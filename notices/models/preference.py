"""Where a member wants to be told of each kind of thing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Preference(models.Model):
    """A member's choice for one kind of notification; without a row it is ``DEFAULT``."""

    class Place(models.TextChoices):
        DIGEST = "digest", _("On the site, and in my digest")
        MAIL = "mail", _("On the site, and by mail at once")
        SITE = "site", _("On the site only")
        NOWHERE = "nowhere", _("Nowhere")

    DEFAULT = Place.DIGEST

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preferences")
    kind = models.CharField(max_length=30)
    place = models.CharField(max_length=10, choices=Place, default=Place.DIGEST)

    push = models.BooleanField(null=True, help_text="also on the member's devices; empty: as the kind has it")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "kind"], name="one_preference_for_a_kind"),)

    def __str__(self) -> str:
        return f"{self.kind}: {self.place}"
