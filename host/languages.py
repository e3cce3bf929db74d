"""In which language and time zone a request is answered: the user's, else the browser's, else the installation's."""

from functools import cache
from typing import cast
from zoneinfo import available_timezones

from babel import Locale
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, get_babel
from flask_babel import gettext as _

from host.accounts.current import signed_in_user
from host.settings import Settings


def init_languages(app: Flask, settings: Settings) -> None:
    """Set Flask-Babel up; the translations lie in `host/translations`."""
    babel = Babel()

    def language() -> str:
        if not has_request_context():  # the worker and the command line speak the installation's language
            return settings.language
        user = signed_in_user()
        if user is not None and user.language:
            return user.language
        offered = {settings.language, *(str(locale) for locale in babel.list_translations())}
        return request.accept_languages.best_match(sorted(offered)) or settings.language

    def time_zone() -> str:
        user = signed_in_user() if has_request_context() else None
        return (user.time_zone if user is not None else "") or settings.time_zone

    babel.init_app(
        app,
        default_locale=settings.language,
        default_timezone=settings.time_zone,
        locale_selector=language,
        timezone_selector=time_zone,
    )


def language_choices() -> list[tuple[str, str]]:
    """Return the languages that pages can be shown in as (key, name in that language), the default first."""
    installed = cast(Settings, current_app.extensions["tieline_settings"]).language
    known = {str(locale): locale for locale in get_babel().instance.list_translations()}
    known.setdefault(installed, Locale.parse(installed))
    named = sorted((key, str(locale.display_name)) for key, locale in known.items())
    return [("", _("Default (%(language)s)", language=known[installed].display_name)), *named]


def time_zone_choices() -> list[tuple[str, str]]:
    """Return the time zones as (key, name), the default first."""
    installed = cast(Settings, current_app.extensions["tieline_settings"]).time_zone
    return [("", _("Default (%(zone)s)", zone=installed)), *((name, name) for name in _time_zones())]


@cache
def _time_zones() -> tuple[str, ...]:
    # names without a region are old spellings of others, UTC apart
    names = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/")))
    return ("UTC", *sorted(names))
