"""Categories: the one shelf a post stands on."""

from __future__ import annotations

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse


class Category(models.Model):
    """A shelf of the community. ``position`` orders them in menus."""

    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=100)
    allows_pseudonyms = models.BooleanField(
        "posts without a name", default=False, db_default=False, help_text="members may post here under a pseudonym"
    )
    takes_answers = models.BooleanField(
        "answers", default=True, db_default=True, help_text="a comment may be marked as the answer to a post here"
    )

    class Meta:
        verbose_name_plural = "categories"
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("forum:category", args=[self.slug])


class CategoryModerator(models.Model):
    """A member who moderates one category, and only there. ``Member.moderates_categories`` follows these rows."""

    category = models.ForeignKey(Category, models.CASCADE, related_name="moderators")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="moderated_categories")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["member", "category"], name="moderates_a_category_once"),)

    def __str__(self) -> str:
        return f"{self.member} in {self.category}"

    def save(self, *args, **kwargs) -> None:
        with transaction.atomic():
            super().save(*args, **kwargs)
            self._note_on_member()

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            gone = super().delete(*args, **kwargs)
            self._note_on_member()
        return gone

    def _note_on_member(self) -> None:
        member = type(self.member)
        some = CategoryModerator.objects.filter(member=self.member_id).exists()
        member._default_manager.filter(pk=self.member_id).update(moderates_categories=some)
