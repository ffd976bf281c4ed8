from moderation.models.action import Action
from moderation.models.allowance import Allowance
from moderation.models.appeal import Appeal, AppealMessage
from moderation.models.audit import AuditEntry
from moderation.models.award import Award
from moderation.models.case import Case, Report
from moderation.models.checked import Checked, CheckStanding
from moderation.models.held import Held
from moderation.models.reputation import Reputation, ReputationEntry
from moderation.models.rule import Flag, Rule, RuleFiring
from moderation.models.sanction import MemberNote, Sanction
from moderation.models.template import ReasonTemplate
from moderation.models.trace import Trace
from moderation.models.trust import Trust

__all__ = [
    "Action",
    "Allowance",
    "Appeal",
    "AppealMessage",
    "AuditEntry",
    "Award",
    "Case",
    "CheckStanding",
    "Checked",
    "Flag",
    "Held",
    "MemberNote",
    "ReasonTemplate",
    "Report",
    "Reputation",
    "ReputationEntry",
    "Rule",
    "RuleFiring",
    "Sanction",
    "Trace",
    "Trust",
]
