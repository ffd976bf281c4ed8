from moderation.models.action import Action
from moderation.models.allowance import Allowance
from moderation.models.audit import AuditEntry
from moderation.models.case import Case, Report
from moderation.models.reputation import Reputation, ReputationEntry
from moderation.models.trust import Trust

__all__ = ["Action", "Allowance", "AuditEntry", "Case", "Report", "Reputation", "ReputationEntry", "Trust"]
