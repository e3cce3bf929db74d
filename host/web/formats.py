"""Numbers, times and dates in the words of who reads them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from babel import numbers as exact
from flask import Flask
from flask_babel import format_date, format_datetime, format_decimal, format_timedelta, get_locale
from flask_babel import gettext as _

_LONG_AGO = timedelta(days=30)


def ago(moment: datetime) -> str:
    """Return how long ago a moment was, and the date where that is over a month."""
    passed = datetime.now(UTC) - moment
    if passed > _LONG_AGO or passed < -_LONG_AGO:
        return str(format_date(moment, "medium"))
    if abs(passed) < timedelta(seconds=45):
        return str(_("just now"))
    words: str = format_timedelta(-passed, granularity="second", threshold=1.2, add_direction=True)
    return words


def exact_time(moment: datetime | None) -> str:
    """Return a moment to the second, with its zone, in the reader's zone."""
    return "" if moment is None else f"{format_datetime(moment, 'medium')} {format_datetime(moment, 'z')}"


def short_time(moment: datetime | None) -> str:
    """Return a moment to the minute, in the reader's zone."""
    return "" if moment is None else str(format_datetime(moment, "short"))


def plain_date(day: date | None) -> str:
    """Return a date; one without a time is the same in every zone."""
    return "" if day is None else str(format_date(day, "medium", rebase=False))


def number(value: float | None) -> str:
    """Return a whole number with the reader's grouping."""
    return "" if value is None else str(format_decimal(value))


def exact_decimal(value: Decimal | None) -> str:
    """Return a decimal with all its digits, in the reader's notation."""
    if value is None:
        return ""
    exponent = value.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    return exact.format_decimal(value, pattern, locale=get_locale() or "en", decimal_quantization=False)


def money(value: Decimal | None, currency: str) -> str:
    """Return an amount with all its digits, and at least those that its currency has.

    Args:
        value: The amount.
        currency: The ISO 4217 code; an unknown one is shown as it is, an empty one leaves a plain decimal.
    """
    if value is None or not currency:
        return exact_decimal(value)
    return exact.format_currency(value, currency, locale=get_locale() or "en", decimal_quantization=False)


def first_upper(text: object) -> str:
    """Return a text with its first letter in upper case; messages are written in lower case."""
    plain = str(text)
    return plain[:1].upper() + plain[1:]


def page_language() -> str:
    """Return the language of the page as a tag for HTML."""
    return str(get_locale() or "en").replace("_", "-")


def init_formats(app: Flask) -> None:
    """Let templates use the functions above."""
    app.jinja_env.filters.update(
        ago=ago,
        exact_time=exact_time,
        datetime=short_time,
        date=plain_date,
        number=number,
        decimal=exact_decimal,
        money=money,
        capfirst=first_upper,
    )
    app.jinja_env.globals["page_language"] = page_language
