"""Pictures in posts and comments: whose they are, and where they are shown."""

from __future__ import annotations

import re

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from common.pictures import keeping
from forum.models.comment import Comment
from forum.models.post import Post
from moderation import log

SHELF = "pictures"


MASKED = Q(comment=None, post__mask__isnull=False) | Q(comment__mask__isnull=False)


def _shown_in(user) -> Q:
    """That a text which this visitor may read shows the picture."""
    uses = PictureUse.objects.filter(picture=OuterRef("pk"))
    posts = Post.objects.visible_to(user).filter(pk=OuterRef("post"))
    comments = Comment.objects.readable_by(user).filter(pk=OuterRef("comment"))
    return Q(Exists(uses.filter(Q(Exists(posts), comment=None) | Q(Exists(comments)))))


class PictureQuerySet(models.QuerySet):
    def visible_to(self, user) -> PictureQuerySet:
        """Those in a text that this visitor may read, and one's own. Moderators see all that are still there."""
        there = self.filter(removed_at__isnull=True)
        if user.is_authenticated and user.is_moderator:
            return there
        there = there.filter(taken_back_at__isnull=True)
        shown = Q(is_hidden=False) & _shown_in(user)
        return there.filter(shown | Q(owner=user)) if user.is_authenticated else there.filter(shown)


class Picture(models.Model):
    """A picture that a member put here. Only its owner's texts show it; ``uses`` are those that do.

    ``digest`` is of the file as it was sent: the same file of the same member is one picture. What a moderator removed
    leaves its row, without files, so that it does not come back. What its owner took back while a report about it waits
    stays for the moderators until that is decided. ``touched_at`` is when it last came into or out of use.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="pictures", db_index=False)
    name = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    alt = models.CharField("what it shows", max_length=settings.ALT_LIMIT, blank=True, default="")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    small_width = models.PositiveIntegerField(default=0, help_text="0 where it has one size")
    size = models.PositiveIntegerField(help_text="bytes on the disk")
    uploaded_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    is_hidden = models.BooleanField(default=False, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    taken_back_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=["owner", "digest"], name="one_picture_for_a_file"),)
        permissions = (("moderate_picture", "Can hide and remove pictures"),)
        indexes = (
            models.Index(fields=["owner", "-id"], name="picture_of_owner"),
            models.Index(fields=["touched_at"], name="picture_due", condition=Q(removed_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"picture {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("forum:picture", args=[self.name])

    @property
    def address(self) -> str:
        """Where its widest size is."""
        return f"/pictures/{self.name}.webp"

    @property
    def small_address(self) -> str:
        return f"/pictures/{self.name}-small.webp" if self.small_width else self.address

    @property
    def small_height(self) -> int:
        return max(1, round(self.height * (self.small_width or self.width) / self.width))

    def markdown(self, alt: str = "") -> str:
        """What puts it into a text."""
        words = re.sub(r"([\\\[\]`*_<>!&~@#])", r"\\\1", alt or self.alt)
        return f"![{words}]({self.address})"

    @property
    def is_shown(self) -> bool:
        """Neither hidden, nor removed, nor taken back."""
        return not (self.is_hidden or self.removed_at or self.taken_back_at)

    @property
    def is_masked(self) -> bool:
        """Whether it stands under a pseudonym, so that its owner must not be told."""
        return self.uses.filter(MASKED).exists()

    def can_be_deleted_by(self, user) -> bool:
        return user.is_authenticated and self.owner_id == user.pk and not self.taken_back_at and not self.removed_at

    @transaction.atomic
    def hide(self, moderator, reason: str, undoes=None):
        """Take it out of everyone's sight but its owner's and the moderators'; undone by ``unhide``."""
        return self._moderate("hide", moderator, reason, undoes, is_hidden=True)

    @transaction.atomic
    def unhide(self, moderator, reason: str, undoes=None):
        return self._moderate("unhide", moderator, reason, undoes, is_hidden=False)

    @transaction.atomic
    def remove(self, moderator, reason: str):
        """Take its files away for good; the row stays, so that the same file of the same member is not taken again."""
        removed = self._moderate("remove", moderator, reason, removed_at=timezone.now())
        transaction.on_commit(lambda: keeping.forget(SHELF, self.name))
        return removed

    def _moderate(self, action: str, moderator, reason: str, undoes=None, **change):
        """Gives the line of the log, None where it was so already."""
        if not self._change(**change):
            return None
        return log.record(moderator, action, self, reason, undoes=undoes)

    def _change(self, **change) -> bool:
        """Change whether it can be seen, and let the texts that show it follow; False if nothing changed.
        In a transaction."""
        from forum import pictures

        there = Picture.objects.filter(pk=self.pk, removed_at__isnull=True)
        if not there.exclude(**change).update(**change):
            return False
        self.refresh_from_db()
        pictures.render_again(self)
        return True

    @transaction.atomic
    def take_back(self) -> None:
        """Its owner wants it gone: from the texts that show it, from the disk and from here.

        While a report about it waits, only out of sight; ``forum.pictures.sweep`` does the rest.
        """
        from forum import pictures

        pictures.render_again(self)
        if pictures.awaits_decision(self):
            Picture.objects.filter(pk=self.pk).update(taken_back_at=timezone.now())
        else:
            self.erase()

    @transaction.atomic
    def erase(self) -> None:
        """Take away row and files."""
        name = self.name
        self.delete()
        transaction.on_commit(lambda: keeping.forget(SHELF, name))


class PictureUse(models.Model):
    """A text that shows a picture: a post's own words, or a comment's. Kept by ``forum.pictures.words_written``."""

    picture = models.ForeignKey(Picture, models.CASCADE, related_name="uses", db_index=False)
    post = models.ForeignKey(Post, models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["picture", "post", "comment"], nulls_distinct=False, name="picture_used_once_in_a_text"
            ),
        )

    def __str__(self) -> str:
        return f"{self.picture_id} in {self.post_id}"
