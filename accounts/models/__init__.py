from accounts.models.data_copy import DataCopy
from accounts.models.member import Member

__all__ = ["DataCopy", "Member"]
