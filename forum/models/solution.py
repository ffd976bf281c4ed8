"""Which comment answered a post."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from forum.models.comment import Comment
from forum.models.post import Post


class Solution(models.Model):
    """The comment that its post's author, or a moderator, marked as the answer: one for a post.

    The mark stays while the comment is out of sight; ``Post.is_answered`` says whether it can be seen.
    """

    post = models.OneToOneField(Post, models.CASCADE, related_name="solution")
    comment = models.OneToOneField(Comment, models.CASCADE, related_name="solution")
    marked_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"comment {self.comment_id} answers {self.post_id}"
