"""What became of the records of an import, in numbers and names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from studies.importing.record import Refusal

TITLES_SHOWN, MERGED_SHOWN = 200, 1000  # as many as a report names


@dataclass(frozen=True)
class Touched:
    """A study that an import made or changed: its title, its number where it is in the library, and what changed."""

    title: str
    study: int | None = None
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        changed = ", ".join(name.replace("_", " ") for name in self.fields)
        return f"{self.title}: {changed}" if changed else self.title


@dataclass(frozen=True)
class Joined:
    """A record that was known again, or a study that was merged: with which study, and why."""

    place: str
    title: str
    study: int
    why: str

    def __str__(self) -> str:
        return f"{self.place or self.title}: joined with study {self.study} because {self.why}"


@dataclass
class Report:
    """What became of the records of an import.

    ``losses`` counts what was left out of records that were taken. ``merged_count`` is how many records were joined
    with a study that other sources brought; ``merged`` names them, ``new_titles`` and ``updated_titles`` name studies,
    each as many as anybody would read.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    losses: Counter[str] = field(default_factory=Counter)
    merged_count: int = 0
    merged: list[Joined] = field(default_factory=list)
    new_titles: list[Touched] = field(default_factory=list)
    updated_titles: list[Touched] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.new + self.updated + self.unchanged + len(self.refused)

    def add(self, other: Report) -> None:
        self.new += other.new
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.losses += other.losses
        self.merged_count += other.merged_count
        self.merged += other.merged[: MERGED_SHOWN - len(self.merged)]
        self.new_titles += other.new_titles[: TITLES_SHOWN - len(self.new_titles)]
        self.updated_titles += other.updated_titles[: TITLES_SHOWN - len(self.updated_titles)]

    def __str__(self) -> str:
        return (
            f"read {self.read:,}: {self.new:,} new, {self.updated:,} updated, {self.unchanged:,} unchanged, "
            f"{len(self.refused):,} refused"
        )
