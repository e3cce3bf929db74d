from dataclasses import replace

import pytest

from host.app import create_app
from host.secrets import SecretBox
from host.settings import Settings
from sync_connectors.connectors import EXTENSION as CONNECTORS
from sync_connectors.connectors import Connectors
from sync_connectors.guarding import GuardedConnector
from sync_connectors.loading import EXTENSION as PLUGINS
from sync_connectors.loading import PluginReport, Plugins, PluginStatus
from sync_connectors.registered import usage
from tests.accounts import CONSOLE
from tests.emulators.misbehaving import MisbehavingConnector, release_all


class Ledger(MisbehavingConnector):
    """A second connector whose version and fields tests change."""

    name, label, version = "ledger", "Ledger", "2.0"


@pytest.fixture
def ledger():
    return Ledger()


@pytest.fixture
def plugins(ledger):
    connectors = {"misbehaving": MisbehavingConnector(), "ledger": ledger}
    yield Plugins({name: GuardedConnector(one) for name, one in connectors.items()}, [])
    release_all()


@pytest.fixture
def impatient(plugins):
    """Lets calls of the ledger without a session end after a moment."""
    plugins.connectors["ledger"]._seconds = 0.3


@pytest.fixture
def connectors(plugins, tmp_path):
    """The roads to the plugins above, and to servers on this machine."""
    settings = Settings(data_folder=tmp_path, outbound_allow=("127.0.0.0/8",), connector_call_seconds=60)
    return Connectors(plugins, settings, SecretBox.from_settings(settings))


@pytest.fixture
def with_plugins(connectors):
    """Makes the same roads with other plugins."""
    return lambda plugins: replace(connectors, plugins=plugins)


@pytest.fixture
def app(sqlite_database, plugins, connectors):
    app = create_app(connectors.settings, sqlite_database)
    app.config["WTF_CSRF_ENABLED"] = False
    failed = PluginReport("dist-bad", "0.3", "bad", PluginStatus.FAILED, "OSError: disk <b>", "Traceback …")
    loaded = PluginReport("dist-good", "1.2", "good", PluginStatus.LOADED, connectors=("ledger",))
    app.extensions[PLUGINS] = Plugins(plugins.connectors, [loaded, failed])
    app.extensions[CONNECTORS] = connectors
    return app


@pytest.fixture
def doer():
    return CONSOLE


@pytest.fixture
def used():
    """Names of links by connector id; the usage of the floor above stands in for no longer than the test."""
    names = {}

    def find(_session, connector_id):
        return names.get(connector_id, [])

    usage.register_usage(find)
    yield names
    usage._usages.remove(find)
