"""Bring the translations in step with the code, and make what Django and the scripts read of them."""

from django.conf import settings
from django.core.management.base import BaseCommand

from common import catalogue


class Command(BaseCommand):
    help = "Add new sentences to each django.po, drop those that are gone, and make django.mo and sentences.*.js anew."
    requires_system_checks = ()

    def handle(self, *args, **options):
        for language, _ in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            messages, files = catalogue.Files(settings.BASE_DIR, language).renewed()
            for path, content in files.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            missing = [message for message in messages if not message.is_translated]
            self.stdout.write(f"{language}: {len(messages)} sentences, {len(missing)} to translate")
            for message in missing:
                self.stdout.write(f"  {message.places[0]}: {message.key[1]!r}")
