from accounts.models.data_copy import DataCopy
from accounts.models.flair import Flair
from accounts.models.leaving import GoneName, Leaving
from accounts.models.member import Member

__all__ = ["DataCopy", "Flair", "GoneName", "Leaving", "Member"]
