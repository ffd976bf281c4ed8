"""Forms of the library: what members and librarians may send, cleaned once at the edge."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.text import clean_line
from forum.forms import DAMAGED, LineField, TextField
from studies import identifiers
from studies.correcting import FIELDS
from studies.models import Correction, ErrorReport, Study, Summary

ACCEPT_LIMIT = 200
Area = forms.Textarea


class SummaryForm(forms.Form):
    """TL;DR and summary, as a librarian or a member writes them. ``version`` is the one the editor started from."""

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=0,
        max_value=2**31 - 1,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), DAMAGED),
    )
    tldr = LineField(
        label=_("TL;DR"),
        max_length=600,
        widget=Area(attrs={"rows": 3}),
        help_text=_("One or two sentences: what was found, in whom, and how sure it is."),
        error_messages={"required": _("A summary needs its TL;DR.")},
    )
    body = TextField(
        label=_("Summary"),
        max_length=10_000,
        required=False,
        widget=Area(attrs={"rows": 14}),
        help_text=_("A few paragraphs in plain language. Markdown works."),
    )
    reason = LineField(
        label=_("Why"), max_length=300, required=False, help_text=_("Stands in the history, for everyone to read.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("tldr", "body"):
            self.fields[name].widget.attrs["spellcheck"] = "true"

    @property
    def accepted(self) -> list[str]:
        """The keys of the findings that were ticked off."""
        return self.data.getlist("accept")[:ACCEPT_LIMIT] if hasattr(self.data, "getlist") else []


class EditorForm(SummaryForm):
    """What a librarian may say besides: who wrote it, and that it is reviewed."""

    KEPT, MINE, DRAFT = "kept", "mine", "draft"

    draft = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62)
    writer = forms.ChoiceField(label=_("Who wrote it"), widget=forms.RadioSelect)
    reviewed = forms.BooleanField(
        label=_("I have checked the whole text against the study: mark it as reviewed by me"), required=False
    )

    def __init__(self, *args: Any, summary: Summary | None, draft: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(self.MINE, gettext("I wrote it"))]
        if summary:
            choices.insert(
                0,
                (
                    self.KEPT,
                    gettext("As before (%(written_by)s); I have changed it") % {"written_by": summary.written_by},
                ),
            )
        if draft:
            choices.insert(
                0,
                (
                    self.DRAFT,
                    gettext("%(writer_name)s, a program; I have changed it or not")
                    % {"writer_name": draft.writer_name},
                ),
            )
        field: Any = self.fields["writer"]
        field.choices = choices
        field.initial = choices[0][0]


class DeclineForm(forms.Form):
    words = LineField(
        label=_("What you tell them"), max_length=400, error_messages={"required": _("Say in a few words why not.")}
    )


class ReportForm(forms.Form):
    """An error in the library."""

    kind = forms.ChoiceField(label=_("What is wrong"), choices=ErrorReport.Kind, widget=forms.RadioSelect)
    words = TextField(
        label=_("In your words"),
        max_length=2000,
        help_text=_("What does it say, and what should it say? Where can one see it?"),
        widget=Area(attrs={"rows": 5}),
        error_messages={"required": _("Say what is wrong.")},
    )


class SettleForm(forms.Form):
    status = forms.ChoiceField(
        label=_("What became of it"), choices=[each for each in ErrorReport.Status.choices if each[0] != "waiting"]
    )
    words = LineField(label=_("What you tell them"), max_length=400, required=False)


class SuggestForm(forms.Form):
    """A study somebody wants to see here."""

    identifier = LineField(
        label=_("DOI, PMID or PMCID"),
        max_length=600,
        help_text=_("Or an address that contains one: https://doi.org/10.1001/jama.2020.1"),
        error_messages={"required": _("Paste a DOI, PMID or PMCID.")},
    )
    reason = LineField(label=_("Why it matters"), max_length=300, required=False)

    def clean_identifier(self) -> tuple[str, str]:
        """The identifier as (kind, value)."""
        typed = self.cleaned_data["identifier"]
        found = identifiers.recognise(typed)
        if not found or found[0] not in ("doi", "pmid", "pmcid"):
            bare = identifiers.parse_pmid(typed)
            if not bare:
                raise forms.ValidationError(gettext("This is neither a DOI nor a PMID nor a PMCID."))
            found = ("pmid", bare)
        return found


class CorrectionForm(forms.Form):
    """Another value for one field of a study."""

    field = forms.ChoiceField(label=_("What to correct"))
    after = TextField(
        label=_("What it should be"),
        max_length=2000,
        widget=Area(attrs={"rows": 3}),
        required=False,
    )
    reason = LineField(label=_("How you know"), max_length=500, required=False)
    source = forms.CharField(
        label=_("Where one can see it"), max_length=500, required=False, help_text=_("An address, with https://")
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.study = study
        field: Any = self.fields["field"]
        field.choices = [(each.name, each.title) for each in FIELDS.values()]

    def clean_source(self) -> str:
        from studies.importing.record import web_address

        line = clean_line(self.cleaned_data["source"])
        if line and not web_address(line):
            raise forms.ValidationError(gettext("Write the whole address, with https:// before it."))
        return web_address(line)

    def clean(self) -> dict[str, Any]:
        from studies.correcting import parsed

        data = self.cleaned_data
        if "field" in data and "after" in data:
            try:
                parsed(self.study, data["field"], data["after"])
            except forms.ValidationError as error:
                self.add_error("after", error)
        if not data.get("reason") and not data.get("source") and not self.errors:
            self.add_error("reason", gettext("Say how you know, or give an address where one can see it."))
        return data

    def send(self, member) -> Correction:
        data = self.cleaned_data
        return Correction.send(
            self.study, member, field=data["field"], before=FIELDS[data["field"]].show(self.study), after=data["after"],
            reason=data["reason"], source=data["source"],
        )  # fmt: skip
