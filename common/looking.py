"""The desk for rows that nobody writes by hand."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class LookOnly:
    """Mixed into a ``ModelAdmin``: its rows can be looked at; none can be added, changed or deleted there."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
