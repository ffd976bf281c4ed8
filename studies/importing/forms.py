"""What librarians fill in to bring something into the library."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.text import clean_line, shortened
from studies.fetching.pasted import TEXT_LIMIT

FILE_LIMIT = 200_000_000  # bytes
UNNAMED = "a file without a name"


class OnceForm(forms.Form):
    """A form that does its work once, however often it is sent: its token is made with it and comes back with it."""

    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options["initial"] = {"token": uuid.uuid4(), **(options.get("initial") or {})}
        super().__init__(*arguments, **options)


class FileForm(OnceForm):
    """One file to import."""

    file = forms.FileField(
        label=_("File"),
        help_text=(
            format_lazy(
                _(
                    "PubMed XML, JATS, MEDLINE (.nbib), RIS, BibTeX, CSL-JSON, EndNote XML or "
                    "OpenAlex JSON, also packed (.gz, .tar, .tar.gz); up to {file_limit} MB. "
                    "The format is recognised from the content."
                ),
                file_limit=FILE_LIMIT // 1_000_000,
            )
        ),
        error_messages={
            "required": _("Choose a file first."),
            "empty": _("This file is empty: there is nothing in it to import."),
            "missing": _("Choose a file first."),
        },
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > FILE_LIMIT:
            raise forms.ValidationError(
                gettext("This file is larger than %(file_limit)s MB. Send it in parts.")
                % {"file_limit": FILE_LIMIT // 1_000_000}
            )
        return file

    @property
    def title(self) -> str:
        """The file's name as it was sent, made a plain line: it is shown, and names nothing on the disk."""
        name = clean_line(self.cleaned_data["file"].name).replace("/", "").replace("\\", "")
        return shortened(name, 200) or UNNAMED


class IdentifiersForm(OnceForm):
    """Identifiers to fetch."""

    identifiers = forms.CharField(
        label=_("Identifiers"),
        max_length=TEXT_LIMIT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("DOIs, PMIDs and PMCIDs, or addresses of them; one or five hundred, separated as you like."),
        error_messages={"required": _("Paste at least one identifier.")},
    )
    refresh = forms.BooleanField(
        label=_("Also fetch those again that are in the library"), required=False, initial=False
    )
