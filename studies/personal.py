"""What members keep and give in the library, and what leaving does to it: what is theirs goes, what they gave stays
without a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_noop

from common import personal
from common.personal import SOMEBODY, Clear, Delete, Part, With, Words
from studies import models as ours
from studies.models import (
    Correction,
    ErrorReport,
    FoundWords,
    ImportRun,
    ListEntry,
    MergedStudy,
    MergeProposal,
    ReadingList,
    SavedSearch,
    SavedStudy,
    StudyAsk,
    StudyChange,
    StudySuggestion,
    Summary,
    SummaryDraft,
    SummaryProposal,
    SummaryVersion,
)

THEIRS = "the words of librarians about the library"


def study_address(row: Mapping[str, Any]) -> str:
    return reverse("studies:study_short", args=[row["study_id"]])


def register() -> None:
    personal.register(
        Part(
            SavedStudy, "member", Delete(), "saved-studies",
            ("study_id", "folder__name", "note", "saved_at", "removed_at"),
            about=gettext_noop("studies you saved, with your notes"), address=study_address,
        ),
        Part(
            SavedSearch, "member", Delete(), "saved-searches", ("name", "place", "query", "made_at"),
            about=gettext_noop("your searches"),
        ),
        Part(FoundWords, "search__member", With(SavedSearch), withheld="whoever searches again finds it again"),
        Part(
            ReadingList, "owner", Delete(), "reading-lists",
            ("id", "title", "description", "is_public", "made_at", "changed_at"),
            about=gettext_noop("your reading lists"),
        ),
        Part(
            ListEntry, "reading_list__owner", With(ReadingList), "reading-list-entries",
            ("reading_list_id", "position", "study_id", "note", "added_at"),
            about=gettext_noop("what is in your reading lists"),
            address=study_address,
        ),
        Part(
            StudyAsk, "member", Clear(member=None, reason=""), "studies-asked-for",
            ("suggestion__kind", "suggestion__value", "reason", "made_at"), about=gettext_noop("studies you asked for"),
        ),
        Part(
            ErrorReport, "member", Clear(member=None), "errors-reported",
            ("study_id", "kind", "words", "status", "answer", "made_at"), about=gettext_noop("errors you reported"),
            address=study_address,
        ),
        Part(
            Correction, "member", Clear(member=None, reason=""), "corrections",
            ("study_id", "field", "before", "after", "reason", "source", "status", "answer", "made_at"),
            about=gettext_noop("corrections you suggested"), address=study_address,
        ),
        Part(
            SummaryProposal, "member", Clear(member=None, reason=""), "summaries-proposed",
            ("study_id", "tldr", "body", "reason", "status", "answer", "made_at"),
            about=gettext_noop("summaries you proposed"),
            address=study_address,
        ),
        Part(
            SummaryDraft, "member", Clear(member=None), "summary-drafts", ("study_id", "status", "made_at"),
            about=gettext_noop("drafts you asked a program for"), address=study_address,
        ),
        *_answered(StudySuggestion, ErrorReport, Correction, SummaryProposal),
        *_of_summary(Summary),
        *_of_summary(SummaryVersion),
        Part(
            StudyChange, "actor", Clear(actor=None), "library-changes",
            ("study_id", "kind", "words", "reason", "before", "after", "made_at"),
            about=gettext_noop("what you changed in the library"), address=study_address,
        ),
        Part(
            MergedStudy, "actor", Clear(actor=None), "merges", ("study_id", "old_id", "reason", "merged_at"),
            about=gettext_noop("studies you merged"), address=study_address,
        ),
        Part(MergeProposal, "decided_by", Clear(decided_by=None), withheld=THEIRS),
        Part(
            ImportRun, "asked_by", Clear(asked_by=None, reason=""), "imports",
            ("kind", "state", "reason", "title", "asked_at", "finished_at"), about=gettext_noop("what you imported"),
        ),
    )  # fmt: skip
    personal.register_words(
        Words(
            StudyChange, ("before", "after"), '"written_by": "{name}"', f'"written_by": "{SOMEBODY}"',
            '"written_by": "{name}"',
        ),
    )  # fmt: skip
    personal.impersonal(
        "what publications and their sources say; no member stands in it",
        *(
            getattr(ours, name)
            for name in (
                "Arrival", "Author", "Authorship", "Citation", "ImportLine", "Journal", "Mention", "MentionedWork",
                "NewStudy", "NewWords", "OtherIdentifier", "StandingRound", "Study", "StudyFacts", "StudyRelation",
                "StudySource", "StudyTag", "StudyText", "TitleKey",
            )
        ),
    )  # fmt: skip


def _answered(*models: Any) -> list[Part]:
    clear = Clear(answered_by=None)
    return [Part(model, "answered_by", clear, withheld="an answer belongs to whom it was given") for model in models]


def _of_summary(model: Any) -> list[Part]:
    """A summary keeps its words: it belongs to the study. Who wrote or reviewed it becomes nobody in particular."""
    is_version = model is SummaryVersion
    name = "summary-versions" if is_version else "summaries"
    fields = ("study_id", "tldr", "body", "written_on", "reviewed_on")
    about = {
        "writer": (gettext_noop("summaries you wrote"), gettext_noop("summaries you wrote, as they were")),
        "editor": (gettext_noop("summaries you changed"), gettext_noop("summaries you changed, as they were")),
        "reviewer": (gettext_noop("summaries you reviewed"), gettext_noop("summaries you reviewed, as they were")),
    }
    return [
        Part(
            model, role, Clear(**{role: None}), f"{name}-{role}", fields,
            about=about[role][is_version], address=study_address,
        )
        for role in about
    ]  # fmt: skip
