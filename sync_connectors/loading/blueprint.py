"""The Plugins page, and the loading of plugins when an application is made."""

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from host.accounts.current import administrator_required
from host.api import register_api
from host.settings import Settings
from host.web.navigation import NavigationItem, Section, for_administrators, register_item
from sync_connectors.loading import api
from sync_connectors.loading.loader import load_plugins
from sync_connectors.loading.plugins import EXTENSION, current_plugins

blueprint = Blueprint("plugins", __name__, url_prefix="/settings/plugins")


def init_app(app: Flask, settings: Settings) -> None:
    """Load the plugins where that is not done yet, and set up their page and API.

    Raises:
        PluginError: In strict mode, when a plugin failed to load.
    """
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = load_plugins(settings)
    app.register_blueprint(blueprint)
    register_api(app, api.blueprint)
    register_item(
        app,
        NavigationItem(
            section=Section.SETTINGS,
            label=lazy_gettext("Plugins"),
            endpoint="plugins.overview",
            icon="plug",
            order=40,
            prefix="/settings/plugins",
            visible=for_administrators,
        ),
    )


@blueprint.get("")
@administrator_required
def overview() -> ResponseReturnValue:
    """Show every plugin that was found and what became of it."""
    return render_template("plugins/overview.html", plugins=current_plugins())
