"""A record of the hub in memory, and how it lies in the rows of its table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row

from host.crm.fields import CUSTOM_PREFIX, CrmField, CrmType
from host.crm.registry import entity_type_of
from host.crm.tables import table_of
from host.crm.values import CrmValue, JsonForm, fold, fold_all, from_json, to_json
from host.database import Same, Values

BOOKKEEPING = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "field_meta")


def row_stamp(field_key: str, row_key: str) -> str:
    """Return the key under which `Record.field_meta` and `Record.stamp` know one row of a field of rows."""
    return f"{field_key}/{row_key}"


@dataclass(frozen=True, slots=True)
class FieldStamp:
    """When a field took its present value: the record's version then, the time, and the origin of the change."""

    version: int
    at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the hub.

    Attributes:
        values: The fields that were read, by key; None where a field has no value, and an empty dict where no rows.
        field_meta: {field key: [version, ISO time, origin]} of the fields changed after the record was made; rows that
            were changed, added or taken away have entries of their own, `lines/10`.
    """

    entity_type: str
    id: int
    version: int
    values: Mapping[str, CrmValue]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    field_meta: Mapping[str, Sequence[Any]]

    def stamp(self, field_key: str) -> FieldStamp:
        """Return when and by whom the field took its present value."""
        changed = self.field_meta.get(field_key)
        if changed is None:
            return FieldStamp(1, self.created_at, self.created_by)
        version, at, origin = changed
        return FieldStamp(version, datetime.fromisoformat(at), origin)

    @property
    def title(self) -> str:
        """What the record is called; its number where it has no name."""
        parts = (self.values.get(key) for key in entity_type_of(self.entity_type).title_fields)
        return " ".join(str(part) for part in parts if part) or f"#{self.id}"


class RecordReading:
    """Which columns to select for some fields, and how to make records of the rows.

    Attributes:
        columns: What to select.
        rows_fields: The fields that hold rows; `host.crm.rows.read_rows` fills them afterwards.
    """

    def __init__(self, entity_type: str, fields: Iterable[CrmField]) -> None:
        self._entity_type = entity_type
        table = table_of(entity_type)
        self._standard: list[str] = []
        self._custom: list[CrmField] = []
        self.rows_fields: list[CrmField] = []
        columns = [table.c[name] for name in BOOKKEEPING]
        for field in fields:
            if field.custom:
                self._custom.append(field)
            elif field.type is CrmType.ROWS:
                self.rows_fields.append(field)
            else:
                self._standard.append(field.key)
                columns.append(table.c[field.column])
        self._first_custom = len(columns)
        if self._custom:
            columns.append(table.c.custom)
        self.columns: Sequence[Column[Any]] = columns

    def record(self, row: Row[*tuple[Any, ...]]) -> Record:
        """Return the record of a row of `columns`."""
        values: dict[str, CrmValue] = dict(zip(self._standard, row[len(BOOKKEEPING) : self._first_custom], strict=True))
        if self._custom:
            custom = row[self._first_custom]
            for field in self._custom:
                values[field.key] = from_json(field.type, custom.get(field.key))
        for field in self.rows_fields:
            values[field.key] = {}
        return Record(
            entity_type=self._entity_type,
            id=row[0],
            version=row[1],
            values=values,
            created_at=row[2],
            created_by=row[3],
            updated_at=row[4],
            updated_by=row[5],
            field_meta=row[6],
        )


class RowWriting:
    """Turns the values of fields into the columns that hold them."""

    def __init__(self, entity_type: str) -> None:
        fields = entity_type_of(entity_type).fields
        self._columns = {
            field.key: (field.column, field.folded_column) for field in fields if field.type is not CrmType.ROWS
        }
        self._rows_fields = {field.key for field in fields if field.type is CrmType.ROWS}

    def split(self, values: Mapping[str, CrmValue]) -> tuple[dict[str, Any], dict[str, JsonForm]]:
        """Return the values of the columns, and those of the user-defined fields in their JSON form.

        Raises:
            KeyError: a key is neither a standard field with a column nor one that could be user-defined.
        """
        columns: dict[str, Any] = {}
        custom: dict[str, JsonForm] = {}
        for key, value in values.items():
            if key.startswith(CUSTOM_PREFIX):
                custom[key] = to_json(value)
                continue
            column, folded = self._columns[key]
            columns[column] = value
            if folded:
                columns[folded] = fold(value) if isinstance(value, str) else None
        return columns, custom

    def columns(
        self, values: Mapping[str, Sequence[CrmValue]], known: Mapping[str, Sequence[str | None]]
    ) -> dict[str, Values]:
        """Return the columns of new records, that of the user-defined fields among them.

        Args:
            values: By field key those of all records; ROWS fields are passed over, which have no column.
            known: By field key the folded forms of texts that were made already.

        Raises:
            KeyError: a key is neither a standard field nor one that could be user-defined.
        """
        custom = sorted(key for key in values if key.startswith(CUSTOM_PREFIX))
        columns: dict[str, Values] = {"custom": _custom({key: values[key] for key in custom}) if custom else Same({})}
        for key in values.keys() - self._rows_fields - set(custom):
            column, folded = self._columns[key]
            columns[column] = values[key]
            if folded:
                columns[folded] = known[key] if key in known else fold_all(values[key])
        return columns


def _custom(columns: Mapping[str, Sequence[CrmValue]]) -> list[dict[str, JsonForm]]:
    return [
        {key: to_json(value) for key, value in zip(columns, row, strict=True) if value is not None}
        for row in zip(*columns.values(), strict=True)
    ]
