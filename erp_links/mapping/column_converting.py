"""Converting whole columns of ERP values, where nothing is unusual in them.

A column converter gives what `CompiledField.convert` would give for each value, for a fraction of the cost. Where a
value is faulty, of another type than the field's, or has no item of the hub's list, it gives None, and the caller goes
value by value.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from erp_links.mapping.converting import Converter
from host.crm.fields import CrmField, CrmType
from host.crm.values import CrmValue, holds_unwanted
from sync_connectors import Field, FieldType, ListKey

ColumnConverter = Callable[[Sequence[Any]], Sequence[CrmValue] | None]

_NONE = type(None)
_ZERO = Decimal(0)
_SHORT_NUMBERS = re.compile(r"(?:-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?: |$))*")
"""Numbers that every decimal field of the hub takes as they are."""


def column_converter(erp_field: Field, crm_field: CrmField, convert: Converter) -> ColumnConverter:
    """Return the function that converts columns of one mapped field.

    Args:
        erp_field: The ERP's field.
        crm_field: The hub's field.
        convert: What converts one value.
    """
    if erp_field.type is FieldType.TEXT and crm_field.type in {CrmType.TEXT, CrmType.LONG_TEXT}:
        return _text_column(crm_field)
    if erp_field.type is FieldType.DOUBLE and crm_field.type is CrmType.DECIMAL:
        return _decimal_column(convert)
    if erp_field.type in _FEW_DIFFERENT:
        return _column_of_few(_FEW_DIFFERENT[erp_field.type], convert)
    return _column_of_many(convert)


def _text_column(crm_field: CrmField) -> ColumnConverter:
    longest = crm_field.max_length
    is_long = crm_field.type is CrmType.LONG_TEXT

    def convert(values: Sequence[Any]) -> Sequence[CrmValue] | None:
        if not set(map(type, values)) <= {str, _NONE}:
            return None
        texts = [(value.strip() or None) if value else None for value in values]
        together = "".join(filter(None, texts))
        if is_long and "\r" in together:
            return None
        if longest and len(together) > longest and max(map(len, filter(None, texts))) > longest:
            return None
        return None if holds_unwanted(together, lines=is_long) else texts

    return convert


def _decimal_column(convert: Converter) -> ColumnConverter:
    one_by_one = _column_of_many(convert)

    def convert_column(values: Sequence[Any]) -> Sequence[CrmValue] | None:
        given = [value for value in values if value is not None]
        if not set(map(type, given)) <= {Decimal} or not _SHORT_NUMBERS.fullmatch(" ".join(map(str, given))):
            return one_by_one(values)
        return [value or (None if value is None else _ZERO) for value in values]

    return convert_column


def _column_of_few(expected: type, convert: Converter) -> ColumnConverter:
    def convert_column(values: Sequence[Any]) -> Sequence[CrmValue] | None:
        if not set(map(type, values)) <= {expected, _NONE}:
            return None
        try:
            hub_of = {value: convert(value) for value in set(values)}
        except ValueError:
            return None
        return list(map(hub_of.__getitem__, values))

    return convert_column


def _column_of_many(convert: Converter) -> ColumnConverter:
    def convert_column(values: Sequence[Any]) -> Sequence[CrmValue] | None:
        try:
            return [convert(value) for value in values]
        except ValueError:
            return None

    return convert_column


_FEW_DIFFERENT = {FieldType.CHECKBOX: bool, FieldType.LIST: ListKey}
"""Types whose values are few and equal only where they are the same; those of others are converted one by one."""
