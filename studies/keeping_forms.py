"""The forms in which members keep studies: a note, a list."""

from __future__ import annotations

from django import forms

from common.text import clean_line, clean_text
from studies.models import ListEntry, ReadingList, SavedStudy


class SavedNoteForm(forms.ModelForm):
    """The private note of a saved study."""

    class Meta:
        model = SavedStudy
        fields = ("note",)
        labels = {"note": "Your note"}
        help_texts = {"note": "Only you ever see it. Up to 2,000 characters."}
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}

    def clean_note(self) -> str:
        return clean_text(self.cleaned_data["note"])


class EntryNoteForm(forms.ModelForm):
    """What a list says of one of its studies."""

    class Meta:
        model = ListEntry
        fields = ("note",)
        labels = {"note": "Note in this list"}
        help_texts = {"note": "Up to 2,000 characters. Who may read the list reads it too."}
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}

    def clean_note(self) -> str:
        return clean_text(self.cleaned_data["note"])


class ReadingListForm(forms.ModelForm):
    class Meta:
        model = ReadingList
        fields = ("title", "description", "is_public")
        labels = {"is_public": "Public: everyone can read this list, with its notes and your name"}
        help_texts = {"description": "What the list is for. Markdown works."}
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    def clean_title(self) -> str:
        title = clean_line(self.cleaned_data["title"])
        if not title:
            raise forms.ValidationError("A list needs a title that can be read.")
        return title

    def clean_description(self) -> str:
        return clean_text(self.cleaned_data["description"])
