"""What every process of an installation opens before it does its part."""

from flask import Flask

from erp_links.runtime import LinkRuntime
from host.database import Database
from host.languages import init_languages
from host.secrets import SecretBox
from host.settings import Settings
from sync_connectors.loading import Plugins, load_plugins


def open_runtime(settings: Settings, database: Database | None = None, plugins: Plugins | None = None) -> LinkRuntime:
    """Return the parts that operations on links and runs work with.

    Args:
        settings: What the process was started with.
        database: An open database in place of the one that the settings name; the caller closes it.
        plugins: Loaded plugins, in place of those that are installed.

    Raises:
        KeyFileError: The key that encrypts secrets cannot be used.
        PluginError: In strict mode, a plugin failed to load.
    """
    box = SecretBox.from_settings(settings)
    settings.files_root.mkdir(parents=True, exist_ok=True)
    database = database or Database(settings.database_url)
    return LinkRuntime(database, plugins or load_plugins(settings), settings, box)


def wording_app(settings: Settings) -> Flask:
    """Return an application that can word texts in the installation's language, and nothing else.

    A process that answers no requests needs no more: flask-babel asks the application of the context for the language.
    """
    app = Flask("host", static_folder=None, template_folder=None)
    init_languages(app, settings)
    return app
