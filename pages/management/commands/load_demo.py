"""Load the demo community into an empty database."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Member
from pages.demo import loading


class Command(BaseCommand):
    help = "Load the demo community if the database has no members. Only with STUDYHALL_MODE=demo."

    def add_arguments(self, parser):
        parser.add_argument(
            "--show-sign-ins", action="store_true", help="print the demo's names and password, load nothing"
        )

    def handle(self, *args, show_sign_ins: bool = False, **options):
        if settings.MODE not in ("demo", "test"):
            raise CommandError("Demo accounts have a known password, so they are made only with STUDYHALL_MODE=demo.")
        if show_sign_ins:
            for role, name in loading.SIGN_INS:
                self.stdout.write(f"{role}: {name} / {loading.PASSWORD}")
            return
        if Member.objects.exists():
            self.stdout.write("The database has members already; it is left as it is.")
            return
        self.stdout.write("Loading the demo community …")
        loaded = loading.load()
        self.stdout.write("Loaded " + ", ".join(f"{number} {name}" for name, number in loaded.items()) + ".")
