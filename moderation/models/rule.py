"""What admins say about words before anybody sees them, and what came of it; and what the house finds worth a look."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Rule(models.Model):
    """One rule about words: what it looks for (``looks_for``, ``pattern``), where, of whom, and what then happens."""

    class Looks(models.TextChoices):
        WORDS = "words", "Words or phrases, one a line"
        REGEX = "regex", "A regular expression"
        DOMAINS = "domains", "Links to these sites and all below them, one a line"
        LANGUAGES = "languages", "Another language than these, one a line (en, de, fr, es, it, pt, nl)"
        LINKS = "links", "More links to other sites than this number"

    class Then(models.TextChoices):
        HOLD = "hold", "It waits for a moderator"
        REFUSE = "refuse", "It is not taken"
        FLAG = "flag", "It stands, and is flagged at the desk"

    name = models.CharField(max_length=60, unique=True)
    is_on = models.BooleanField("on", default=False)
    looks_for = models.CharField(max_length=10, choices=Looks)
    pattern = models.TextField(max_length=8000)
    then = models.CharField(max_length=10, choices=Then, default=Then.HOLD)
    sentence = models.CharField(
        max_length=300, blank=True, default="",
        help_text="What the author reads where it is not taken.",
    )  # fmt: skip
    shelves = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        verbose_name="categories",
        help_text="None chosen: everywhere.",
    )  # fmt: skip
    below_level = models.PositiveSmallIntegerField(
        "for members below trust level", default=5, help_text="5: for everybody but those who serve here."
    )
    trouble = models.CharField(max_length=300, blank=True, default="", editable=False)

    class Meta:
        ordering = ("name",)
        constraints = (models.CheckConstraint(condition=Q(below_level__lte=5), name="rule_below_five"),)

    def __str__(self) -> str:
        return self.name


class RuleFiring(models.Model):
    """One time that a rule fired: on what, and what came of it. Holds no words; what was refused points at nothing."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="firings")
    then = models.CharField(max_length=10, choices=Rule.Then)
    kind = models.CharField(max_length=20)
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", null=True, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    thing = GenericForeignKey("content_type", "object_id")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    fired_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=["rule", "-id"], name="firing_rule"),)

    def __str__(self) -> str:
        return f"{self.rule_id} on {self.kind} {self.object_id or ''}"


class Flag(models.Model):
    """Something worth a moderator's look, found by a rule or at night. It punishes nobody; dismissed, it stays so.

    ``other`` is what it is like, or who the other one is; ``evidence`` names nobody and holds no words of members.
    """

    class Kind(models.TextChoices):
        RULE = "rule", "A rule"
        COPY = "copy", "The same words elsewhere"
        NEAR = "near", "Nearly the same words elsewhere"
        RING = "ring", "Votes for each other"

    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=120, help_text="by which the same finding is known again")
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.BigIntegerField()
    thing = GenericForeignKey("content_type", "object_id")
    other_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", null=True, blank=True)
    other_id = models.BigIntegerField(null=True, blank=True)
    other = GenericForeignKey("other_type", "other_id")
    evidence = models.CharField(max_length=500)
    concern = models.FloatField(default=0)
    made_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("-concern", "-pk")
        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="one_flag_for_a_finding"),)
        permissions = (("dismiss_flag", "Can dismiss flags"),)
        indexes = (models.Index(fields=["-concern", "-id"], condition=Q(dismissed_at__isnull=True), name="flag_queue"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.key}"
