from notices.models.digest import Digest
from notices.models.feed_key import FeedKey
from notices.models.follow import Follow
from notices.models.mail import Mail
from notices.models.mute import Mute
from notices.models.notification import Notification
from notices.models.preference import Preference

__all__ = ["Digest", "FeedKey", "Follow", "Mail", "Mute", "Notification", "Preference"]
