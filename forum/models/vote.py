"""Votes: one member's upvote on one thing, promised by a unique constraint."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from forum import awards, earning, told
from moderation import reputation


class Vote(models.Model):
    """What votes on posts and on comments share. Subclasses add ``thing``."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="%(class)ss")
    voted_at = models.DateTimeField(default=timezone.now)
    thing: models.ForeignKey

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.member} for {self.thing}"

    @classmethod
    def cast(cls, thing_id: int, member_id: int) -> datetime | None:
        """Store the vote unless it is there; its moment if this call stored it, whoever else presses at once."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {cls._meta.db_table} (thing_id, member_id, voted_at) "  # noqa: S608 - our own table name
                "VALUES (%s, %s, now()) ON CONFLICT (thing_id, member_id) DO NOTHING RETURNING voted_at",
                [thing_id, member_id],
            )
            return next((moment for (moment,) in cursor.fetchall()), None)

    @classmethod
    def take_back(cls, thing_id: int, member_id: int) -> datetime | None:
        """Remove the vote; the moment it was cast if this call removed it."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {cls._meta.db_table} WHERE thing_id = %s AND member_id = %s RETURNING voted_at",  # noqa: S608 - our own table name
                [thing_id, member_id],
            )
            return next((moment for (moment,) in cursor.fetchall()), None)

    @classmethod
    def of(cls, member: Any, things: Any) -> set[int]:
        """The ids among ``things`` that the member has upvoted; empty for a guest, without asking."""
        if not member.is_authenticated or not things:
            return set()
        votes: Any = cls._default_manager
        return set(votes.filter(member=member, thing__in=things).values_list("thing_id", flat=True))


class PostVote(Vote):
    """A member's upvote on a post."""

    thing = models.ForeignKey("forum.Post", models.CASCADE, related_name="votes")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["thing", "member"], name="one_vote_on_a_post"),)


class CommentVote(Vote):
    """A member's upvote on a comment."""

    thing = models.ForeignKey("forum.Comment", models.CASCADE, related_name="votes")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["thing", "member"], name="one_vote_on_a_comment"),)


class Upvotable(models.Model):
    """A thing that members upvote: ``score`` equals its votes at any moment."""

    score = models.IntegerField(default=0, editable=False)
    vote_model: type[Vote]
    author_id: Any
    is_by: Any
    is_shown: Any

    class Meta:
        abstract = True

    def can_be_upvoted_by(self, member) -> bool:
        """Anyone signed in but its author, while it can be seen."""
        return member.is_authenticated and self.is_shown and not self.is_by(member)

    def upvote(self, member) -> None:
        """Count the member's vote; pressing again does no more."""
        with transaction.atomic():
            reputation.hold(self.author_id)
            if moment := self.vote_model.cast(self.pk, member.pk):
                self._move_score(+1)
                earning.of_upvote(self, moment)
                awards.of_upvotes(self)
                told.of_upvotes(self)

    def withdraw(self, member) -> None:
        """Take the member's vote back; without one it does nothing."""
        with transaction.atomic():
            reputation.hold(self.author_id)
            if moment := self.vote_model.take_back(self.pk, member.pk):
                self._move_score(-1)
                earning.of_withdrawal(self, moment)

    def _move_score(self, step: int) -> None:
        type(self)._default_manager.filter(pk=self.pk).update(score=models.F("score") + step)
        self.refresh_from_db(fields=["score", "is_hidden", "deleted_at"])
