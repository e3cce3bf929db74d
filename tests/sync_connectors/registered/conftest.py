import pytest

from sync_connectors.guarding import GuardedConnector
from sync_connectors.loading import Plugins
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
    yield Plugins({name: GuardedConnector(one, 0.3) for name, one in connectors.items()}, [])
    release_all()


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
