"""In which language and time zone a request is answered: the user's, else the browser's, else the installation's."""

from flask import Flask, request
from flask_babel import Babel

from host.accounts.current import signed_in_user
from host.settings import Settings


def init_languages(app: Flask, settings: Settings) -> None:
    """Set Flask-Babel up; the translations lie in `host/translations`."""
    babel = Babel()

    def language() -> str:
        user = signed_in_user()
        if user is not None and user.language:
            return user.language
        offered = {settings.language, *(str(locale) for locale in babel.list_translations())}
        return request.accept_languages.best_match(sorted(offered)) or settings.language

    def time_zone() -> str:
        user = signed_in_user()
        return (user.time_zone if user is not None else "") or settings.time_zone

    babel.init_app(
        app,
        default_locale=settings.language,
        default_timezone=settings.time_zone,
        locale_selector=language,
        timezone_selector=time_zone,
    )
