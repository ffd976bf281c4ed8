from common.models.tag import Tag

__all__ = ["Tag"]
