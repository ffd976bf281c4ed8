from notices.models.audience import Audience
from notices.models.device import Device
from notices.models.digest import Digest
from notices.models.feed_key import FeedKey
from notices.models.follow import Follow
from notices.models.letter import Letter
from notices.models.mail import Mail
from notices.models.mail_allowance import MailAllowance
from notices.models.mute import Mute
from notices.models.notification import Notification
from notices.models.preference import Preference
from notices.models.refused_mail import RefusedMail

__all__ = [
    "Audience",
    "Device",
    "Digest",
    "FeedKey",
    "Follow",
    "Letter",
    "Mail",
    "MailAllowance",
    "Mute",
    "Notification",
    "Preference",
    "RefusedMail",
]
