"""Values of an ERP as people read them, in the reader's language and time zone."""

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_datetime as format_local_datetime
from babel.numbers import format_decimal
from flask_babel import format_date, format_datetime, get_locale
from flask_babel import gettext as _

from erp_links.tab.values import TabValue
from sync_connectors import Rows, Value

LONGEST_TEXT = 500
LONGEST_NUMBER = 60


def shown(value: TabValue) -> str:
    """Return the text of a value; empty where the ERP has none. A list item that has no text shows its key."""
    return value.text or _plain(value.value, value.field.decimals or 0)


def _plain(value: Value, decimals: int) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(_("Yes") if value else _("No"))
        case Decimal():
            return _number(value, decimals)
        case Rows():
            return str(_("%(count)d rows", count=len(value)))
        case date():
            return _moment(value)
    text = str(value)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def _number(value: Decimal, decimals: int) -> str:
    """Write all digits that the ERP gave, zeros at the end too: 60000.50 is an amount."""
    places = max(decimals, -int(value.as_tuple().exponent), 0)
    if abs(value.adjusted()) > LONGEST_NUMBER or places > LONGEST_NUMBER:
        return str(value)
    digits = f"#,##0.{'0' * places}" if places else "#,##0"
    return str(format_decimal(value, format=digits, locale=get_locale() or "en"))


def _moment(value: date) -> str:
    if not isinstance(value, datetime):
        return str(format_date(value))
    if value.tzinfo is None:  # meant in the ERP's time zone, which is not the reader's
        return str(format_local_datetime(value, locale=get_locale() or "en"))
    return str(format_datetime(value))
