from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask_babel import force_locale

from host.web.formats import ago, exact_decimal, exact_time, money, number, plain_date, short_time
from tests.accounts import client_of, make_user

MOMENT = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)


@pytest.fixture
def of_user(app, web_database, page_that):
    """Formats in a request of a user with a language and a time zone."""

    def formatted(language: str, time_zone: str, function, *values) -> str:
        user = make_user(web_database, f"reader {language} {time_zone}", language=language, time_zone=time_zone)
        page_that(lambda: function(*values))
        return client_of(app, user).get("/test").text.replace("\N{NARROW NO-BREAK SPACE}", " ")

    return formatted


def test_times_are_told_in_the_readers_zone(of_user):
    assert of_user("en", "Europe/Copenhagen", short_time, MOMENT) == "3/6/26, 12:30 AM"


def test_exact_times_name_the_zone(of_user):
    assert of_user("en", "Asia/Tokyo", exact_time, MOMENT) == "Mar 6, 2026, 8:30:00 AM +0900"


def test_times_are_told_in_the_readers_language(of_user):
    assert of_user("de", "UTC", short_time, MOMENT) == "05.03.26, 23:30"


def test_a_date_is_the_same_in_every_zone(of_user):
    assert of_user("en", "Pacific/Auckland", plain_date, date(2026, 3, 5)) == "Mar 5, 2026"


@pytest.mark.parametrize(("language", "expected"), [("en", "1,234,567"), ("de", "1.234.567"), ("da", "1.234.567")])
def test_numbers_are_grouped_as_the_reader_does(app, language, expected):
    with app.test_request_context(), force_locale(language):
        assert number(1234567) == expected


@pytest.mark.parametrize(
    ("value", "language", "expected"),
    [
        (Decimal("48210.50"), "en", "48,210.50"),
        (Decimal("0.123456789012345678"), "de", "0,123456789012345678"),
        (Decimal("12345678901234567890.10"), "en", "12,345,678,901,234,567,890.10"),
        (Decimal("1E+3"), "en", "1,000"),
        (None, "en", ""),
    ],
)
def test_decimals_keep_all_their_digits(app, value, language, expected):
    with app.test_request_context(), force_locale(language):
        assert exact_decimal(value) == expected


@pytest.mark.parametrize(
    ("value", "currency", "language", "expected"),
    [
        (Decimal("48210.5"), "DKK", "en", "DKK48,210.50"),
        (Decimal("48210.5"), "EUR", "de", "48.210,50€"),
        (Decimal("0.1234"), "EUR", "en", "€0.1234"),
        (Decimal(7), "JPY", "en", "¥7"),
        (Decimal(7), "QQQ", "en", "QQQ7.00"),
        (Decimal("7.10"), "", "en", "7.10"),
    ],
)
def test_money_shows_its_currency_and_at_least_its_digits(app, value, currency, language, expected):
    with app.test_request_context(), force_locale(language):
        assert money(value, currency).replace("\N{NO-BREAK SPACE}", "") == expected


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=2), "2 minutes ago"),
        (timedelta(hours=26), "26 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(minutes=-10, seconds=-1), "in 10 minutes"),
    ],
)
def test_how_long_ago_is_told_in_words(app, passed, expected):
    with app.test_request_context():
        assert ago(datetime.now(UTC) - passed) == expected


def test_what_is_over_a_month_ago_is_told_as_a_date(app):
    with app.test_request_context():
        assert ago(datetime(2020, 1, 2, tzinfo=UTC)) == "Jan 2, 2020"
