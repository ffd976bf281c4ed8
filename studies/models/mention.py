"""Where members mention works: the identifiers in posts and comments, and the studies they name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from common.counting import CappedCount
from studies import identifiers


def twins_of(work: str) -> str:
    """SQL that gives ``id`` and ``post_count`` of the wanted works that are the same as ``work``, named otherwise.

    They are the same where one reference of a study carries both identifiers. Of the references to a work 100 are read
    at most, and ten that carry several identifiers are enough.
    """
    named = " UNION ALL ".join(
        f"(SELECT * FROM (SELECT c.doi, c.pmid, c.pmcid FROM studies_citation c"  # noqa: S608 - words of ours
        f" WHERE {work}.kind = '{kind}' AND c.{kind} = {work}.value AND c.{kind} <> '' LIMIT 100) near"
        f" WHERE near.doi || near.pmid || near.pmcid <> near.{kind} LIMIT 10)"
        for kind in ("doi", "pmid", "pmcid")
    )
    return f"""
    SELECT twin.id, twin.post_count FROM (
        SELECT DISTINCT each.kind, each.value FROM ({named}) c
        CROSS JOIN LATERAL (VALUES ('doi', c.doi), ('pmid', c.pmid), ('pmcid', c.pmcid)) each (kind, value)
    ) named JOIN studies_mentionedwork twin USING (kind, value)
    WHERE twin.id <> {work}.id AND twin.study_id IS NULL AND twin.post_count > 0"""  # noqa: S608


# One row for a work: the identifier that most posts mention stands for the others.
STANDS_FOR_ALL = f"""
NOT EXISTS (
    SELECT FROM ({twins_of("studies_mentionedwork")}) other
    WHERE (other.post_count, other.id) > (studies_mentionedwork.post_count, studies_mentionedwork.id))"""


class MentionedWorkQuerySet(models.QuerySet):
    def wanted(self) -> MentionedWorkQuerySet:
        """What posts in sight mention and the library does not have: each work once, however it is named."""
        stands_for_all = RawSQL(STANDS_FOR_ALL, [], models.BooleanField())  # noqa: S611 - our own words
        return self.filter(stands_for_all, study__isnull=True, post_count__gt=0)


class MentionedWork(models.Model):
    """A work that posts or comments name by one identifier, in the library or not.

    ``study`` is the study that the identifier leads to, and empty while the library has none: such a work is wanted.
    ``post_count`` are the posts in sight that mention it, in their own words or in a comment; it stops at 1,001. A row
    lasts as long as anything mentions it. Written by ``studies.mentions``, and by nothing else.
    """

    kind = models.CharField(max_length=12)
    value = models.CharField(max_length=250)
    study = models.ForeignKey(
        "studies.Study", models.SET_NULL, null=True, blank=True, related_name="mentioned_works", db_index=False
    )
    post_count = models.PositiveIntegerField(default=0, editable=False)

    objects = MentionedWorkQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "value"], name="one_work_for_an_identifier"),)
        indexes = (
            models.Index(fields=["study"], name="mentioned_study", condition=Q(study__isnull=False)),
            models.Index(
                fields=["-post_count", "-id"],
                name="mentioned_wanted",
                condition=Q(study__isnull=True, post_count__gt=0),
            ),
        )

    def __str__(self) -> str:
        return identifiers.written(self.kind, self.value)

    @property
    def shown_count(self) -> CappedCount:
        return CappedCount.at_most(self.post_count)

    @property
    def address(self) -> str:
        """Where it can be read about while the library does not have it."""
        return identifiers.address_of(self.kind, self.value)


class Mention(models.Model):
    """A post (``comment`` is empty) or a comment that names a work; ``position`` is the place among those it names.

    ``in_sight`` while everybody may see its words: neither they nor the post are hidden or deleted.
    """

    post = models.ForeignKey("forum.Post", models.CASCADE, related_name="+", db_index=False)
    comment = models.ForeignKey("forum.Comment", models.CASCADE, null=True, blank=True, related_name="+")
    work = models.ForeignKey(MentionedWork, models.CASCADE, related_name="mentions", db_index=False)
    position = models.PositiveSmallIntegerField()
    in_sight = models.BooleanField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["post", "comment", "work"], name="a_work_is_mentioned_once", nulls_distinct=False
            ),
        )
        indexes = (
            models.Index(fields=["work", "-post"], name="mention_in_sight", condition=Q(in_sight=True)),
            models.Index(fields=["work"], name="mention_of_work"),
        )

    def __str__(self) -> str:
        return f"{self.work} in {f'comment {self.comment_id}' if self.comment_id else f'post {self.post_id}'}"
