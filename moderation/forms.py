"""What members and moderators say about a thing."""

from __future__ import annotations

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.text import clean_line, clean_text
from moderation.models import Report
from moderation.models.sanction import BANS


class ReportForm(forms.Form):
    """A report: the reason, and words where they help."""

    reason = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is wrong.")},
    )
    note = forms.CharField(
        label=_("Anything the moderators should know"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Up to 1,000 characters. Only the moderators read it."),
    )

    def clean_note(self) -> str:
        return clean_text(self.cleaned_data["note"])


class TrustForm(forms.Form):
    """The level at which a moderator holds a member, or none, and why."""

    level = forms.TypedChoiceField(
        label=_("Trust level"),
        choices=[
            ("", _("As it is earned")),
            *((number, format_lazy(_("Hold at {number}"), number=number)) for number in range(5)),
        ],
        coerce=int,
        empty_value=None,
        required=False,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        error_messages={"required": _("Give a reason. Nothing was changed.")},
        help_text=_("It stands in the public moderation log, without the member's name."),
    )

    def clean_reason(self) -> str:
        reason = clean_line(self.cleaned_data["reason"])
        if not reason:
            raise forms.ValidationError(gettext("Give a reason. Nothing was changed."))
        return reason


class ReasonForm(forms.Form):
    """Why a moderator does what they do."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.TextInput(attrs={"list": "reasons", "autocomplete": "off"}),
        error_messages={"required": _("Give a reason. Nothing was changed.")},
    )

    def clean_reason(self) -> str:
        reason = clean_line(self.cleaned_data["reason"])
        if not reason:
            raise forms.ValidationError(gettext("Give a reason. Nothing was changed."))
        return reason


DAYS = (
    (1, _("a day")), (3, _("3 days")), (7, _("a week")), (30, _("30 days")), (90, _("90 days")), (365, _("a year")),
    (0, _("good")),
)  # fmt: skip


class BanForm(forms.Form):
    """From what, and for how long."""

    kinds = forms.MultipleChoiceField(
        label=_("From"),
        choices=[(kind.value, _(kind.label)) for kind in BANS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what to bar them from.")},
    )
    days = forms.TypedChoiceField(
        label=_("For"), choices=DAYS, coerce=int, error_messages={"required": _("Choose for how long.")}
    )


class NoteForm(forms.Form):
    """A note for the other moderators."""

    words = forms.CharField(
        label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write the note first.")},
        help_text=_("Only moderators ever read it."),
    )  # fmt: skip

    def clean_words(self) -> str:
        words = clean_text(self.cleaned_data["words"])
        if not words:
            raise forms.ValidationError(gettext("Write the note first."))
        return words


class AppealForm(forms.Form):
    """What a member says to a sanction, or a moderator to the appeal."""

    words = forms.CharField(
        label=_("What you want to say"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write something first.")},
        help_text=_("Up to 4,000 characters."),
    )  # fmt: skip

    def clean_words(self) -> str:
        words = clean_text(self.cleaned_data["words"])
        if not words:
            raise forms.ValidationError(gettext("Write something first."))
        return words
