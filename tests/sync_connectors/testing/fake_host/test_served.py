"""The fake host on a connector that is installed, and on the same one behind its URL."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from host.settings import Settings
from plugins.workbook import WorkbookConnector
from plugins.workbook.sample import write_sample
from sync_connectors.loading import ConnectorMissingError
from sync_connectors.testing import FakeHost
from tests.emulators.served_connector import served
from tests.sync_connectors.testing.fake_host.pocket_erp import Pocket, PocketConnector

CONFIGURATION = {"Filename": "erp.xlsx"}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("plugins.workbook.reading.PAGE_SIZE", 20)
    write_sample(tmp_path / "erp.xlsx", 31)  # two pages
    return tmp_path


@pytest.fixture(params=["its class", "its name", "its URL"])
def host(request: pytest.FixtureRequest, files: Path) -> Iterator[FakeHost]:
    if request.param == "its URL":
        settings = Settings(data_folder=files / "data", files_root=files)
        with served(WorkbookConnector(), settings, files / "served") as url:
            yield FakeHost(f"json+{url}", CONFIGURATION)
    else:
        yield FakeHost(
            WorkbookConnector if request.param == "its class" else "workbook", CONFIGURATION, files_root=files
        )


def test_a_workbook_loses_and_doubles_nothing_wherever_the_host_dies(host: FakeHost) -> None:
    pulled = host.pull_dying_everywhere("Customer")
    assert len(pulled.keys) == 31
    key = host.create_dying_everywhere(
        "Customer", "company:1", {"NAME": "Nordlys", "VATNO": "NO123"}, match_fields=["VATNO"]
    )
    host.save("Customer", key, {"NAME": "Nordlys AS"})
    host.pull("Customer")
    assert host.compare("Customer").faults == ()


def test_a_name_that_no_plugin_offers_is_told() -> None:
    with pytest.raises(ConnectorMissingError):
        FakeHost("no-such-plugin")


def test_deaths_leave_no_threads() -> None:
    pocket = Pocket()
    for number in range(20):
        pocket.put(f"C{number}", name=f"Customer {number}")
    before = threading.active_count()
    FakeHost(lambda: PocketConnector(pocket)).pull_dying_everywhere("Customer")
    assert threading.active_count() <= before + 1
