"""Forms of the page on which a librarian judges a study."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from common.text import clean_line
from studies import identifiers
from studies.by_hand import FACTS, facts_of
from studies.dates import PartialDate
from studies.models import Study
from studies.models.study import Level, Retraction

LIST_FIELDS = {"funding", "registrations"}
TEXT_LIMIT = 5_000


class LineField(forms.CharField):
    """One line of clean text."""

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "")


# The parts of the page, with a capital.
PARTS = (gettext_noop("Standing"), gettext_noop("Evidence"), gettext_noop("Facts"))


class ReasonedForm(forms.Form):
    """``part`` tells the forms of the page apart; a reason is asked for every change."""

    part = ""
    reason = LineField(
        label=_("Reason"), max_length=500, help_text=_("One sentence; everybody can read it in the study's history.")
    )

    def __init__(self, study: Study, data: Any = None, **more: Any) -> None:
        self.study = study
        super().__init__(data, prefix=self.part, **more)
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])


class StandingForm(ReasonedForm):
    part = "standing"
    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("Neither retracted nor corrected")),
            *((value, _(label)) for value, label in Retraction.choices[1:]),
        ],
        required=False,
    )
    notice = LineField(label=_("Notice"), max_length=300, required=False, help_text=_("DOI or PMID of the notice"))
    date = LineField(
        label=_("Date"), max_length=10, required=False, help_text=_("of the notice: 2011, 2011-02 or 2011-02-14")
    )

    def __init__(self, study: Study, data: Any = None) -> None:
        super().__init__(
            study,
            data,
            initial={"state": study.retraction, "notice": study.retraction_notice, "date": study.retraction_date},
        )

    def clean_notice(self) -> str:
        typed = self.cleaned_data["notice"]
        notice = identifiers.parse_doi(typed) or identifiers.parse_pmid(typed)
        if typed and not notice:
            raise forms.ValidationError(gettext("“%(typed)s” is neither a DOI nor a PMID.") % {"typed": typed[:80]})
        return notice

    def clean_date(self) -> str:
        typed = self.cleaned_data["date"]
        try:
            return PartialDate.parse(typed).iso if typed else ""
        except (TypeError, ValueError) as error:
            raise forms.ValidationError(gettext("Write the date as 2011, 2011-02 or 2011-02-14.")) from error


class EvidenceForm(ReasonedForm):
    part = "evidence"
    level = forms.ChoiceField(label=_("Evidence"), choices=[(value, _(label)) for value, label in Level.choices])
    design = LineField(
        label=_("Design"), max_length=60, required=False, help_text=_("in words, as “Randomised controlled trial”")
    )

    def __init__(self, study: Study, data: Any = None) -> None:
        super().__init__(study, data, initial={"level": study.evidence_level, "design": study.study_type})


class FactsForm(ReasonedForm):
    part = "facts"
    population = LineField(label=_("Population"), required=False, max_length=TEXT_LIMIT, help_text=_("who was studied"))
    sample_size = forms.IntegerField(label=_("People studied"), required=False, min_value=1, max_value=2**31 - 1)
    intervention = LineField(
        label=_("Intervention"), required=False, max_length=TEXT_LIMIT, help_text=_("what was done or given")
    )
    comparison = LineField(
        label=_("Comparison"), required=False, max_length=TEXT_LIMIT, help_text=_("what it was compared with")
    )
    outcome = LineField(label=_("Primary outcome"), required=False, max_length=TEXT_LIMIT)
    funding = forms.CharField(label=_("Funding"), required=False, max_length=20_000, widget=forms.Textarea({"rows": 3}),
                              help_text=_("a line for each who paid"))  # fmt: skip
    conflicts = LineField(label=_("Conflicts of interest"), required=False, max_length=TEXT_LIMIT)
    registrations = forms.CharField(label=_("Registrations"), required=False, max_length=2_000,
    widget=forms.Textarea({"rows": 2}),
                                    help_text=_("a registration number in each line"))  # fmt: skip
    back = forms.MultipleChoiceField(label=_("Back to what the records say"), required=False,
                                     widget=forms.CheckboxSelectMultiple)  # fmt: skip

    def __init__(self, study: Study, data: Any = None) -> None:
        before = facts_of(study)
        initial = {name: "\n".join(value) if name in LIST_FIELDS else value for name, value in before.items()}
        super().__init__(study, data, initial=initial)
        kept = [name for name in FACTS if name in study.kept_fields]
        self.fields["back"].choices = [(name, self.fields[name].label or name.capitalize()) for name in kept]  # type: ignore[attr-defined]
        if not kept:
            del self.fields["back"]

    def clean_funding(self) -> list[str]:
        return [line for line in map(clean_line, self.cleaned_data["funding"].splitlines()) if line]

    def clean_registrations(self) -> list[str]:
        found = []
        for typed in filter(None, map(clean_line, self.cleaned_data["registrations"].splitlines())):
            number = identifiers.parse_registration(typed)
            if not number:
                raise forms.ValidationError(
                    gettext("“%(typed)s” is not a registration number that we know.") % {"typed": typed[:80]}
                )
            found.append(number)
        return list(dict.fromkeys(found))

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FACTS}
