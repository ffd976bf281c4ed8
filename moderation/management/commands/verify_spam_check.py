"""Whether the check for spam knows the site's key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.fetching import NotFetched
from moderation import spam_check


class Command(BaseCommand):
    help = "Ask the service of SPAM_CHECK_URL whether it takes SPAM_CHECK_KEY. Sends the key and SITE_URL alone."

    def handle(self, *args: Any, **options: Any) -> None:
        if not spam_check.is_on():
            raise CommandError("The spam check is off: SPAM_CHECK_KEY is empty.")
        try:
            if not spam_check.verify():
                raise CommandError("The service does not take the key.")
        except NotFetched as trouble:
            raise CommandError(trouble.sentence) from trouble
        self.stdout.write("The service takes the key.")
