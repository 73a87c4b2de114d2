"""A model's rows from hand-written SQL, where compiling the same query again would cost more than running it."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)
Statement = tuple[str, Sequence[Any]]  # text and values, for a cursor


class Rows(Generic[M]):
    """How rows of one model are selected under a table's name in a statement, and made into the model's objects."""

    def __init__(self, model: type[M], table: str) -> None:
        fields = model._meta.concrete_fields
        self.model, self.width = model, len(fields)
        self.columns = ", ".join(f"{table}.{field.column}" for field in fields)
        self._names = [field.attname for field in fields]
        self._read = [
            (n, field, field.from_db_value) for n, field in enumerate(fields) if hasattr(field, "from_db_value")
        ]

    def updating(self, row: M, names: Iterable[str]) -> Statement | None:
        """The statement that writes these fields of a row that is there; None when there are none."""
        wanted = set(names)
        if not wanted:
            return None
        fields = [field for field in self.model._meta.concrete_fields if field.name in wanted]
        assigned = ", ".join(f"{field.column} = %s" for field in fields)
        values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        return f"UPDATE {self.model._meta.db_table} SET {assigned} WHERE id = %s", [*values, row.pk]  # noqa: S608

    def made(self, values: Sequence[Any]) -> M:
        """The object of as many values as the model has columns, in their order."""
        own = list(values)
        for n, field, read in self._read:
            own[n] = read(own[n], field, connection)
        return self.model.from_db(connection.alias, self._names, own)
