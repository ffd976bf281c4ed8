"""``manage.py export_library [DIR]``: the whole library as open data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from tqdm import tqdm

from studies.open_data import writing


class Command(BaseCommand):
    help = (
        "Writes studies.jsonl.gz, citations.csv.gz, tags.jsonl.gz and manifest.json into a folder (by default the one "
        "that /open-data/ serves). Files that are there are replaced, each whole, at once. Nothing private is in them."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.OPEN_DATA_DIR, metavar="DIR")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        with tqdm(unit=" studies", disable=None) as bar:
            manifest = writing.write(folder, bar.update)
        for name, facts in manifest["files"].items():
            self.stdout.write(f"{folder / name}: {facts['rows']:,} rows, {facts['bytes']:,} bytes")
