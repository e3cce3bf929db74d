from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest

from host.settings import Settings
from sync_connectors.json_protocol.client import RemoteConnector
from sync_connectors.services import HostServices

GUID = "7f9d5c4e-0000-4000-8000-000000000001"


@dataclass
class Side:
    """The calling side of one test."""

    settings: Settings

    def services(self, seconds=60.0):
        return HostServices(self.settings, ZoneInfo("Europe/Copenhagen"), seconds)

    def connector(self, url, token=""):
        return RemoteConnector(url, token, self.settings)

    def session(self, url, token="", seconds=60.0):
        return self.connector(url, token).open(GUID, {}, self.services(seconds))


@pytest.fixture
def side(tmp_path):
    return Side(Settings(data_folder=tmp_path, outbound_allow=("127.0.0.0/8",)))
