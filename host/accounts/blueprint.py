"""Setting accounts up: sessions, pages and API."""

from flask import Flask
from flask_babel import lazy_gettext as _

from host.accounts import api
from host.accounts.pages import blueprint, groups, own_account, signing_in, users
from host.accounts.sessions import init_sessions
from host.api import register_api
from host.settings import Settings
from host.web.navigation import NavigationItem, Section, for_administrators, register_item

__all__ = ["groups", "init_accounts", "own_account", "signing_in", "users"]


def init_accounts(app: Flask, _settings: Settings) -> None:
    """Set up signing in, the pages of accounts and their API."""
    init_sessions(app)
    app.register_blueprint(blueprint)
    register_api(app, api.users)
    register_api(app, api.groups)
    for label, endpoint, icon, order, prefix in (
        (_("Users"), "accounts.users", "people", 60, "/settings/users"),
        (_("Groups"), "accounts.groups", "diagram-3", 61, "/settings/groups"),
    ):
        register_item(
            app, NavigationItem(Section.SETTINGS, label, endpoint, icon, order, prefix, visible=for_administrators)
        )
