"""Lists of the desk: over millions of rows, which Django's admin would count and sort, and in an order of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Field
from django.http import HttpRequest
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


class ArrangedAdmin(admin.ModelAdmin):
    """The desk for rows in an order of their own, which is set in their list in fields whose name is read aloud."""

    list_editable = ("position",)

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **more: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **more)
        if field and db_field.name == "position":
            field.widget.attrs["aria-label"] = "Position"
        return field
