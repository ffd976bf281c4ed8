"""Studies: the works of the library."""

from __future__ import annotations

from urllib.parse import quote

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models, transaction
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_noop

from common.addresses import is_on_the_web
from common.tags import TaggedItem
from common.text import slugify_title
from studies import identifiers
from studies.dates import PartialDate
from studies.models.journal import Journal


class Level(models.TextChoices):
    """What kind of evidence a study gives, strongest first (Oxford CEBM 2011 levels, in our words)."""

    SYNTHESIS = "1-synthesis", gettext_noop("Systematic review")
    TRIAL = "2-trial", gettext_noop("Randomised trial")
    OBSERVATIONAL = "3-observational", gettext_noop("Controlled or cohort study")
    CASES = "4-cases", gettext_noop("Case series or report")
    OPINION = "5-opinion", gettext_noop("Review or opinion")
    LABORATORY = "6-laboratory", gettext_noop("Laboratory study")
    NOT_STATED = "9-not-stated", gettext_noop("Not stated")


class Retraction(models.TextChoices):
    NONE = "", "none"
    CORRECTED = "corrected", gettext_noop("Corrected")
    CONCERN = "concern", gettext_noop("Expression of concern")
    RETRACTED = "retracted", gettext_noop("Retracted")


class StudyQuerySet(models.QuerySet):
    def for_list(self) -> StudyQuerySet:
        """With what a row of a list shows, and no long text."""
        return (
            self.select_related("journal", "summary")
            .defer("summary__body", "summary__body_html")
            .prefetch_related(models.Prefetch("authorships", AuthorsShown.queryset(), to_attr="first_authorships"))
        )

    def tagged(self, *tags) -> StudyQuerySet:
        """Studies that carry every one of these tags."""
        studies = self
        for tag in tags:
            studies = studies.filter(pk__in=StudyTag.objects.filter(tag=tag).values("content_object"))
        return studies

    def identified_by(self, *, doi: str = "", pmid: str = "", pmcid: str = "") -> StudyQuerySet:
        """The studies that carry any of these (normalised) identifiers, or that a study with it was merged into."""
        from studies.models.identity import OtherIdentifier

        wanted, others = Q(pk__in=[]), Q(pk__in=[])
        for name, value in (("doi", doi), ("pmid", pmid), ("pmcid", pmcid)):
            if value:
                wanted |= Q(**{name: value})
                others |= Q(name=name, value=value)
        return self.filter(wanted | Q(pk__in=OtherIdentifier.objects.filter(others).values("study")))


class AuthorsShown:
    """The authors a list row tells: three are printed, and up to thirty told to reference managers."""

    LIMIT = 31  # one more than is told, so that a longer list is known to be longer

    @classmethod
    def queryset(cls) -> models.QuerySet:
        from studies.models.author import Authorship

        return Authorship.objects.filter(position__lte=cls.LIMIT).select_related("author").order_by("position")


class Study(models.Model):
    """One research work. Texts stand in ``StudyText`` and ``Summary``, so that lists read thin rows."""

    title = models.CharField(max_length=1000)
    journal = models.ForeignKey(Journal, models.PROTECT, null=True, blank=True, related_name="studies")
    authors = models.ManyToManyField("studies.Author", through="studies.Authorship", related_name="studies")
    published_year = models.PositiveSmallIntegerField(null=True, blank=True)
    published_month = models.PositiveSmallIntegerField(null=True, blank=True)
    published_day = models.PositiveSmallIntegerField(null=True, blank=True)
    published_key = models.GeneratedField(
        expression=Coalesce(F("published_year"), Value(0)) * 10000
        + Coalesce(F("published_month"), Value(0)) * 100
        + Coalesce(F("published_day"), Value(0)),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    volume = models.CharField(max_length=50, blank=True, default="")
    issue = models.CharField(max_length=50, blank=True, default="")
    pages = models.CharField(max_length=80, blank=True, default="")
    language = models.CharField(max_length=20, blank=True, default="")

    doi = models.CharField("DOI", max_length=250, null=True, blank=True, unique=True)
    pmid = models.CharField("PMID", max_length=8, null=True, blank=True, unique=True)
    pmcid = models.CharField("PMCID", max_length=15, null=True, blank=True, unique=True)
    registration = models.CharField(max_length=60, blank=True, default="", help_text="NCT01234567, ISRCTN…")

    publication_types = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    study_type = models.CharField(max_length=60, blank=True, default="", help_text="the design, in words")
    evidence_level = models.CharField(max_length=20, choices=Level, default=Level.NOT_STATED)
    evidence_source = models.CharField(max_length=200, blank=True, default="", help_text="which fact gave the level")
    sample_size = models.PositiveIntegerField(null=True, blank=True, help_text="people studied")
    licence = models.CharField(max_length=120, blank=True, default="")
    open_access_url = models.URLField(max_length=500, blank=True, default="")

    picture = models.ImageField(upload_to="studies/", blank=True, default="")
    picture_credit = models.CharField(max_length=300, blank=True, default="")
    picture_alt = models.CharField("picture description", max_length=300, blank=True, default="")

    retraction = models.CharField(max_length=12, choices=Retraction, blank=True, default=Retraction.NONE)
    retraction_notice = models.CharField(max_length=250, blank=True, default="", help_text="DOI or PMID of the notice")
    retraction_date = models.CharField(max_length=10, blank=True, default="")

    discussion = models.OneToOneField(
        "forum.Post", models.SET_NULL, null=True, blank=True, related_name="discussed_study", editable=False
    )
    tags = models.ManyToManyField("common.Tag", through="studies.StudyTag", related_name="studies")
    kept_fields = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        editable=False,
        help_text="fields a librarian set by hand, which imports leave alone",
    )
    reference_count = models.PositiveIntegerField(default=0, editable=False)
    cites_count = models.PositiveIntegerField(default=0, editable=False)
    cited_by_count = models.PositiveIntegerField(default=0, editable=False)
    mention_count = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="posts in sight that mention it; stops at 1,001"
    )
    retracted_cites_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    added_at = models.DateTimeField(auto_now_add=True)

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "studies"
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(doi__isnull=True) | Q(doi__regex=r"^10\.\d{4,9}/\S+$"), name="doi_is_one"
            ),
            models.CheckConstraint(
                condition=Q(pmid__isnull=True) | Q(pmid__regex=r"^[1-9]\d{0,7}$"), name="pmid_is_one"
            ),
            models.CheckConstraint(condition=Q(pmcid__isnull=True) | Q(pmcid__regex=r"^PMC\d+$"), name="pmcid_is_one"),
            is_on_the_web("open_access_url", "open_access_url_is_on_the_web"),
            models.CheckConstraint(
                condition=Q(published_month__isnull=True)
                | Q(published_year__isnull=False, published_month__range=(1, 12)),
                name="month_needs_year",
            ),
            models.CheckConstraint(
                condition=Q(published_day__isnull=True)
                | Q(published_month__isnull=False, published_day__range=(1, 31)),
                name="day_needs_month",
            ),
        )
        triggers = (
            # Whoever adds studies, and however many at once: followers are told by ``studies.arrivals``.
            pgtrigger.Trigger(
                name="note_new_studies",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_studies"),
                func="INSERT INTO studies_newstudy (study_id) SELECT id FROM new_studies; RETURN NULL;",
            ),
        )
        indexes = (
            models.Index(fields=["-published_key", "-id"], name="study_newest"),
            models.Index(fields=["-cited_by_count", "-id"], name="study_cited"),
            models.Index(fields=["journal", "-published_key", "-id"], name="study_journal_newest"),
            models.Index(fields=["evidence_level", "-published_key", "-id"], name="study_level_newest"),
            models.Index(fields=["published_year", "-id"], name="study_year"),
            models.Index(fields=["registration", "id"], name="study_registration", condition=~Q(registration="")),
            models.Index(fields=["-published_key", "-id"], name="study_retracted", condition=~Q(retraction="")),
            models.Index(fields=["-published_key", "-id"], name="study_open", condition=~Q(open_access_url="")),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def slug(self) -> str:
        return slugify_title(self.title)

    def get_absolute_url(self) -> str:
        return reverse("studies:study", args=[self.pk, self.slug])

    @property
    def published(self) -> PartialDate | None:
        """When it appeared, only as precise as known."""
        if self.published_year is None:
            return None
        return PartialDate(self.published_year, self.published_month, self.published_day)

    @property
    def wanted_count(self) -> int:
        """How many of its references are not in the library."""
        return max(self.reference_count - self.cites_count, 0)

    @property
    def noticed(self) -> PartialDate | None:
        """When its retraction, concern or correction was announced, as far as known."""
        try:
            return PartialDate.parse(self.retraction_date) if self.retraction_date else None
        except (TypeError, ValueError):
            return None  # a librarian typed other words

    @property
    def notice_address(self) -> str:
        """Where its notice can be read outside the library, "" where no record names one."""
        notice = self.retraction_notice
        if notice.startswith("10."):
            return f"https://doi.org/{quote(notice)}"
        return f"https://pubmed.ncbi.nlm.nih.gov/{notice}/" if notice.isascii() and notice.isdigit() else ""

    @property
    def mention(self) -> str:
        """How a text names the study, so that it is shown as its card; "" where it has no identifier."""
        named = (("doi", self.doi), ("pmid", self.pmid), ("pmcid", self.pmcid))
        return next((identifiers.written(kind, value) for kind, value in named if value), "")

    @property
    def is_open_access(self) -> bool:
        return bool(self.open_access_url)

    @transaction.atomic
    def open_discussion(self, member):
        """The study's one thread, made now if nobody has opened it yet.

        Takes the member who pressed; gives the forum post. However many press at once, one thread is
        made: the study's row is locked while it is.
        """
        from studies.discussion import open_discussion

        return open_discussion(self, member)


class StudyText(models.Model):
    """The long and the searched texts of a study, outside the table that lists read.

    ``names`` repeats the authors, the journal and the identifiers, ``tag_words`` the tags, and ``plain``
    TL;DR and summary, so that the generated ``search_vector`` is true however the row was written.
    """

    study = models.OneToOneField(Study, models.CASCADE, related_name="text", primary_key=True)
    abstract = models.TextField(blank=True, default="", help_text="Markdown; the authors' own")
    abstract_html = models.TextField(editable=False, blank=True, default="")
    title = models.TextField(blank=True, default="", editable=False)
    names = models.TextField(blank=True, default="", editable=False)
    tag_words = models.TextField(blank=True, default="", editable=False)
    plain = models.TextField(blank=True, default="", editable=False)
    search_vector = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("tag_words", weight="B", config="english")
        + SearchVector("plain", weight="C", config="english")
        + SearchVector("names", weight="C", config="simple")
        + SearchVector(
            Func(F("abstract"), Value(50_000), function="left", output_field=models.TextField()),
            weight="D",
            config="english",
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        indexes = (GinIndex(fields=["search_vector"], name="study_search"),)

    def __str__(self) -> str:
        return f"texts of study {self.study_id}"


class StudyTag(TaggedItem):
    content_object = models.ForeignKey(Study, models.CASCADE, related_name="tag_items")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["content_object", "tag"], name="study_tagged_once"),)
        indexes = (models.Index(fields=["tag", "-content_object"], name="study_tag_newest"),)
