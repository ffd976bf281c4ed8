"""The forms in which members keep studies: a note, a list."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.text import clean_line, clean_text
from studies.models import ListEntry, ReadingList, SavedStudy


class SavedNoteForm(forms.ModelForm):
    """The private note of a saved study."""

    class Meta:
        model = SavedStudy
        fields = ("note",)
        labels = {"note": _("Your note")}
        help_texts = {"note": _("Only you ever see it. Up to 2,000 characters.")}
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}

    def clean_note(self) -> str:
        return clean_text(self.cleaned_data["note"])


class EntryNoteForm(forms.ModelForm):
    """What a list says of one of its studies."""

    class Meta:
        model = ListEntry
        fields = ("note",)
        labels = {"note": _("Note in this list")}
        help_texts = {"note": _("Up to 2,000 characters. Who may read the list reads it too.")}
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}

    def clean_note(self) -> str:
        return clean_text(self.cleaned_data["note"])


class ReadingListForm(forms.ModelForm):
    class Meta:
        model = ReadingList
        fields = ("title", "description", "is_public")
        labels = {
            "title": _("Title"),
            "description": _("Description"),
            "is_public": _("Public: everyone can read this list, with its notes and your name"),
        }
        help_texts = {"description": _("What the list is for. Markdown works.")}
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    def clean_title(self) -> str:
        title = clean_line(self.cleaned_data["title"])
        if not title:
            raise forms.ValidationError(gettext("A list needs a title that can be read."))
        return title

    def clean_description(self) -> str:
        return clean_text(self.cleaned_data["description"])
