from notices.models.follow import Follow
from notices.models.mail import Mail
from notices.models.notification import Notification
from notices.models.preference import Preference

__all__ = ["Follow", "Mail", "Notification", "Preference"]
