"""What moderators have set for a thread, apart from the posts so that those stay thin: most threads have no row."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from forum.models.comment import Comment
from forum.models.post import Post


class ThreadTerms(models.Model):
    """The terms of one thread. Set by the verbs of ``forum.moderating``.

    ``slow_minutes`` is how long a member waits between two comments, 0 for not at all; from ``closes_at`` on nobody
    answers; ``pinned_everywhere`` is a pin above all lists and not only the category's, ``pinned_until`` its end.
    ``duplicate_of`` is the post that asked the same before; ``merged_into`` the comment that this post has become,
    ``merged_thread`` the thread it was merged into, wherever that comment is by now. ``note`` is what moderators say
    above the post.
    """

    post = models.OneToOneField(Post, models.CASCADE, related_name="terms", primary_key=True)
    slow_minutes = models.PositiveSmallIntegerField(default=0)
    closes_at = models.DateTimeField(null=True, blank=True)
    pinned_everywhere = models.BooleanField(default=False)
    pinned_until = models.DateTimeField(null=True, blank=True)
    duplicate_of = models.ForeignKey(Post, models.SET_NULL, null=True, blank=True, related_name="duplicates")
    merged_into = models.ForeignKey(Comment, models.SET_NULL, null=True, blank=True, related_name="merged_posts")
    merged_thread = models.ForeignKey(Post, models.SET_NULL, null=True, blank=True, related_name="merged_here")
    note = models.CharField(max_length=settings.NOTE_LIMIT, blank=True, default="")

    class Meta:
        indexes = (models.Index(fields=["post"], name="pinned_everywhere", condition=models.Q(pinned_everywhere=True)),)

    def __str__(self) -> str:
        return f"terms of {self.post_id}"


class CommentTerms(models.Model):
    """What moderators have set for one comment: their note above it, and the post it was made into.

    ``poll_of`` is the post that became this comment and has a poll, on a page of its own since.
    """

    comment = models.OneToOneField(Comment, models.CASCADE, related_name="terms", primary_key=True)
    note = models.CharField(max_length=settings.NOTE_LIMIT, blank=True, default="")
    became = models.OneToOneField(Post, models.SET_NULL, null=True, blank=True, related_name="was_comment")
    poll_of = models.ForeignKey(Post, models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"terms of comment {self.comment_id}"
