from accounts.models.member import Member

__all__ = ["Member"]
