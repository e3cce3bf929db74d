"""Converting whole columns of ERP values, where nothing is unusual in them.

A column converter gives what `CompiledField.convert` would give for each value, and the JSON forms of the values as
`sync_connectors.codec` gives them, for a fraction of the cost. Where a value is missing, faulty, of another type than
the field's, or has no item of the hub's list, it gives None, and the caller goes value by value.
"""

from collections.abc import Callable, Sequence
from typing import Any

from erp_links.mapping.converting import Converter
from host.crm.fields import CrmField, CrmType
from host.crm.values import CrmValue, holds_unwanted
from sync_connectors import Field, FieldType, ListKey
from sync_connectors.codec import value_to_json

Columns = tuple[Sequence[CrmValue], Sequence[Any]]
"""Values of the hub, and the JSON forms of the ERP's values."""

ColumnConverter = Callable[[Sequence[Any]], Columns | None]

_NONE = type(None)


def column_converter(erp_field: Field, crm_field: CrmField, convert: Converter) -> ColumnConverter:
    """Return the function that converts columns of one mapped field.

    Args:
        erp_field: The ERP's field.
        crm_field: The hub's field.
        convert: What converts one value.
    """
    if erp_field.type is FieldType.TEXT and crm_field.type in {CrmType.TEXT, CrmType.LONG_TEXT}:
        return _text_column(crm_field)
    if erp_field.type in _FEW_DIFFERENT:
        return _column_of_few(_FEW_DIFFERENT[erp_field.type], convert)
    return _column_of_many(convert)


def _text_column(crm_field: CrmField) -> ColumnConverter:
    longest = crm_field.max_length
    is_long = crm_field.type is CrmType.LONG_TEXT

    def convert(values: Sequence[Any]) -> Columns | None:
        if not set(map(type, values)) <= {str, _NONE}:
            return None
        texts = [(value.strip() or None) if value else None for value in values]
        given = [text for text in texts if text is not None]
        together = "".join(given)
        if is_long and "\r" in together:
            return None
        if longest and len(together) > longest and max(map(len, given)) > longest:
            return None
        return None if holds_unwanted(together, lines=is_long) else (texts, values)

    return convert


def _column_of_few(expected: type, convert: Converter) -> ColumnConverter:
    def convert_column(values: Sequence[Any]) -> Columns | None:
        if not set(map(type, values)) <= {expected, _NONE}:
            return None
        different = set(values)
        try:
            hub_of = {value: convert(value) for value in different}
        except ValueError:
            return None
        json_of = {value: value_to_json(value) for value in different}
        return [hub_of[value] for value in values], [json_of[value] for value in values]

    return convert_column


def _column_of_many(convert: Converter) -> ColumnConverter:
    def convert_column(values: Sequence[Any]) -> Columns | None:
        try:
            return [convert(value) for value in values], [value_to_json(value) for value in values]
        except ValueError:
            return None

    return convert_column


_FEW_DIFFERENT = {FieldType.CHECKBOX: bool, FieldType.LIST: ListKey}
"""Types whose values are few and equal only where they are the same; those of others are converted one by one."""
