"""What hangs on a post, one row or a few to each: its words, its tags, where it was told of."""

from __future__ import annotations

from typing import Any

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models, transaction

from common import markdown
from common.tags import TaggedItem
from forum.signals import words_written


@pghistory.track(
    pghistory.UpdateEvent("edit", condition=pghistory.AnyChange("title", "body"), row=pghistory.Old),
    fields=["post", "title", "body", "edit_reason"],
    model_name="PostRevision",
)
class PostText(models.Model):
    """The words of a post: Markdown as written, HTML as rendered at save, and what search reads.

    Each edit keeps the text it replaced as a ``PostRevision``, by trigger. ``edit_reason`` is why the words became
    these; it goes with them into the revision. ``gists_before`` are the author's own gists, the
    oldest first, that were changed by edits which may still be taken for spam; empty where there are none.
    """

    post = models.OneToOneField("forum.Post", models.CASCADE, related_name="text", primary_key=True)
    title = models.CharField(max_length=settings.TITLE_LIMIT)
    body = models.TextField(max_length=settings.BODY_LIMIT)
    body_html = models.TextField(editable=False)
    renderer_version = models.PositiveSmallIntegerField(default=0, editable=False)
    tag_words = models.TextField(blank=True, default="", editable=False)
    edit_reason = models.CharField(
        max_length=settings.EDIT_REASON_LIMIT, blank=True, default="", db_default="", editable=False
    )
    gists_before: Any = models.JSONField(null=True, blank=True, editable=False)
    search_vector = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("tag_words", weight="B", config="english")
        + SearchVector("body", weight="D", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        indexes = (GinIndex(fields=["search_vector"], name="post_search"),)

    def __str__(self) -> str:
        return self.title

    def save(self, *args, **kwargs) -> None:
        is_new = self._state.adding
        self.body_html = markdown.render(
            self.body, doc_id=f"p{self.post_id}", works=True, members=True, tags=True, pictures_of=self.post.writer
        )
        self.renderer_version = markdown.RENDERER_VERSION
        with transaction.atomic():
            super().save(*args, **kwargs)
            words_written.send(
                type(self.post), post_id=self.post_id, comment_id=None, html=self.body_html, is_new=is_new
            )


class PostNews(models.Model):
    """Where a post was told of, as new under something followed: so it is untold there when it goes out of sight."""

    post = models.ForeignKey("forum.Post", models.CASCADE, related_name="news", db_index=False)
    place = models.CharField(max_length=80)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["post", "place"], name="post_told_once_at_a_place"),)

    def __str__(self) -> str:
        return f"{self.post_id} at {self.place}"


class PostTag(TaggedItem):
    content_object = models.ForeignKey("forum.Post", models.CASCADE, related_name="tag_items")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["content_object", "tag"], name="post_tagged_once"),)
        indexes = (models.Index(fields=["tag", "-content_object"], name="post_tag_newest"),)
