"""The part of a post's form that asks its readers something."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.text import clean_line, clean_text
from forum.models.poll import Poll
from forum.polls import FEWEST, MOST, OPTION_LIMIT, Terms

LONGEST = 366  # days until a poll is over


class OptionsField(forms.CharField):
    """One option on each line; gives a list of them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=(OPTION_LIMIT + 2) * MOST, strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "").strip("\n")

    def clean(self, value: Any) -> list[str]:
        options = [line for line in map(clean_line, super().clean(value).split("\n")) if line]
        if not options:
            return []
        if not FEWEST <= len(options) <= MOST:
            raise forms.ValidationError(
                gettext("A poll has %(fewest)s to %(most)s answers, each on a line of its own.")
                % {"fewest": FEWEST, "most": MOST}
            )
        if len({option.casefold() for option in options}) < len(options):
            raise forms.ValidationError(gettext("Two of the answers are the same."))
        if longest := next((option for option in options if len(option) > OPTION_LIMIT), ""):
            raise forms.ValidationError(
                gettext("An answer has up to %(option_limit)s characters; “%(longest)s…” has %(longest2)s.")
                % {"option_limit": OPTION_LIMIT, "longest": longest[:40], "longest2": len(longest)}
            )
        return options


class PollFields(forms.Form):
    poll_options = OptionsField(
        label=_("Answers to choose from"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=format_lazy(
            _("{fewest} to {most}, each on a line of its own. Left empty, there is no poll."), fewest=FEWEST, most=MOST
        ),
    )
    poll_question = forms.CharField(
        label=_("Question"), max_length=200, required=False, help_text=_("If the title does not ask it already.")
    )
    poll_multiple = forms.BooleanField(label=_("Several answers may be chosen"), required=False)
    poll_open = forms.BooleanField(label=_("Everyone can see who voted for what"), required=False)
    poll_results = forms.ChoiceField(label=_("Show the results"), choices=Poll.Results.choices, required=False)
    poll_closes = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The poll is over at the end of it (UTC). Left empty, it stays open until it is closed."),
    )

    def clean_poll_question(self) -> str:
        return clean_line(self.cleaned_data["poll_question"])

    def clean_poll_closes(self) -> Any:
        day = self.cleaned_data["poll_closes"]
        today = timezone.localdate()
        if day and not self.data.get("poll_options", "").strip():
            return None
        if day and not today <= day <= today + timedelta(days=LONGEST):
            raise forms.ValidationError(gettext("The last day of a poll is today or later, and within a year."))
        return day

    def poll_terms(self) -> Terms | None:
        """What the form asks; None where it asks nothing."""
        data = self.cleaned_data
        if not data.get("poll_options"):
            return None
        day = data["poll_closes"]
        return Terms(
            options=tuple(data["poll_options"]),
            question=data["poll_question"],
            is_multiple=data["poll_multiple"],
            is_open=data["poll_open"],
            results=data["poll_results"] or Poll.Results.ALWAYS,
            closes_at=end_of(day) if day else None,
        )

    @property
    def asks(self) -> bool:
        """Whether the form says anything of a poll, if only that there shall be none."""
        return "poll_options" in self.fields and "poll_options" in self.data

    @staticmethod
    def poll_initial(terms: Terms | None) -> dict[str, Any]:
        """The fields as they open on a poll that is there."""
        if terms is None:
            return {}
        return {
            "poll_options": "\n".join(terms.options),
            "poll_question": terms.question,
            "poll_multiple": terms.is_multiple,
            "poll_open": terms.is_open,
            "poll_results": terms.results,
            "poll_closes": timezone.localtime(terms.closes_at).date() - timedelta(days=1) if terms.closes_at else None,
        }


def end_of(day: Any) -> datetime:
    """The moment at which the day is over."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
