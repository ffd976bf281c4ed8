from studies.models.arrival import Arrival, NewStudy
from studies.models.author import Author, Authorship
from studies.models.change import StudyChange
from studies.models.citation import Citation
from studies.models.facts import StudyFacts
from studies.models.identity import MergedStudy, MergeProposal, OtherIdentifier, TitleKey
from studies.models.import_run import ImportLine, ImportRun
from studies.models.journal import Journal
from studies.models.mention import Mention, MentionedWork
from studies.models.proposal import SummaryDraft, SummaryProposal
from studies.models.reading_list import ListEntry, ReadingList
from studies.models.relation import RelationKind, StudyRelation
from studies.models.report import ErrorReport
from studies.models.saved import SavedStudy
from studies.models.search import FoundWords, NewWords, SavedSearch
from studies.models.source import StudySource
from studies.models.standing import StandingRound
from studies.models.study import Study, StudyTag, StudyText
from studies.models.suggestion import Correction, StudyAsk, StudySuggestion
from studies.models.summary import Summary, SummaryVersion

__all__ = [
    "Arrival",
    "Author",
    "Authorship",
    "Citation",
    "Correction",
    "ErrorReport",
    "FoundWords",
    "ImportLine",
    "ImportRun",
    "Journal",
    "ListEntry",
    "Mention",
    "MentionedWork",
    "MergeProposal",
    "MergedStudy",
    "NewStudy",
    "NewWords",
    "OtherIdentifier",
    "ReadingList",
    "RelationKind",
    "SavedSearch",
    "SavedStudy",
    "StandingRound",
    "Study",
    "StudyAsk",
    "StudyChange",
    "StudyFacts",
    "StudyRelation",
    "StudySource",
    "StudySuggestion",
    "StudyTag",
    "StudyText",
    "Summary",
    "SummaryDraft",
    "SummaryProposal",
    "SummaryVersion",
    "TitleKey",
]
