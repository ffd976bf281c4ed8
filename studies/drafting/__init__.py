"""A first draft of a summary, for a librarian to work on.

``drafter()`` is the one in use: the model that the environment names, else sentences chosen from the abstract. A draft
fills the editor's form and is never shown to anybody else; what is saved from it says that a program wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.db import transaction

from common.deferring import defer
from common.text import clean_line, clean_text, shortened
from studies.models import Study, SummaryDraft

TLDR_LIMIT, BODY_LIMIT, NAME_LIMIT = 600, 10_000, 100


@dataclass(frozen=True)
class Draft:
    """What a drafter wrote: plain text and Markdown that nobody has checked."""

    tldr: str
    body: str


class NoDraft(Exception):
    """Why there is no draft, as a sentence for the librarian."""


class Drafter(Protocol):
    """``name`` is what the summary's provenance will say; ``is_slow`` tells that a job must ask it."""

    @property
    def name(self) -> str: ...

    @property
    def is_slow(self) -> bool: ...

    def draft(self, study: Study) -> Draft:
        """A draft from title and abstract. Raises ``NoDraft``."""
        ...


def drafter() -> Drafter:
    from studies.drafting.endpoint import Endpoint
    from studies.drafting.extractive import Extractive

    return Endpoint() if settings.DRAFT_API_URL else Extractive()


def begin(study: Study, member) -> SummaryDraft:
    """Have a draft of a summary written: at once where that is quick, else by a job. Gives its row."""
    with transaction.atomic():
        row = SummaryDraft.objects.create(study=study, member=member, writer_name=drafter().name[:NAME_LIMIT])
        if drafter().is_slow:
            defer("studies.write_draft", draft_id=row.pk)
    if not drafter().is_slow:
        write(row.pk)
    return row


def write(draft_id: int) -> None:
    """Write the draft of this row, unless it is written. Its failure is a sentence in the row."""
    row = SummaryDraft.objects.select_related("study__text").filter(pk=draft_id, status="waiting").first()
    if row is None:
        return
    try:
        made = drafter().draft(row.study)
    except NoDraft as failure:
        row.status, row.error = SummaryDraft.Status.FAILED, shortened(str(failure), 500)
    else:
        row.status = SummaryDraft.Status.DONE
        row.tldr = shortened(clean_line(made.tldr), TLDR_LIMIT)
        row.body = shortened(clean_text(made.body), BODY_LIMIT)
    row.writer_name = drafter().name[:NAME_LIMIT]
    row.save()
