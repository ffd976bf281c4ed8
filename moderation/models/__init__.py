from moderation.models.action import Action
from moderation.models.allowance import Allowance
from moderation.models.audit import AuditEntry
from moderation.models.case import Case, Report
from moderation.models.reputation import Reputation, ReputationEntry

__all__ = ["Action", "Allowance", "AuditEntry", "Case", "Report", "Reputation", "ReputationEntry"]
