"""``manage.py import_library DIR``: the open data of a Studyhall into this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from studies.open_data import reading

SHOWN_REFUSALS = 200


class Command(BaseCommand):
    help = (
        "Takes the files that export_library wrote into this library. Into an empty one it gives an equal library; "
        "into another it adds what is new, and stands behind what PubMed, publishers and Crossref said. May be run "
        "twice, or cut off and run again. Exit status: 0, or 1 when studies were refused (each is listed), or 2."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            with tqdm(unit=" studies", disable=None) as bar:
                report = reading.read(folder, bar.update)
        except reading.Unusable as error:
            raise CommandError(str(error), returncode=2) from error
        for refusal in report.refused[:SHOWN_REFUSALS]:
            self.stderr.write(f"refused: {refusal}")
        self.stdout.write(f"{str(report).capitalize()}.")
        if report.refused:
            raise SystemExit(1)
