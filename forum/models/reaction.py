"""Reactions: what members tell of what a post is about, in the words that its category offers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class ReactionKind(models.Model):
    """One thing that can be told ("Helped me"), in the categories that admins choose. ``position`` orders them.

    One that ``asks_for_comment`` is told with words, which become a comment in the thread.
    """

    name = models.CharField(max_length=30, unique=True)
    position = models.PositiveSmallIntegerField(default=100)
    asks_for_comment = models.BooleanField(default=False, help_text="whoever tells this writes a comment with it")
    categories = models.ManyToManyField("forum.Category", related_name="reaction_kinds", blank=True)

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class Reaction(models.Model):
    """One member telling one kind of thing on one post: once, by a constraint. Written by ``forum.reactions`` alone."""

    post = models.ForeignKey("forum.Post", models.CASCADE, related_name="reactions", db_index=False)
    kind = models.ForeignKey(ReactionKind, models.PROTECT, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reactions", db_index=False)
    comment = models.ForeignKey(
        "forum.Comment", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    told_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["post", "kind", "member"], name="one_reaction_of_a_kind"),)
        indexes = (
            models.Index(fields=["member", "id"], name="reaction_of_member"),
            models.Index(fields=["comment"], name="reaction_comment", condition=Q(comment__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.kind_id} on {self.post_id}"


class ReactionCount(models.Model):
    """How many members told this of a post."""

    post = models.ForeignKey("forum.Post", models.CASCADE, related_name="reaction_counts", db_index=False)
    kind = models.ForeignKey(ReactionKind, models.CASCADE, related_name="+", db_index=False)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["post", "kind"], name="one_count_of_a_reaction"),)

    def __str__(self) -> str:
        return f"{self.count} of {self.kind_id} on {self.post_id}"


class TagTeller(models.Model):
    """A member who told this of posts in sight that carry a tag, and of how many. Kind 0 is anything at all.

    These rows and the sums below are made of reactions alone, so they name tag and member by number only: a foreign
    key would let whoever tells wait for whoever changes the tag.
    """

    tag_id = models.BigIntegerField()
    kind_id = models.BigIntegerField()
    member_id = models.BigIntegerField()
    posts = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tag_id", "kind_id", "member_id"], name="one_teller_of_a_tag"),)

    def __str__(self) -> str:
        return f"{self.member_id} told {self.kind_id} under {self.tag_id}"


class TagSum(models.Model):
    """How many members told this of posts in sight that carry a tag: the number of rows of ``TagTeller``."""

    tag_id = models.BigIntegerField()
    kind_id = models.BigIntegerField()
    members = models.IntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tag_id", "kind_id"], name="one_sum_of_a_tag"),)

    def __str__(self) -> str:
        return f"{self.members} told {self.kind_id} under {self.tag_id}"
