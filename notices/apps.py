from django.apps import AppConfig

from notices import private_feeds


class NoticesConfig(AppConfig):
    name = "notices"

    def ready(self) -> None:
        from notices import personal

        personal.register()
        private_feeds.register(private_feeds.PrivateFeed("Your notifications", "notices:notifications_feed"))
