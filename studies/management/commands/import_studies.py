"""``manage.py import_studies FILE…``: studies from files of every format that is read into the library."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from studies.importing import beside
from studies.importing.importing import BATCH, import_records
from studies.importing.opening import Item
from studies.importing.report import Report

SHOWN_REFUSALS = 200


class Command(BaseCommand):
    help = (
        "Reads PubMed XML, MEDLINE (.nbib), JATS, RIS and the Web of Science's text, BibTeX, EndNote XML, CSL-JSON and "
        "the JSON of Crossref and OpenAlex, plain, gzipped or in a tar or zip archive, each told by its content, and "
        "puts the studies into the library. May be run twice, cut off and run again, and run beside another import. "
        "Exit status: 0 when every record was taken, 1 when some were refused (each is listed with its place and the "
        "reason; all others are in), 2 when a file is missing or the arguments make no sense."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--batch", type=int, default=BATCH, metavar="N", help=f"records in one transaction ({BATCH})"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would become of each record, and write nothing"
        )

    def handle(self, *args: Any, files: list[Path], batch: int, dry_run: bool, **options: Any) -> None:
        for path in files:
            if not path.is_file():
                raise CommandError(f"There is no file {path}.", returncode=2)
        if not 1 <= batch <= 10_000:
            raise CommandError("--batch is a number from 1 to 10,000.", returncode=2)
        report = Report()
        with tqdm(total=sum(path.stat().st_size for path in files), unit="B", unit_scale=True, disable=None) as bar:
            for path in files:
                for kind, records in groupby(_watched(path, bar), key=lambda item: item[0]):
                    items = (item for _, item in records)
                    report.add(import_records(items, kind, batch_size=batch, dry_run=dry_run))
        self._tell(report, dry_run)
        if report.refused:
            raise SystemExit(1)

    def _tell(self, report: Report, dry_run: bool) -> None:
        for refusal in report.refused[:SHOWN_REFUSALS]:
            self.stderr.write(f"refused: {refusal}")
        if len(report.refused) > SHOWN_REFUSALS:
            self.stderr.write(f"refused: {len(report.refused) - SHOWN_REFUSALS:,} more")
        for joined in report.merged:
            self.stdout.write(f"joined: {joined}")
        if report.merged_count > len(report.merged):
            self.stdout.write(f"joined: {report.merged_count - len(report.merged):,} more")
        for loss, count in sorted(report.losses.items()):
            self.stdout.write(f"note: {loss} ({count:,} ×)")
        told = f"{str(report).capitalize()}."
        self.stdout.write(f"Nothing was written. {told}" if dry_run else told)


def _watched(path: Path, bar: tqdm) -> Iterator[Item]:
    """The items of a file while the bar follows. What cannot be read of it goes with the kind that came before."""
    start = bar.n
    kind = "jats"

    def moved(position: int) -> None:
        bar.update(start + position - bar.n)

    for found, item in beside.read(path, moved):
        kind = found or kind
        yield kind, item
    moved(path.stat().st_size)
