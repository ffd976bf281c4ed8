from notices.models.mail import Mail

__all__ = ["Mail"]
