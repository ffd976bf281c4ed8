"""Who stands behind a pseudonym. Read by ``forum.masks`` alone."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Mask(models.Model):
    """The member behind the pseudonym of one post.

    A post under a pseudonym, and what its author writes in its thread, have no ``author`` but this ``mask``; ``name``
    is the pseudonym, which stands on each of them. ``token`` is the form that was sent: once for a member, as with
    posts that have an author. A member who leaves takes these rows along: then nobody stands behind the name.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=40)
    token = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "token"], name="one_mask_for_a_form"),)
        permissions = (("unmask", "Can see who stands behind a pseudonym, with a reason"),)

    def __str__(self) -> str:
        return self.name
