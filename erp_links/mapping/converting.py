"""Turning values of an ERP into values of the hub: one function per pair of types, chosen once per run.

The way back is in `converting_back`; the table of both is in docs/values.md.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal
from typing import cast
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from erp_links.mapping.compatibility import conversion, crm_type_name, type_name
from erp_links.mapping.list_table import ListTable
from host.crm.fields import CrmField, CrmType
from host.crm.values import CrmValue, checker_of
from sync_connectors import Field, FieldType, Value

LONGEST_NUMBER = 254
_EXACT = Context(prec=100)
"""Enough for all digits that a connector may tell; the usual context would round some away."""

Converter = Callable[[Value], CrmValue]
"""Takes a value as the field's type promises it. Raises ValueError, in words, where the hub cannot hold it."""


class UnmappedItemError(ValueError):
    """A list item that has no counterpart on the other side; it is skipped and counted, never written raw."""


def converter(
    erp_field: Field,
    crm_field: CrmField,
    *,
    table: ListTable | None = None,
    texts: Mapping[str, str] | None = None,
    zone: ZoneInfo | None = None,
) -> Converter:
    """Return the function that makes hub values of `crm_field` from ERP values of `erp_field`.

    An empty or blank text is no value, and blanks at the ends of a text do not count. Where the pair of types goes to
    the ERP only, the function refuses every value but None.

    Args:
        erp_field: The ERP's field.
        crm_field: The hub's field.
        table: The look-up table of the two lists, where both fields are lists.
        texts: Display texts of the ERP's list, where its items go into a text field.
        zone: The link's ERP time zone; UTC where it has none.
    """
    if crm_field.type is CrmType.ROWS:
        return _column_by_column
    if crm_field.type is CrmType.LIST:
        return _list_item(table or ListTable())
    if not conversion(erp_field.type, crm_field.type).to_crm:
        return _refusing(erp_field, crm_field)
    check = _decimals(checker_of(crm_field)) if crm_field.type is CrmType.DECIMAL else checker_of(crm_field)
    shape = _shape(erp_field.type, crm_field.type, texts or {}, zone or ZoneInfo("UTC"))

    def convert(value: Value) -> CrmValue:
        if value is None:
            return None
        try:
            return check(shape(value))
        except OverflowError:  # a time at the end of the calendar, in a zone where the calendar is over
            raise ValueError(_("must lie between the years 1 and 9999")) from None

    return convert


def _column_by_column(_value: Value) -> CrmValue:
    raise TypeError("rows are converted column by column")


def _refusing(erp_field: Field, crm_field: CrmField) -> Converter:
    def convert(value: Value) -> CrmValue:
        if value is None:
            return None
        words = {"erp": type_name(erp_field.type), "crm": crm_type_name(crm_field.type)}
        raise ValueError(_("not every %(erp)s of the ERP is a valid %(crm)s", **words))

    return convert


def _list_item(table: ListTable) -> Converter:
    items = table.to_crm

    def convert(value: Value) -> CrmValue:
        if value is None or value == "":
            return None
        item = items.get(cast(str, value))
        if item is None:
            raise UnmappedItemError(_("“%(item)s” is not in the CRM's list", item=value))
        return item

    return convert


def _shape(
    erp_type: FieldType, crm_type: CrmType, texts: Mapping[str, str], zone: ZoneInfo
) -> Callable[[Value], object]:
    if erp_type in {FieldType.DATETIME, FieldType.LOCAL_DATETIME, FieldType.DATE}:
        return _time_shape(erp_type, crm_type, zone)
    if erp_type is FieldType.CHECKBOX and crm_type is CrmType.INTEGER:
        return lambda value: int(bool(value))
    if crm_type not in {CrmType.TEXT, CrmType.LONG_TEXT}:
        return _as_it_is
    to_text: dict[FieldType, Callable[[Value], object]] = {
        FieldType.TEXT: _trimmed,
        FieldType.LIST: lambda value: texts.get(str(value), str(value)).strip(),
        FieldType.CHECKBOX: lambda value: _("yes") if value else _("no"),
        FieldType.DOUBLE: _digits,
        FieldType.INTEGER: str,
    }
    return to_text.get(erp_type, _as_it_is)


def _time_shape(erp_type: FieldType, crm_type: CrmType, zone: ZoneInfo) -> Callable[[Value], object]:
    def instant(value: Value) -> datetime:
        if erp_type is FieldType.DATE:
            return datetime.combine(cast(date, value), time(), zone)
        given = cast(datetime, value)
        # of an hour that comes twice a local time means the first: a stored one cannot say which
        return given.replace(tzinfo=zone, fold=0) if erp_type is FieldType.LOCAL_DATETIME else given

    match crm_type:
        case CrmType.DATETIME:
            return lambda value: instant(value).astimezone(UTC)
        case CrmType.DATE if erp_type is FieldType.DATE:
            return _as_it_is
        case CrmType.DATE if erp_type is FieldType.LOCAL_DATETIME:
            return lambda value: cast(datetime, value).date()
        case CrmType.DATE:
            return lambda value: instant(value).astimezone(zone).date()
    if erp_type is FieldType.DATE:
        return lambda value: cast(date, value).isoformat()
    return lambda value: instant(value).astimezone(zone).isoformat(sep=" ", timespec="minutes")


def _decimals(check: Callable[[object], CrmValue]) -> Callable[[object], CrmValue]:
    """Have zeros at the end of a number not count where it has more digits than the hub takes."""

    def checked(value: object) -> CrmValue:
        try:
            return check(value)
        except ValueError:
            if not isinstance(value, Decimal) or abs(value.adjusted()) > LONGEST_NUMBER:
                raise
            return check(value.normalize(_EXACT))

    return checked


def _digits(value: Value) -> object:
    number = cast(Decimal, value)
    if abs(number.adjusted()) > LONGEST_NUMBER:  # a few characters of exponent would become gigabytes of zeros
        raise ValueError(_("must be a number"))
    return format(number, "f")


def _trimmed(value: Value) -> object:
    return value.strip() if isinstance(value, str) else value


def _as_it_is(value: Value) -> object:
    return value
