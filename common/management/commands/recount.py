"""Prove every stored counter against its rows; mend with ``--mend``."""

from django.core.management.base import BaseCommand, CommandError

from common import recount


class Command(BaseCommand):
    help = "Recompute every stored counter and print what drifted. Exit status 1 when something did and was not mended."

    def add_arguments(self, parser):
        parser.add_argument("--mend", action="store_true", help="write the right numbers where they differ")

    def handle(self, *args, mend: bool, **options):
        drifted = 0
        for counter in recount.counters():
            wrong = counter.mend() if mend else counter.drifted()
            drifted += wrong
            if wrong:
                self.stdout.write(f"{counter.table}.{counter.column}: {wrong} {'mended' if mend else 'wrong'}")
        if drifted and not mend:
            raise CommandError(f"{drifted} numbers differ from a recount. Run again with --mend.")
        self.stdout.write(
            f"{len(recount.counters())} counters agree with their rows." if not drifted else "All mended."
        )
