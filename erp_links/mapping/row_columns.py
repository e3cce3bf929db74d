"""How the columns of a field of rows, such as the lines of an order, go with those of the hub."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from erp_links.mapping.compatibility import conversion, crm_type_name, type_name
from host.crm.fields import CrmField, CrmType
from sync_connectors import Access, Field, FieldType

KNOWN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "item_number": ("ITEM", "ITEMNO", "ITEMCODE", "PRODUCT", "PRODUCTNO", "PRODUCTCODE", "ARTICLE", "ARTICLENO", "SKU"),
    "description": ("TEXT", "NAME", "ITEMDESCRIPTION", "LINEDESCRIPTION"),
    "quantity": ("QTY", "COUNT", "QUANTITYORDERED"),
    "unit": ("UNITCODE", "UNITOFMEASURE", "UOM"),
    "price": ("UNITPRICE", "NETPRICE", "SALESPRICE"),
    "discount": ("DISCOUNTPERCENT", "DISCOUNTPERCENTAGE", "DISCOUNTPCT"),
    "vat_code": ("VAT", "TAXCODE"),
    "amount": ("LINEAMOUNT", "LINETOTAL", "NETAMOUNT", "TOTAL"),
    "delivery_date": ("DELIVERY", "DELIVERYTIME"),
    "cost_centre": ("COSTCENTER",),
    "notes": ("NOTE", "REMARKS"),
}
"""Keys of ERPs' columns that mean a column of the hub, in upper case without blanks and dashes; its own key
and label are known beside these."""


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column of an ERP's rows, the column of the hub that it goes with, and all that it could go with."""

    erp: Field
    crm: CrmField | None
    offered: tuple[CrmField, ...]


def holds_rows(erp_field: Field, crm_field: CrmField | None) -> bool:
    """Return whether the pair of fields is mapped column by column."""
    return erp_field.type is FieldType.ROWS and crm_field is not None and crm_field.type is CrmType.ROWS


def mapped_columns(
    erp_field: Field, crm_field: CrmField | None, columns: Mapping[str, str]
) -> tuple[MappedColumn, ...]:
    """Return the columns of an ERP's field with what they go with; none where the pair holds no rows."""
    if crm_field is None or not holds_rows(erp_field, crm_field):
        return ()
    by_key = {column.key: column for column in crm_field.row_fields}
    return tuple(
        MappedColumn(
            erp=column,
            crm=by_key.get(columns.get(column.key, "")),
            offered=tuple(each for each in crm_field.row_fields if _go_together(column, each)),
        )
        for column in erp_field.row_fields
    )


def propose_columns(erp_field: Field, crm_field: CrmField | None) -> dict[str, str]:
    """Return ERP column → hub column for those that have the same name, or a known one for the same; each once."""
    if crm_field is None or not holds_rows(erp_field, crm_field):
        return {}
    proposed: dict[str, str] = {}
    for crm_column in crm_field.row_fields:
        known = [_plain(crm_column.key), _plain(str(crm_column.label)), *KNOWN_COLUMNS.get(crm_column.key, ())]
        suiting = [
            erp_column.key
            for name in known
            for erp_column in erp_field.row_fields
            if erp_column.key not in proposed
            and name in {_plain(erp_column.key), _plain(erp_column.label)}
            and _go_together(erp_column, crm_column)
        ]
        if suiting:
            proposed[suiting[0]] = crm_column.key
    return proposed


def column_faults(erp_field: Field, crm_field: CrmField | None, columns: Mapping[str, str]) -> Iterator[str]:
    """Yield everything that is wrong with a choice of columns, in words."""
    if not columns:
        return
    if crm_field is None or not holds_rows(erp_field, crm_field):
        yield _("only a field of rows has columns")
        return
    erp_columns = {column.key: column for column in erp_field.row_fields}
    crm_columns = {column.key: column for column in crm_field.row_fields}
    taken: dict[str, str] = {}
    for erp_key, crm_key in columns.items():
        erp_column, crm_column = erp_columns.get(erp_key), crm_columns.get(crm_key)
        if erp_column is None:
            yield _("the rows of the ERP have no column “%(key)s”", key=erp_key)
        elif crm_column is None:
            yield _("the rows of the CRM have no column “%(key)s”", key=crm_key)
        elif not _go_together(erp_column, crm_column):
            words = {"erp": type_name(erp_column.type), "crm": crm_type_name(crm_column.type)}
            yield f"“{erp_column.label}”: " + _("%(erp)s in the ERP does not go with %(crm)s in the CRM", **words)
        elif crm_key in taken:
            yield _(
                "“%(one)s” and “%(other)s” both go with “%(field)s”", **_twice(taken[crm_key], erp_column, crm_column)
            )
        else:
            taken[crm_key] = erp_column.label


def missing_columns(erp_field: Field, crm_field: CrmField | None, columns: Mapping[str, str], *, to_erp: bool) -> str:
    """Return why rows cannot be synced with these columns, or an empty text."""
    mapped = mapped_columns(erp_field, crm_field, columns)
    if not any(each.crm for each in mapped):
        return str(_("no column of its rows is mapped"))
    needed = [each.erp.label for each in mapped if each.erp.access is Access.MANDATORY and each.crm is None]
    if to_erp and needed:
        return str(_("mandatory in the ERP and not mapped: %(columns)s", columns=", ".join(needed)))
    return ""


def _go_together(erp_column: Field, crm_column: CrmField) -> bool:
    # rows are compared as the hub would hold them, so every column has to come into the hub
    return conversion(erp_column.type, crm_column.type).to_crm


def _twice(first: str, erp_column: Field, crm_column: CrmField) -> dict[str, str]:
    return {"one": first, "other": erp_column.label, "field": str(crm_column.label)}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).upper()
