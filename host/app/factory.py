"""The application factory."""

from datetime import timedelta

from flask import Flask

from erp_links.runtime import EXTENSION as LINKS
from host.app.features import FEATURES
from host.app.opening import open_runtime
from host.database import Database
from host.database.database import EXTENSION as DATABASE
from host.secrets.box import EXTENSION as SECRET_BOX
from host.settings import Settings
from host.templating import template_folder
from sync_connectors.connectors import EXTENSION as CONNECTORS
from sync_connectors.loading import EXTENSION as PLUGINS
from sync_connectors.loading import Plugins

SETTINGS = "tieline_settings"


def create_app(settings: Settings, database: Database | None = None, plugins: Plugins | None = None) -> Flask:
    """Return the web application of one installation.

    Args:
        settings: What the process was started with.
        database: An open database in place of the one that the settings name; the caller closes it.
        plugins: Loaded plugins, in place of those that are installed.

    Raises:
        KeyFileError: The key that encrypts secrets cannot be used.
        PluginError: In strict mode, a plugin failed to load.
    """
    app = Flask("host", template_folder=str(template_folder()), static_folder="static")
    runtime = open_runtime(settings, database, plugins)
    app.config.update(
        SECRET_KEY=runtime.secret_box.derive(b"sessions"),
        SESSION_COOKIE_NAME="tieline_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.session_cookie_secure,
        SESSION_COOKIE_PATH=settings.path_prefix or "/",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=settings.upload_megabytes * 1024 * 1024,
    )
    app.extensions[SETTINGS] = settings
    app.extensions[DATABASE] = runtime.database
    app.extensions[PLUGINS] = runtime.plugins
    app.extensions[SECRET_BOX] = runtime.secret_box
    app.extensions[LINKS] = runtime
    app.extensions[CONNECTORS] = runtime.connectors
    for init_feature in FEATURES:
        init_feature(app, settings)
    return app
