from moderation.models.action import Action

__all__ = ["Action"]
