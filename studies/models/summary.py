"""Our plain-language text about a study, and who stands behind it."""

from __future__ import annotations

from django.db import models

from common import markdown


class Summary(models.Model):
    """TL;DR and summary of one study, with their provenance.

    ``body`` is Markdown; ``body_html`` is rendered at save.
    """

    class Writer(models.TextChoices):
        MEMBER = "member", "a member"
        LIBRARIAN = "librarian", "the librarians"
        MODEL = "model", "a language model"

    study = models.OneToOneField("studies.Study", models.CASCADE, related_name="summary", primary_key=True)
    tldr = models.TextField("TL;DR", max_length=600)
    body = models.TextField("summary", max_length=10_000, blank=True, default="")
    body_html = models.TextField(editable=False, default="")
    writer_kind = models.CharField(max_length=10, choices=Writer, default=Writer.LIBRARIAN)
    writer_name = models.CharField(max_length=100, blank=True, default="", help_text="a member's name, or the model's")
    written_on = models.DateField()
    reviewer_name = models.CharField(max_length=100, blank=True, default="")
    reviewed_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "summaries"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(reviewed_on__isnull=True) | ~models.Q(reviewer_name=""),
                name="a_review_has_a_reviewer",
            ),
        )

    def __str__(self) -> str:
        return self.tldr[:80]

    def save(self, *args, **kwargs) -> None:
        """Save with the Markdown rendered, and let search see the new words."""
        from studies.searching import refresh_text  # it reads this model, among others

        self.body_html = markdown.render(self.body)
        super().save(*args, **kwargs)
        refresh_text(self.study)

    @property
    def is_unreviewed_machine_text(self) -> bool:
        return self.writer_kind == self.Writer.MODEL and self.reviewed_on is None

    @property
    def written_by(self) -> str:
        """Who wrote it, in words: a name where there is one, else the kind of writer."""
        return self.writer_name or self.get_writer_kind_display()
