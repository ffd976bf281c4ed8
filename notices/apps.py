from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out

from notices import private_feeds


class NoticesConfig(AppConfig):
    name = "notices"

    def ready(self) -> None:
        from notices import personal

        personal.register()
        private_feeds.register(private_feeds.PrivateFeed("Your notifications", "notices:notifications_feed"))
        user_logged_out.connect(_forget_device)


def _forget_device(request: Any, user: Any, **rest: Any) -> None:
    """Whoever signs out on a device is told there no more."""
    from notices.models import Device

    key = getattr(getattr(request, "session", None), "session_key", None)
    if user is not None and key:
        Device.objects.filter(member=user.pk, session_key=key).delete()
