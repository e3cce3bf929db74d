from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from openpyxl import load_workbook

from plugins.workbook import WorkbookConnector
from plugins.workbook.sample import write_sample
from sync_connectors import LinkSession, StoredState

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


@pytest.fixture
def session(workbook: Path, services: OfflineServices) -> LinkSession:
    return WorkbookConnector().open(GUID, {"Filename": workbook.name}, services)


@pytest.fixture
def edit(workbook: Path) -> Callable[[str, str, object], None]:
    """Changes one cell as a person would, without touching the time beside it."""

    def change(sheet: str, cell: str, content: object) -> None:
        book = load_workbook(workbook)
        book[sheet][cell] = content
        book.save(workbook)

    return change
