"""Prove that the mentions of studies equal what the texts of posts and comments name; mend with ``--mend``."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from studies.mentions import differences

SHOWN = 20


class Command(BaseCommand):
    help = "Compare the table of mentions with the texts, and what is mentioned with the library."

    def add_arguments(self, parser):
        parser.add_argument("--mend", action="store_true", help="put right what differs")
        parser.add_argument("--render", action="store_true", help="render every text anew instead of reading its HTML")

    def handle(self, *args, **options):
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        found = 0
        for sentence in differences(mend=options["mend"], from_source=options["render"]):
            found += 1
            if found <= SHOWN:
                self.stdout.write(sentence)
        if found and not options["mend"]:
            raise CommandError(f"{found:,} differ. Run again with --mend.", returncode=1)
        self.stdout.write(f"{found:,} mended." if found else "Mentions agree with the texts.")
