"""Visits: how far a member has read each thread."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Visit(models.Model):
    """A member has opened a post. Written by ``forum.visits``.

    ``last_id`` is the newest comment there was when they looked last, ``since_id`` the newest when the visit before
    ended: what came after is new to them, until they come again another time. These are ids and no keys: a comment that
    goes takes nothing away here.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="visits", db_index=False)
    post = models.ForeignKey("forum.Post", models.CASCADE, related_name="visits")
    since_id = models.BigIntegerField(default=0)
    last_id = models.BigIntegerField(default=0)
    visited_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "post"], name="one_visit_of_a_post"),)

    def __str__(self) -> str:
        return f"member {self.member_id} at post {self.post_id}"


class ReadMark(models.Model):
    """A member has marked a whole list as read: every post of it up to ``post_id``, every comment up to ``comment_id``,
    by their ids, or by their ``arrival`` where they have one.

    ``kind`` is "all", "category" or "tag", ``object_id`` the category's or the tag's id, else 0.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="read_marks", db_index=False)
    kind = models.CharField(max_length=10)
    object_id = models.BigIntegerField(default=0)
    post_id = models.BigIntegerField()
    comment_id = models.BigIntegerField()
    marked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "kind", "object_id"], name="one_mark_of_a_list"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} read by member {self.member_id}"
