"""Rows in JSON: a list of objects, each with the key of its row."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate

from host.crm.fields import CrmField
from host.crm.row_values import MOST_ROWS, UNNAMED
from host.crm.tables import ROW_KEY_LENGTH
from host.crm.values import CrmRows
from host.schemas import Schema, Text

KEY = "key"
_NOT_SO = _l("must not begin with a plus sign")


class RowList(fields.List[Any]):
    """Rows: a list of objects in JSON, `CrmRows` in Python; a row without a key is a new one."""

    def __init__(self, declared: CrmField, columns: type[Schema], *, is_input: bool, **options: Any) -> None:
        self._declared = declared
        inner = type(f"{columns.__name__}Row", (columns,), {KEY: _key_of_input() if is_input else _key_of_answer()})
        super().__init__(fields.Nested(inner), validate=validate.Length(max=MOST_ROWS) if is_input else None, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:
        rows: CrmRows = {}
        faults: dict[int, dict[str, list[str]]] = {}
        for number, loaded in enumerate(_loaded(super()._deserialize(value, attr, data, **options))):
            key = loaded.get(KEY) or f"{UNNAMED}{number}"
            if key in rows:
                faults[number] = {KEY: [_("stands there twice")]}
            rows[key] = {one.key: loaded[one.column] for one in self._declared.row_fields if one.column in loaded}
        if faults:
            raise ValidationError(faults)
        return rows

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> Any:
        rows: CrmRows = value or {}
        columns = {one.key: one.column for one in self._declared.row_fields}
        listed = [{KEY: key, **{columns[one]: cell for one, cell in row.items()}} for key, row in rows.items()]
        return super()._serialize(listed, attr, obj, **options)


def _loaded(rows: Any) -> list[dict[str, Any]]:
    return rows or []


def _key_of_input() -> fields.Field[Any]:
    return Text(
        validate=[
            validate.Length(min=1, max=ROW_KEY_LENGTH),
            validate.Regexp(f"^[^{UNNAMED}]", error=_NOT_SO),
        ],
        metadata={"description": "Key of a row that is there; a row without one is new."},
    )


def _key_of_answer() -> fields.Field[Any]:
    return fields.String(required=True, metadata={"description": "Key of the row; it never changes."})
