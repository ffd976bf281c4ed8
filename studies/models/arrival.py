"""Arrivals: new studies on their way to those who follow what they are about."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone


class NewStudy(models.Model):
    """A study that nobody has been told of yet. A trigger of the study's table writes it, whoever adds the study.

    ``studies.arrivals`` takes the rows out in the transaction that tells of them, so each study is told of once.
    """

    study = models.OneToOneField("studies.Study", models.CASCADE, primary_key=True, related_name="+")

    class Meta:
        verbose_name_plural = "new studies"

    def __str__(self) -> str:
        return f"study {self.study_id}"


class Arrival(models.Model):
    """A study that came under something followed: a tag, a journal, an author, a saved search.

    One row for the thing, however many follow it; kept for ``studies.arrivals.KEPT`` for feeds and digests.
    """

    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+", db_index=False)
    object_id = models.BigIntegerField()
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="arrivals")
    arrived_at = models.DateTimeField(default=timezone.now)

    thing = GenericForeignKey()

    class Meta:
        constraints = (
            # Read backwards, it is also the index by which a thing's newest are found.
            models.UniqueConstraint(fields=["content_type", "object_id", "study"], name="arrived_once"),
        )
        indexes = (models.Index(fields=["arrived_at"], name="arrival_age"),)

    def __str__(self) -> str:
        return f"study {self.study_id} under {self.content_type} {self.object_id}"
