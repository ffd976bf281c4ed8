"""What stands in somebody else's JSON, whatever shape it has: never raises, gives something empty instead."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from studies.importing.record import LIST_LIMIT


def text_of(value: Any) -> str:
    """A string or a number as text; the first of a list of such; "" for all else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return next((text for item in value if not isinstance(item, list) and (text := text_of(item))), "")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def texts_of(value: Any) -> list[str]:
    """The strings and numbers of a list, as text; one alone is a list of itself."""
    values = value if isinstance(value, list) else [value]
    return [text for item in values if not isinstance(item, list) and (text := text_of(item))]


def table_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def tables_of(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list, all else in it passed over; no more than it takes to see that they are too many."""
    if isinstance(value, list):
        yield from islice((item for item in value if isinstance(item, dict)), LIST_LIMIT + 1)
