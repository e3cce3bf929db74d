"""Which ERP field types go with which CRM field types, and in which direction nothing is lost (spec 2.7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from host.crm.registry import CrmType
from sync_connectors import FieldType


@dataclass(frozen=True, slots=True)
class Conversion:
    """In which directions a pair of types can be synced without loss."""

    to_crm: bool
    to_erp: bool


_NONE = Conversion(to_crm=False, to_erp=False)
_BOTH = Conversion(to_crm=True, to_erp=True)
_TO_CRM = Conversion(to_crm=True, to_erp=False)
_TO_ERP = Conversion(to_crm=False, to_erp=True)

_TEXTS_TO_CRM = {CrmType.TEXT: _TO_CRM, CrmType.LONG_TEXT: _TO_CRM}
_TIMES = {CrmType.DATE: _BOTH, CrmType.DATETIME: _BOTH, **_TEXTS_TO_CRM}

_TABLE: Mapping[FieldType, Mapping[CrmType, Conversion]] = {
    FieldType.TEXT: {
        CrmType.TEXT: _BOTH,
        CrmType.LONG_TEXT: _BOTH,
        # every number and date can be written as text, but not every text is one
        CrmType.INTEGER: _TO_ERP,
        CrmType.DECIMAL: _TO_ERP,
        CrmType.DATE: _TO_ERP,
        CrmType.DATETIME: _TO_ERP,
    },
    FieldType.INTEGER: {CrmType.INTEGER: _BOTH, CrmType.DECIMAL: _TO_CRM, **_TEXTS_TO_CRM},
    FieldType.DOUBLE: {CrmType.DECIMAL: _BOTH, **_TEXTS_TO_CRM},
    FieldType.CHECKBOX: {CrmType.BOOLEAN: _BOTH, CrmType.INTEGER: _TO_CRM, **_TEXTS_TO_CRM},
    FieldType.DATETIME: _TIMES,
    FieldType.LOCAL_DATETIME: _TIMES,
    FieldType.DATE: _TIMES,
    FieldType.LIST: {CrmType.LIST: _BOTH, **_TEXTS_TO_CRM},
    # what goes over is decided column by column
    FieldType.ROWS: {CrmType.ROWS: _BOTH},
}
"""Types that are absent, on either side, cannot be mapped: labels, passwords, references."""


def conversion(erp_type: FieldType, crm_type: CrmType) -> Conversion:
    """Return in which directions values of the two types can be synced."""
    return _TABLE.get(erp_type, {}).get(crm_type, _NONE)


def is_offered(erp_type: FieldType, crm_type: CrmType) -> bool:
    """Return whether a CRM field of this type may be chosen for an ERP field of that type."""
    return conversion(erp_type, crm_type) is not _NONE


def carries_values(erp_type: FieldType) -> bool:
    """Return whether fields of this type can be mapped at all."""
    return erp_type in _TABLE


def is_single(erp_type: FieldType) -> bool:
    """Return whether fields of this type hold one value, which a line of a tab or of a search result can show."""
    return carries_values(erp_type) and erp_type is not FieldType.ROWS


def type_name(erp_type: FieldType) -> str:
    """Return the words for an ERP field type."""
    words: dict[FieldType, str] = {
        FieldType.CHECKBOX: _("yes or no"),
        FieldType.TEXT: _("text"),
        FieldType.PASSWORD: _("password"),
        FieldType.INTEGER: _("whole number"),
        FieldType.DOUBLE: _("decimal"),
        FieldType.LIST: _("list"),
        FieldType.DATETIME: _("date and time"),
        FieldType.LABEL: _("label"),
        FieldType.DATE: _("date"),
        FieldType.LOCAL_DATETIME: _("date and local time"),
        FieldType.ROWS: _("rows"),
    }
    return words[erp_type]


def crm_type_name(crm_type: CrmType) -> str:
    """Return the words for a CRM field type."""
    words: dict[CrmType, str] = {
        CrmType.TEXT: _("text"),
        CrmType.LONG_TEXT: _("long text"),
        CrmType.INTEGER: _("whole number"),
        CrmType.DECIMAL: _("decimal"),
        CrmType.BOOLEAN: _("yes or no"),
        CrmType.DATE: _("date"),
        CrmType.DATETIME: _("date and time"),
        CrmType.LIST: _("list"),
        CrmType.REFERENCE: _("reference"),
        CrmType.ROWS: _("rows"),
    }
    return words[crm_type]
