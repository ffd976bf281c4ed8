"""Partial dates: a year, a year and a month, or a whole day, and never more than is known."""

from __future__ import annotations

from calendar import month_name, monthrange
from dataclasses import dataclass
from datetime import date

from django.utils.dates import MONTHS
from django.utils.formats import date_format

EARLIEST_YEAR, LATEST_YEAR = 1500, 2200


@dataclass(frozen=True, order=True)
class PartialDate:
    """``PartialDate(2011, 2)`` is February 2011. Raises ``ValueError`` for a date that can't be."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not EARLIEST_YEAR <= self.year <= LATEST_YEAR:
            raise ValueError(f"{self.year} is not a year a study can have appeared in")
        if self.month is not None and not 1 <= self.month <= 12:
            raise ValueError(f"{self.month} is not a month")
        if self.day is not None and (self.month is None or not 1 <= self.day <= monthrange(self.year, self.month)[1]):
            raise ValueError(f"{self.day} is not a day of that month")

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """From ``2011``, ``2011-02`` or ``2011-02-14``."""
        return cls(*(int(part) for part in text.split("-")))

    @property
    def iso(self) -> str:
        """``2011``, ``2011-02`` or ``2011-02-14``: what a ``<time datetime>`` takes."""
        return "-".join(f"{part:0{4 if index == 0 else 2}d}" for index, part in enumerate(self.parts))

    @property
    def parts(self) -> tuple[int, ...]:
        return tuple(part for part in (self.year, self.month, self.day) if part is not None)

    @property
    def month_and_year(self) -> str:
        """``February 2011``, or ``2011`` where no month is known, in the language of the page."""
        return f"{MONTHS[self.month]} {self.year}" if self.month else str(self.year)

    @property
    def in_words(self) -> str:
        """All that is known, in the language of the page: ``14 February 2011``."""
        if self.month and self.day:
            return date_format(date(self.year, self.month, self.day), "DAY")
        return self.month_and_year

    def __str__(self) -> str:
        """The same in English, as it is stored and compared."""
        return " ".join(filter(None, (str(self.day or ""), month_name[self.month or 0], str(self.year))))
