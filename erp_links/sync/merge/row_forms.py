"""Rows of one field in the forms that a merge compares: by hub row key, mapped columns only, values in JSON form."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from erp_links.mapping.compiled import CompiledColumn, CompiledField
from erp_links.sync.merge.comparing import form_of
from host.crm.values import CrmRows, CrmScalar
from sync_connectors import Rows, Value

Comparable = dict[str, dict[str, Any]]
"""{hub row key: {hub column: JSON form of its value}}."""


def hub_rows(columns: Iterable[CompiledColumn], rows: Rows | None) -> CrmRows:
    """Return rows of the ERP as the hub would hold them, under the keys that they have in the ERP.

    Raises:
        ValueError: The hub cannot hold a value; the text names the row and the column.
    """
    return {key: _converted(columns, key, row) for key, row in (rows or {}).items()}


def erp_row(columns: Iterable[CompiledColumn], key: str, row: Mapping[str, CrmScalar]) -> dict[str, Value]:
    """Return the columns of a row of the hub that are sent, as the ERP would hold them.

    Raises:
        ValueError: The ERP cannot hold a value; the text names the row and the column.
    """
    made: dict[str, Value] = {}
    for column in columns:
        if not column.to_erp:
            continue
        try:
            made[column.erp.key] = column.convert_back(row.get(column.crm.key))
        except ValueError as error:
            raise type(error)(f"{key}, {column.erp.label}: {error}") from None
    return made


def comparable(columns: Iterable[CompiledColumn], rows: Mapping[str, Mapping[str, CrmScalar]] | None) -> Comparable:
    """Return rows of the hub in the form in which they are compared."""
    keys = [column.crm.key for column in columns]
    return {name: {key: form_of(row.get(key)) for key in keys} for name, row in (rows or {}).items()}


def renamed(rows: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return rows under other keys; one that is not named keeps its own."""
    return {names.get(key, key): row for key, row in rows.items()}


def rows_of_base(mapped: CompiledField, stored: Any) -> CrmRows:
    """Return the rows of a base as the hub would hold them, under the ERP's keys; none where that is impossible."""
    try:
        return hub_rows(mapped.columns, cast("Rows | None", mapped.stored(stored)))
    except ValueError:
        return {}


def _converted(columns: Iterable[CompiledColumn], key: str, row: Mapping[str, Value]) -> dict[str, CrmScalar]:
    made: dict[str, CrmScalar] = {}
    for column in columns:
        try:
            made[column.crm.key] = cast(CrmScalar, column.convert(row.get(column.erp.key)))
        except ValueError as error:
            raise type(error)(f"{key}, {column.erp.label}: {error}") from None
    return made
