from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from openpyxl import load_workbook

from host.settings import Settings
from plugins.workbook import WorkbookConnector
from plugins.workbook.sample import write_sample
from sync_connectors import Connector, LinkSession, StoredState
from tests.emulators.served_connector import over_the_wire

GUID = "3aef3af6-8642-4fc1-8dc9-4e08bd76a6bf"


class NoState:
    def get(self, key: str) -> StoredState | None:
        return None

    def swap(self, key: str, text: str | None, expected_version: int) -> StoredState | None:
        raise AssertionError("a workbook keeps no state")


@dataclass
class OfflineServices:
    files_root: Path
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Copenhagen"))
    http: requests.Session = field(default_factory=requests.Session)
    state: NoState = field(default_factory=NoState)

    def remaining(self) -> float:
        return 30.0

    def log(self, message: str, fields: object = None) -> None:
        pass


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbooks") / "sample.xlsx"
    write_sample(path, 60)
    return path


@pytest.fixture
def services(tmp_path: Path) -> OfflineServices:
    return OfflineServices(tmp_path)


@pytest.fixture
def workbook(tmp_path: Path, sample_file: Path) -> Path:
    path = tmp_path / "erp.xlsx"
    path.write_bytes(sample_file.read_bytes())
    return path


@pytest.fixture(params=["in process", "over the wire"])
def connector(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connector]:
    """The plugin as it is, and behind a server: whoever calls it can't tell the difference."""
    if request.param == "in process":
        yield WorkbookConnector()
        return
    folder = tmp_path_factory.mktemp("served")
    with over_the_wire(WorkbookConnector(), Settings(data_folder=folder, files_root=tmp_path), folder) as remote:
        yield remote


@pytest.fixture
def session(connector: Connector, workbook: Path, services: OfflineServices) -> Iterator[LinkSession]:
    configuration = {"Filename": workbook.name}
    connector.save_link(GUID, configuration, services)
    with connector.open(GUID, configuration, services) as opened:
        yield opened


@pytest.fixture
def edit(workbook: Path) -> Callable[[str, str, object], None]:
    """Changes one cell as a person would, without touching the time beside it."""

    def change(sheet: str, cell: str, content: object) -> None:
        book = load_workbook(workbook)
        book[sheet][cell] = content
        book.save(workbook)

    return change
