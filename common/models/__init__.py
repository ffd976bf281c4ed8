from common.models.pace import Pace
from common.models.tag import Tag

__all__ = ["Pace", "Tag"]
