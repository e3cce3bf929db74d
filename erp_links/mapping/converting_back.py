"""Turning values of the hub into values of an ERP: one function per pair of types, chosen once per run."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import cast
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from erp_links.mapping.compatibility import conversion, crm_type_name, type_name
from erp_links.mapping.converting import UnmappedItemError
from erp_links.mapping.list_table import ListTable
from host.crm.fields import CrmField, CrmType
from host.crm.values import CrmValue
from sync_connectors import Field, FieldType, ListKey, Value

BackConverter = Callable[[CrmValue], Value]
"""Takes a value as the hub stores it. Raises ValueError, in words, where the ERP's field cannot hold it."""

_EXACT = Context(prec=100)
"""Enough for all digits of a hub's decimal; the usual context would round or refuse some."""


def back_converter(
    erp_field: Field, crm_field: CrmField, *, table: ListTable | None = None, zone: ZoneInfo | None = None
) -> BackConverter:
    """Return the function that makes ERP values of `erp_field` from hub values of `crm_field`.

    A text that is too long for the ERP is refused and never cut (spec 5.8). Where the pair of types goes to the CRM
    only, the function refuses every value but None.

    Args:
        erp_field: The ERP's field.
        crm_field: The hub's field.
        table: The look-up table of the two lists, where both fields are lists.
        zone: The link's ERP time zone; UTC where it has none.
    """
    if crm_field.type is CrmType.ROWS:
        return _column_by_column
    if not conversion(erp_field.type, crm_field.type).to_erp:
        return _refusing(erp_field, crm_field)
    shape = _shape(erp_field, crm_field.type, table or ListTable(), zone or ZoneInfo("UTC"))

    def convert(value: CrmValue) -> Value:
        if value is None:
            return None
        try:
            return shape(value)
        except OverflowError:  # a time at the end of the calendar, in a zone where the calendar is over
            raise ValueError(_("must lie between the years 1 and 9999")) from None

    return convert


def _column_by_column(_value: CrmValue) -> Value:
    raise TypeError("rows are converted column by column")


def _refusing(erp_field: Field, crm_field: CrmField) -> BackConverter:
    def convert(value: CrmValue) -> Value:
        if value is None:
            return None
        words = {"erp": type_name(erp_field.type), "crm": crm_type_name(crm_field.type)}
        raise ValueError(_("%(crm)s cannot be turned back into %(erp)s of the ERP", **words))

    return convert


def _shape(erp_field: Field, crm_type: CrmType, table: ListTable, zone: ZoneInfo) -> BackConverter:
    match erp_field.type:
        case FieldType.TEXT:
            return _text(crm_type, erp_field.max_length, zone)
        case FieldType.DOUBLE:
            return _decimal(erp_field.decimals)
        case FieldType.LIST:
            return _list_item(table)
        case FieldType.DATETIME | FieldType.LOCAL_DATETIME | FieldType.DATE:
            return _time(erp_field.type, crm_type, zone)
    return _as_it_is


def _text(crm_type: CrmType, max_length: int, zone: ZoneInfo) -> BackConverter:
    shape = _to_text(crm_type, zone)

    def convert(value: CrmValue) -> Value:
        text = shape(value)
        if max_length and len(text) > max_length:
            raise ValueError(_("must not be longer than %(count)s characters", count=max_length))
        return text or None

    return convert


def _to_text(crm_type: CrmType, zone: ZoneInfo) -> Callable[[CrmValue], str]:
    match crm_type:
        case CrmType.INTEGER:
            return str
        case CrmType.DECIMAL:
            # without zeros at the end: the two databases do not keep the same number of them
            return lambda value: format(cast(Decimal, value).normalize(_EXACT), "f")
        case CrmType.DATE:
            return lambda value: cast(date, value).isoformat()
        case CrmType.DATETIME:
            return lambda value: cast(datetime, value).astimezone(zone).isoformat(timespec="seconds")
    return lambda value: cast(str, value).strip()


def _decimal(decimals: int | None) -> BackConverter:
    if decimals is None:
        return _as_it_is
    step = Decimal(1).scaleb(-decimals)

    def convert(value: CrmValue) -> Value:
        number = cast(Decimal, value)
        if int(number.as_tuple().exponent) >= -decimals:
            return number
        rounded = number.quantize(step, ROUND_HALF_UP, _EXACT)
        return Decimal(0) if rounded.is_zero() else rounded

    return convert


def _list_item(table: ListTable) -> BackConverter:
    items = {crm_key: ListKey(erp_key) for crm_key, erp_key in table.to_erp.items()}

    def convert(value: CrmValue) -> Value:
        item = items.get(cast(str, value))
        if item is None:
            raise UnmappedItemError(_("“%(item)s” is not in the ERP's list", item=value))
        return item

    return convert


def _time(erp_type: FieldType, crm_type: CrmType, zone: ZoneInfo) -> BackConverter:
    if crm_type is CrmType.DATE:
        days: dict[FieldType, BackConverter] = {
            FieldType.DATE: _as_it_is,
            FieldType.LOCAL_DATETIME: lambda value: datetime.combine(cast(date, value), time()),
            FieldType.DATETIME: lambda value: _begin_of_day(cast(date, value), zone),
        }
        return days[erp_type]
    moments: dict[FieldType, BackConverter] = {
        FieldType.DATE: lambda value: cast(datetime, value).astimezone(zone).date(),
        FieldType.LOCAL_DATETIME: lambda value: cast(datetime, value).astimezone(zone).replace(tzinfo=None, fold=0),
        FieldType.DATETIME: _as_it_is,
    }
    return moments[erp_type]


def _begin_of_day(day: date, zone: ZoneInfo) -> datetime:
    begin = datetime.combine(day, time(), zone).astimezone(UTC)
    if begin.astimezone(zone).date() != day:  # Samoa went from the 29th to the 31st of December 2011
        raise ValueError(_("is a day that the ERP's time zone does not have"))
    return begin


def _as_it_is(value: CrmValue) -> Value:
    return cast(Value, value)
