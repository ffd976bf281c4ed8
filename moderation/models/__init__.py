from moderation.models.action import Action
from moderation.models.allowance import Allowance
from moderation.models.audit import AuditEntry
from moderation.models.award import Award
from moderation.models.case import Case, Report
from moderation.models.reputation import Reputation, ReputationEntry
from moderation.models.template import ReasonTemplate
from moderation.models.trust import Trust

__all__ = [
    "Action",
    "Allowance",
    "AuditEntry",
    "Award",
    "Case",
    "ReasonTemplate",
    "Report",
    "Reputation",
    "ReputationEntry",
    "Trust",
]
