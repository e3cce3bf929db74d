"""What a value of the right type must fulfil besides; each check raises ValueError with the reason."""

from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from limits import parse_many
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

SERVED_DATABASES = ("sqlite", "postgresql+psycopg")


def database_url(value: str) -> None:
    """Accept the two databases that Tieline runs on."""
    try:
        driver = make_url(value).drivername
    except ArgumentError:
        raise ValueError("is no database URL") from None  # the cause quotes the URL, and with it its password
    if driver not in SERVED_DATABASES:
        raise ValueError(f"names {driver}, give a URL that starts with sqlite or postgresql+psycopg")


def public_url(value: str) -> None:
    """Accept nothing, or an http address of a host and no more."""
    parts = urlsplit(value)
    if value and not (parts.scheme in {"http", "https"} and parts.netloc and parts.path in {"", "/"}):
        raise ValueError("is no address such as https://tieline.example.com; a path goes into the path prefix")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("holds more than scheme, host and port")


def path_prefix(value: str) -> None:
    """Accept nothing, or a path that starts with a slash and does not end with one."""
    if value and (not value.startswith("/") or value.endswith("/")):
        raise ValueError("is no path such as /tieline")


def proxy_url(value: str) -> None:
    """Accept nothing, or the URL of an http proxy."""
    parts = urlsplit(value)
    if value and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError("is no URL such as http://proxy.example.com:3128")


def rate_limit(value: str) -> None:
    """Accept the notation of Flask-Limiter, `10 per minute` for one."""
    try:
        parse_many(value)
    except ValueError as error:
        raise ValueError("is no limit such as 10 per minute") from error


def language(value: str) -> None:
    """Accept a language that the calendar and number data knows."""
    try:
        Locale.parse(value)
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError("is no known language, give one such as en or de") from error


def time_zone(value: str) -> None:
    """Accept a name of the time zone database."""
    if value not in available_timezones():
        raise ValueError("is no known time zone, give one such as Europe/Oslo")
