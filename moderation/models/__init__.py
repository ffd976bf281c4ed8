from moderation.models.action import Action
from moderation.models.allowance import Allowance

__all__ = ["Action", "Allowance"]
