"""Count the days and the reading of members from the time before these were counted."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from forum import known


class Command(BaseCommand):
    help = "Once after an upgrade: let what members wrote and upvoted count as days here and as posts read."

    def handle(self, *args, **options):
        self.stdout.write(f"{known.learn()} members have another trust level now.")
