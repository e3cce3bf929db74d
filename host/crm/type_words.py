"""What the types of fields are called."""

from flask_babel import lazy_gettext as _l

from host.crm.fields import CrmType

TYPE_WORDS = {
    CrmType.TEXT: _l("Text"),
    CrmType.LONG_TEXT: _l("Long text"),
    CrmType.INTEGER: _l("Whole number"),
    CrmType.DECIMAL: _l("Decimal"),
    CrmType.BOOLEAN: _l("Yes or no"),
    CrmType.DATE: _l("Date"),
    CrmType.DATETIME: _l("Date and time"),
    CrmType.LIST: _l("List"),
    CrmType.REFERENCE: _l("Record"),
    CrmType.ROWS: _l("Rows"),
}
