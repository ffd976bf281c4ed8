"""Lists of the desk over tables of millions of rows: Django's admin counts and sorts all of them, these do not."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST = 10_000  # rows of a list that can be paged to; what is older is found by a filter or a search
RECENT = 5_000  # rows whose values a filter offers


class BoundedPaginator(Paginator):
    """Counts and pages to the first ``MOST`` rows and no further."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.order_by()[:MOST].count() if hasattr(rows, "order_by") else len(rows)


class RecentValuesFilter(admin.AllValuesFieldListFilter):
    """Offers the values that the newest rows have."""

    def __init__(self, field: Any, request: Any, params: Any, model: Any, model_admin: Any, field_path: str) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        newest = model_admin.get_queryset(request).order_by("-pk").values_list(field_path, flat=True)[:RECENT]
        self.lookup_choices: Any = sorted(set(newest), key=lambda value: (value is not None, value))
