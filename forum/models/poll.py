"""Polls: a question with a few answers, attached to a post."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.post import Post


class Poll(models.Model):
    """What a post asks its readers. ``voter_count`` equals its ballots at any moment.

    It is over at ``closes_at``, by the clock and without a job, or since ``closed_at``, when somebody closed it.
    """

    class Results(models.TextChoices):
        ALWAYS = "always", _("to everyone, at any time")
        VOTED = "voted", _("to those who have voted, and to everyone at the end")
        CLOSED = "closed", _("to everyone, at the end")

    post = models.OneToOneField(Post, models.CASCADE, related_name="poll")
    question = models.CharField(max_length=200, blank=True, default="")
    is_multiple = models.BooleanField("several answers may be chosen", default=False)
    is_open = models.BooleanField("everyone can see who voted for what", default=False)
    results = models.CharField(max_length=10, choices=Results, default=Results.ALWAYS)
    closes_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    voter_count = models.PositiveIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return self.question or f"poll of {self.post_id}"

    @property
    def is_over(self) -> bool:
        return self.closed_at is not None or (self.closes_at is not None and self.closes_at <= timezone.now())


class PollOption(models.Model):
    """One answer that may be chosen. ``vote_count`` equals its choices at any moment."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="options", db_index=False)
    position = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=120)
    vote_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["poll", "position"], name="one_option_at_a_position"),)

    def __str__(self) -> str:
        return self.words


class Ballot(models.Model):
    """A member's vote in a poll: one, whatever number of options it chooses."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="ballots", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="ballots")
    voted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["poll", "member"], name="one_ballot_in_a_poll"),)

    def __str__(self) -> str:
        return f"ballot in {self.poll_id}"


class BallotChoice(models.Model):
    """An option that a ballot chooses."""

    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="choices", db_index=False)
    option = models.ForeignKey(PollOption, models.CASCADE, related_name="choices", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ballot", "option"], name="one_choice_of_an_option"),)
        indexes = (models.Index(fields=["option", "id"], name="choice_of_option"),)

    def __str__(self) -> str:
        return f"{self.option_id} by {self.ballot_id}"
