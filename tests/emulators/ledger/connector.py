"""The connector plugin of Ledger.

What it declares it can do comes from the link's configuration, so that one emulator plays many ERPs.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sync_connectors import (
    CONTRACT_VERSION,
    Configuration,
    ConfigurationField,
    Connector,
    ConnectorRegister,
    FieldType,
    LinkSession,
    Services,
    Tested,
    hookimpl,
)
from tests.emulators.ledger.line import Line
from tests.emulators.ledger.session import LedgerSession

URL = "plugin:ledger"


def _switch(key: str, label: str, default: str = "true") -> ConfigurationField:
    return ConfigurationField(key, label, FieldType.CHECKBOX, default=default, step="Abilities")


def _number(key: str, label: str, default: str, description: str = "") -> ConfigurationField:
    return ConfigurationField(
        key, label, FieldType.INTEGER, description, default=default, minimum=0, required=True, step="Abilities"
    )


CONFIGURATION_FIELDS = (
    ConfigurationField("Address", "Address", FieldType.TEXT, required=True, address=True, step="Access"),
    ConfigurationField("Token", "Token", FieldType.PASSWORD, required=True, step="Access"),
    _switch("Paging", "Changes come in pages"),
    _switch("Reference", "Keeps our own id"),
    _switch("ConditionalSave", "Refuses stale saves", "false"),
    _switch("Deletions", "Reports deletions"),
    _switch("ClockTimes", "Tells times of change", "false"),
    _switch("Inclusive", "What stands at the watermark comes again"),
    ConfigurationField(
        "Feed",
        "Changes are found by",
        FieldType.LIST,
        default="version",
        choices={"version": "Version", "clock": "Time of change"},
        step="Abilities",
    ),
    _number("Overlap", "Overlap", "0", "So many versions or seconds are read again, for what was committed late"),
    _number("PageSize", "Records of a page", "100"),
    _number("Batch", "Records of a call", "50"),
    _number("Parallel", "Calls at one time", "1"),
)


class LedgerConnector(Connector):
    """Reaches Ledger over HTTP."""

    name, label, version, contract_version = "ledger", "Ledger", "1.0", CONTRACT_VERSION

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        return CONFIGURATION_FIELDS

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        about = Line(configuration, services).call("about")
        return Tested(details={"Company": str(about["name"])})

    def save_link(self, guid: str, configuration: Configuration, services: Services) -> Tested:
        Line(configuration, services, guid).call("save_link")
        return Tested()

    def open(self, guid: str, configuration: Configuration, services: Services) -> LinkSession:
        return LedgerSession(guid, configuration, services)


@hookimpl
def register_connectors(register: ConnectorRegister) -> None:
    register.add(LedgerConnector)


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the plugin findable as an installed distribution, through an entry point in `folder`."""
    info = folder / "tests_ledger-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tests-ledger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tieline]\nledger = tests.emulators.ledger.connector\n")
    monkeypatch.syspath_prepend(str(folder))
