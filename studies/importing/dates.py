"""When a study appeared, from the several dates that a record gives."""

from __future__ import annotations

import re
from collections.abc import Iterable

from studies.dates import PartialDate

MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
YEAR = re.compile(r"\b(1[5-9]\d\d|2[01]\d\d)\b")
DAY_AFTER_MONTH = re.compile(r"[A-Za-z]+\.?\s+(\d{1,2})\b(?!\d)")


def partial_date(year: str | None, month: str | None = None, day: str | None = None) -> PartialDate | None:
    """A date from the words of a record, only as precise as they make sense; None without a sensible year.

    A month may be a number, a name, or a range of names ("Jul-Sep"), which gives its first: the issue appeared then.
    A season gives no month.
    """
    found = YEAR.search(year or "")
    if not found:
        return None
    number = month_number(month or "")
    try:
        return PartialDate(int(found[1]), number, int(day) if day and number else None)
    except ValueError:
        return PartialDate(int(found[1]), number)


def month_number(text: str) -> int | None:
    """1 to 12 from "02", "Feb", "February", "Feb-Mar"; None for anything else."""
    text = text.strip().lower()
    if text.isascii() and text.isdigit():
        return int(text) if 1 <= int(text[:4]) <= 12 else None
    word = re.match(r"[a-z]+", text)
    return (
        MONTHS.get(word[0][:3])
        if word and not word[0].startswith(("summ", "spri", "autu", "fall", "wint", "mars"))
        else None
    )


def medline_date(text: str) -> PartialDate | None:
    """The start of a MEDLINE date in free words: "1998 Dec-1999 Jan" is December 1998, "2000 Spring" is 2000."""
    found = YEAR.search(text)
    if not found:
        return None
    rest = text[found.end() :]
    word = re.match(r"\s*[-/]?\s*([A-Za-z]+)", rest)
    if not word:
        return PartialDate(int(found[1]))
    day = DAY_AFTER_MONTH.match(rest.strip())
    return partial_date(found[1], word[1], day[1] if day else None)


def first_appeared(dates: Iterable[PartialDate | None]) -> PartialDate | None:
    """The earliest of several dates of publication; of those that could be the same day, the most precise.

    "2005" beside "12 April 2005" gives the day, "2005" beside "24 January 2006" gives 2005.
    """
    left = [date for date in dates if date is not None]
    for precision in (1, 2, 3):
        precise = [date for date in left if len(date.parts) >= precision]
        if not precise:
            break
        earliest = min(date.parts[:precision] for date in precise)
        left = [date for date in precise if date.parts[:precision] == earliest]
    return max(left, key=lambda date: len(date.parts), default=None)
