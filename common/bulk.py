"""Many rows at once: by COPY, which costs a tenth of an INSERT for each row. For rows that are certainly new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def copy_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of plain values, each with the values of the fields of these names, in order.

    Fields that are not named get their column's default. Nothing of the model's own code runs: no ``save``, no signal.
    """
    columns = ", ".join(f'"{model._meta.get_field(name).column}"' for name in names)  # type: ignore[union-attr]
    statement = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def copy_in(objects: Sequence[models.Model]) -> None:
    """Insert unsaved objects of one model, with the values that ``bulk_create`` would write."""
    if not objects:
        return
    model = type(objects[0])
    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.generated and not (field.primary_key and objects[0].pk is None)
    ]
    copy_rows(
        model,
        [field.name for field in fields],
        ([field.get_db_prep_save(field.pre_save(each, add=True), connection) for field in fields] for each in objects),
    )


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """As many numbers for new rows, in order, from the table's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        return [pk for (pk,) in cursor.fetchall()]
