"""Keyset paging: every list is read from where the last page ended, never by page number.

A cursor is the sort key of the last row shown, as base64url of JSON. It is made of what the page shows
anyway, so it is not signed; it is checked field by field, and one that does not fit is refused with 404.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext_noop

BAD_CURSOR = gettext_noop(
    "This list address is damaged: its “after” part can't be read. Start again at the beginning of the list."
)
CURSOR_LIMIT = 600
UNREADABLE = (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, ValidationError)


@dataclass
class KeysetPage:
    """One page of a list: ``rows``, and ``next_cursor`` where more follow."""

    rows: list[Any]
    next_cursor: str = ""
    is_first: bool = True

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


Sieve = Callable[[Any], Any]
SIFTED = 2000  # rows that a sifted list looks at for a page, at most


def paginate(
    queryset: QuerySet, order: Sequence[str], after: str = "", size: int | None = None, sieve: Sieve | None = None
) -> KeysetPage:
    """Read the page of ``queryset`` that follows ``after``.

    ``order`` names plain columns of the model, or of one it points at ("cited__added_at", which the queryset should
    join), ``-`` for descending, the last one unique; a nullable column sorts its nulls last. Reads ``size + 1`` rows
    (``settings.LIST_PAGE`` unless told). Raises ``Http404`` for a cursor that doesn't fit.

    ``sieve`` leaves out rows by what no index of the order knows ("muted"). It is asked of ``SIFTED`` rows at most,
    should nearly all be left out; the page may be short then, or empty, and more may follow.
    """
    size = size or settings.LIST_PAGE
    if after:
        queryset = queryset.filter(_rows_after(queryset.model, order, _decode(queryset.model, order, after)))
    ordered = queryset.order_by(*(_ordering(queryset.model, name) for name in order))
    if sieve is None:
        rows, last = list(ordered[: size + 1]), []
    else:
        rows = list(sieve(ordered.filter(pk__in=ordered.values("pk")[:SIFTED]))[: size + 1])
        last = list(ordered.prefetch_related(None)[SIFTED - 1 : SIFTED])
    next_cursor = _encode(rows[size - 1], order) if len(rows) > size else "".join(_encode(row, order) for row in last)
    return KeysetPage(rows[:size], next_cursor, is_first=not after)


def _ordering(model: type[Model], name: str) -> Any:
    # PostgreSQL reads an index only for the very order it has: "nulls last" is said only where there can be nulls.
    column = name.removeprefix("-")
    nulls_last = True if _column(model, column).null else None
    return F(column).desc(nulls_last=nulls_last) if name.startswith("-") else F(column).asc(nulls_last=nulls_last)


def _rows_after(model: type[Model], order: Sequence[str], values: Sequence[Any]) -> Q:
    """(a, b, c) after (x, y, z): a<x, or a=x and b<y, or a=x and b=y and c<z; nulls come last."""
    condition, equal = Q(pk__in=[]), Q()
    for name, value in zip(order, values, strict=True):
        column = name.removeprefix("-")
        comparison = "lt" if name.startswith("-") else "gt"
        if value is not None:
            later = Q(**{f"{column}__{comparison}": value})
            if _column(model, column).null:
                later |= Q(**{f"{column}__isnull": True})
            condition |= equal & later
            equal &= Q(**{column: value})
        else:
            equal &= Q(**{f"{column}__isnull": True})
    first, value = order[0].removeprefix("-"), values[0]
    if value is not None and not _column(model, first).null:
        condition &= Q(**{f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": value})
    return condition


def _encode(row: Model, order: Sequence[str]) -> str:
    return cursor_of([reduce(getattr, name.removeprefix("-").split("__"), row) for name in order])


def cursor_of(values: Sequence[Any]) -> str:
    """The cursor of a row with this sort key, for a list whose order is no column's."""
    text = json.dumps([value.isoformat() if hasattr(value, "isoformat") else value for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def values_of(cursor: str, types: Sequence[type]) -> list[Any]:
    """The sort key that ``cursor_of`` put into a cursor. Raises ``Http404`` where its values are not of these types."""
    try:
        values = _read(cursor, len(types))
    except UNREADABLE as error:
        raise Http404(BAD_CURSOR) from error
    if any(type(value) is not wanted for value, wanted in zip(values, types, strict=True)):
        raise Http404(BAD_CURSOR)
    return values


def _read(cursor: str, length: int) -> list[Any]:
    if len(cursor) > CURSOR_LIMIT:
        raise ValueError
    values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    if not isinstance(values, list) or len(values) != length:
        raise ValueError
    return values


def read_cursor(model: type[Model], order: Sequence[str], cursor: str) -> list[Any]:
    """The sort key that a cursor of such a list holds, for a list that is bounded by hand. Raises ``Http404``."""
    return _decode(model, order, cursor)


def _decode(model: type[Model], order: Sequence[str], cursor: str) -> list[Any]:
    try:
        values = _read(cursor, len(order))
        return [
            _value(_column(model, name.removeprefix("-")), value) for name, value in zip(order, values, strict=True)
        ]
    except UNREADABLE as error:
        raise Http404(BAD_CURSOR) from error


def _column(model: type[Model], name: str) -> Any:
    here, _, beyond = name.partition("__")
    column: Any = model._meta.pk if here == "pk" else model._meta.get_field(here)
    if beyond:
        return _column(column.related_model, beyond)
    # A generated column knows neither its type nor whether it can be null; the one it gives does.
    return getattr(column, "output_field", column)


def _value(column: Field, value: Any) -> Any:
    if value is None:
        if not column.null:
            raise ValueError
        return None
    if isinstance(value, bool | list | dict) or (isinstance(value, str) and "\0" in value):
        raise ValueError
    if isinstance(value, str):
        value.encode()  # a lone surrogate, which JSON can spell, raises UnicodeEncodeError, a ValueError
    converted = column.to_python(value)
    if isinstance(converted, datetime):
        if converted.tzinfo is None:
            raise ValueError
        converted = converted.astimezone(UTC)  # PostgreSQL knows no zone as far off as Python does
    if isinstance(converted, float) and not -1e300 < converted < 1e300:
        raise ValueError
    if isinstance(converted, int) and not -(2**63) <= converted < 2**63:
        raise ValueError
    return converted
