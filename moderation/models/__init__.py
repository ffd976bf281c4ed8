from moderation.models.action import Action
from moderation.models.allowance import Allowance
from moderation.models.audit import AuditEntry

__all__ = ["Action", "Allowance", "AuditEntry"]
