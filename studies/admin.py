"""The librarians' desk: studies and what belongs to them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages

from common import markdown
from common.desk import RecentValuesFilter
from common.looking import LookOnly
from common.tags import parse, set_tags
from studies import identifiers
from studies.by_hand import EVIDENCE
from studies.changes import name_of
from studies.errors import NotYours
from studies.importing.journals import title_key
from studies.importing.knowing import refresh_keys
from studies.importing.linking import link
from studies.importing.people import author_key
from studies.importing.record import Person
from studies.importing.relating import join
from studies.models import (
    Author,
    Authorship,
    Citation,
    Correction,
    ErrorReport,
    Journal,
    Study,
    StudyChange,
    StudySource,
    StudySuggestion,
    StudyTag,
    StudyText,
    Summary,
    SummaryProposal,
    SummaryVersion,
)
from studies.models.study import Level
from studies.removing import remove
from studies.searching import refresh_text
from studies.standing import FIELDS as STANDING
from studies.standing import Changed, Standing, follow


class StudyForm(forms.ModelForm):
    """A study at the desk: identifiers in any of their spellings, tags as a line."""

    tag_names = forms.CharField(
        label="tags", required=False, help_text="separated by commas", widget=forms.Textarea(attrs={"rows": 2})
    )

    open_access_url = forms.URLField(required=False, max_length=500, assume_scheme="https")
    reason = forms.CharField(required=False, max_length=500, help_text="stands in the study's history, for all to read")

    class Meta:
        model = Study
        fields = (
            "title", "journal", "published_year", "published_month", "published_day", "volume", "issue", "pages",
            "language", "doi", "pmid", "pmcid", "registration", "publication_types", "study_type", "evidence_level",
            "evidence_source", "sample_size", "licence", "open_access_url", "picture", "picture_credit", "picture_alt",
            "retraction", "retraction_notice", "retraction_date",
        )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["tag_names"].initial = ", ".join(tag.name for tag in self.instance.tags.all())

    def _identifier(self, name: str, parse_one) -> str | None:
        typed = self.cleaned_data.get(name)
        if not typed:
            return None
        value = parse_one(typed)
        if not value:
            raise forms.ValidationError(f"“{typed}” is not a {name.upper()}.")
        return value

    def clean_doi(self):
        return self._identifier("doi", identifiers.parse_doi)

    def clean_pmid(self):
        return self._identifier("pmid", identifiers.parse_pmid)

    def clean_pmcid(self):
        return self._identifier("pmcid", identifiers.parse_pmcid)


def facts_at_desk(study: Study) -> dict[str, Any]:
    """All that can be changed at the desk, as JSON values, for the study's history."""
    facts = {name: getattr(study, name) for name in StudyForm.Meta.fields}
    facts |= {"journal": str(study.journal or ""), "picture": str(study.picture)}
    facts["tags"] = sorted(study.tags.values_list("name", flat=True))
    facts["authors"] = [str(place.author) for place in study.authorships.select_related("author")]
    facts["abstract"] = StudyText.objects.filter(study=study).values_list("abstract", flat=True).first() or ""
    return facts


def standing_in(facts: dict[str, Any]) -> Standing:
    return Standing(*(facts[name] for name in STANDING))


# Which field of a study's records an inline stands for.
KEPT_BY_INLINE = {StudyText: "abstract", Authorship: "authors"}


class TextInline(admin.StackedInline):
    model = StudyText
    fields = ("abstract",)
    extra = 0
    can_delete = False


class AuthorshipInline(admin.TabularInline):
    model = Authorship
    autocomplete_fields = ("author",)
    extra = 0


@admin.register(Study)
class StudyAdmin(admin.ModelAdmin):
    form = StudyForm
    list_display = (
        "title",
        "journal",
        "published_year",
        "evidence_level",
        "retraction",
        "pmid",
        "doi",
        "cited_by_count",
    )
    list_filter = (
        "evidence_level",
        "retraction",
        ("open_access_url", admin.EmptyFieldListFilter),
        ("published_year", RecentValuesFilter),
    )
    search_fields = ("title", "=doi", "=pmid", "=pmcid")
    search_help_text = "A word of the title, or a whole DOI, PMID or PMCID"
    list_select_related = ("journal",)
    autocomplete_fields = ("journal",)
    readonly_fields = (
        "reference_count", "cites_count", "cited_by_count", "retracted_cites_count", "discussion", "kept_fields",
        "added_at",
    )  # fmt: skip
    inlines = (TextInline, AuthorshipInline)

    def save_form(self, request, form, change):
        """Before anything is written: the study as the database has it, to tell what changed."""
        form.before = facts_at_desk(Study.objects.get(pk=form.instance.pk)) if change else {}
        return super().save_form(request, form, change)

    def save_model(self, request, obj, form, change):
        """What a librarian set by hand is kept when the study's records are imported again."""
        set_by_hand = {name for name in form.changed_data if name not in ("tag_names", "reason")}
        if "evidence_level" in set_by_hand and change:
            if "evidence_source" not in set_by_hand:
                was = Level(form.before["evidence_level"]).label
                obj.evidence_source = f"set by a librarian, was: {was}"
            set_by_hand |= set(EVIDENCE)
        obj.kept_fields = sorted({*obj.kept_fields, *set_by_hand})
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        set_by_hand = {KEPT_BY_INLINE[formset.model] for formset in formsets if formset.has_changed()}
        super().save_related(request, form, formsets, change)
        if "tag_names" in form.changed_data:
            set_tags(form.instance, StudyTag, parse(form.cleaned_data["tag_names"]))
            set_by_hand.add("tags")
        if set_by_hand:
            form.instance.kept_fields = sorted({*form.instance.kept_fields, *set_by_hand})
            form.instance.save(update_fields=["kept_fields"])
        text, _ = StudyText.objects.get_or_create(study=form.instance)
        text.abstract_html = markdown.render(text.abstract)
        text.save(update_fields=["abstract_html"])
        refresh_text(form.instance)
        refresh_keys(form.instance)
        if {"doi", "pmid", "pmcid", "registration"} & set(form.changed_data):
            link([form.instance.pk])
            join([form.instance.pk])
        self._tell_history(request, form, change)

    def _tell_history(self, request, form, change):
        """One line of the study's history with everything that was changed here; readers are told of a new standing."""
        study = Study.objects.get(pk=form.instance.pk)
        if change:
            standing = Changed(study.pk, standing_in(form.before), Standing.of(study))
            if standing.before != standing.after:
                follow([standing], actor=request.user, reason=form.cleaned_data["reason"])
        elif study.retraction:
            follow([Changed(study.pk, Standing(), Standing.of(study))], actor=request.user)
        after = facts_at_desk(study)
        changed = [name for name in after if name not in STANDING and after[name] != form.before.get(name)]
        if change and not changed:
            return
        names = ", ".join(name_of(name).lower() for name in changed)
        StudyChange.record(
            study, StudyChange.Kind.EDITED, f"Edited: {names}." if change else "Entered by hand.",
            actor=request.user, reason=form.cleaned_data["reason"],
            before={name: form.before[name] for name in changed} if change else {},
            after={name: after[name] for name in changed} if change else {},
        )  # fmt: skip

    def delete_model(self, request, obj):
        remove([obj])

    def delete_queryset(self, request, queryset):
        remove(queryset)


@admin.register(Summary)
class SummaryAdmin(admin.ModelAdmin):
    """Summaries are looked at here; words are changed on the editor's page, which checks them and keeps versions."""

    list_display = ("study", "writer_kind", "writer_name", "written_on", "version", "reviewer", "reviewed_on")
    list_filter = ("writer_kind", ("reviewed_on", admin.EmptyFieldListFilter))
    search_fields = ("study__title", "tldr")
    list_select_related = ("study", "reviewer")
    actions = ("mark_reviewed",)
    fields = readonly_fields = (
        "study", "tldr", "body", "writer_kind", "writer", "writer_name", "written_on", "editor", "version", "reviewer",
        "reviewed_on",
    )  # fmt: skip

    def has_add_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.action(description="Mark as reviewed by me today", permissions=["change"])
    def mark_reviewed(self, request, queryset):
        for summary in queryset.select_related("study"):
            try:
                summary.review(request.user)
            except NotYours as refusal:
                self.message_user(request, f"{summary}: {refusal}", messages.WARNING)


@admin.register(Journal)
class JournalAdmin(admin.ModelAdmin):
    list_display = ("title", "abbreviation", "issns")
    search_fields = ("title", "abbreviation")
    prepopulated_fields = {"slug": ("title",)}

    def save_model(self, request, obj, form, change):
        obj.title_key = title_key(obj.title)
        super().save_model(request, obj, form, change)


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ("name", "orcid")
    search_fields = ("family", "given", "collective", "orcid")

    def save_model(self, request, obj, form, change):
        obj.key = author_key(Person(obj.family, obj.given, obj.collective, obj.orcid))
        super().save_model(request, obj, form, change)


@admin.register(Citation)
class CitationAdmin(admin.ModelAdmin):
    list_display = ("study", "position", "text", "doi", "pmid", "cited")
    ordering = ("-pk",)
    search_fields = ("text", "=doi", "=pmid")
    list_filter = (("cited", admin.EmptyFieldListFilter),)
    autocomplete_fields = ("study", "cited")
    list_select_related = ("study", "cited")


class AnsweredAdmin(LookOnly, admin.ModelAdmin):
    """What members ask of the librarians; it is answered on its own pages."""

    list_display = ("study", "member", "status", "made_at", "answered_by", "answered_at")
    list_filter = ("status",)
    search_fields = ("study__title",)
    list_select_related = ("study", "member", "answered_by")


admin.site.register((ErrorReport, SummaryProposal, Correction), AnsweredAdmin)


@admin.register(SummaryVersion)
class SummaryVersionAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("study", "number", "writer_kind", "editor", "reason", "saved_at", "reviewer", "reviewed_on")
    search_fields = ("study__title",)
    list_select_related = ("study", "editor", "reviewer")


@admin.register(StudySuggestion)
class StudySuggestionAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("kind", "value", "status", "ask_count", "made_at")
    list_filter = ("status",)
    search_fields = ("=value",)


@admin.register(StudySource)
class StudySourceAdmin(LookOnly, admin.ModelAdmin):
    list_display = ("study", "kind", "imported_at")
    list_filter = ("kind",)
    search_fields = ("study__title", "=study__doi", "=study__pmid")
    list_select_related = ("study",)
