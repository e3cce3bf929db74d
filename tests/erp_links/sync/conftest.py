from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from host.database import Database
from host.settings import Settings
from sync_connectors.loading import load_plugins
from tests.emulators.ledger.connector import URL, LedgerConnector
from tests.emulators.ledger.connector import installed as ledger_installed
from tests.emulators.ledger.running import Ledger
from tests.emulators.plain_erp import installed
from tests.emulators.plain_server import PlainServer
from tests.emulators.served_connector import served
from tests.erp_links.sync.ledger_setup import LOOPBACK
from tests.erp_links.sync.ledger_setup import set_up as set_up_ledgers
from tests.erp_links.sync.ledger_stage import LedgerStage
from tests.erp_links.sync.signed_in import app, browser, ida
from tests.erp_links.sync.stage import Stage, set_up

__all__ = ["app", "browser", "ida"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=tmp_path / "data")


def _stage(database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    installed(tmp_path / "site", monkeypatch)
    return set_up(database, settings, load_plugins(settings), PlainServer("nordwind"))


@pytest.fixture
def stage(database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """An active link on Plain ERP; the test runs on both databases."""
    return _stage(database, settings, tmp_path, monkeypatch)


@pytest.fixture
def postgres_stage(
    postgres_database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    return _stage(postgres_database, settings, tmp_path, monkeypatch)


@pytest.fixture
def sqlite_stage(
    sqlite_database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    """The same on SQLite only, for what does not hang on the kind of database."""
    return _stage(sqlite_database, settings, tmp_path, monkeypatch)


Stager = Callable[..., LedgerStage]


IN_PROCESS, OVER_THE_WIRE = "in process", "over the wire"
OFTEN_OVER_THE_WIRE = (
    "test_faulty_erp_deletions.",
    "test_faulty_erp_feed.test_a_feed_in_trouble_",
    "test_faulty_erp_feed.test_the_pages_before_the_trouble_",
    "test_faulty_erp_feed.test_a_cursor_that_expired_",
    "test_faulty_erp_feed.test_a_forgotten_link_",
    "test_faulty_erp_feed.test_a_warning_",
    "test_faulty_erp_feed.test_refused_connections_",
    "test_faulty_erp_feed.test_answers_that_come_too_late_",
)
"""Each fault of a stream, and where it is gone on with; what the ERP's clock and books do meanwhile, and the calls that
are no stream, go over the wire in the long run only."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of the misbehaving ERP also with its connector behind a server."""
    module = metafunc.module.__name__.rpartition(".")[2]
    if "way" in metafunc.fixturenames and module.startswith("test_faulty_erp_"):
        is_often = f"{module}.{metafunc.function.__name__}".startswith(OFTEN_OVER_THE_WIRE)
        marks = () if is_often else (pytest.mark.long,)
        metafunc.parametrize("way", [IN_PROCESS, pytest.param(OVER_THE_WIRE, marks=marks)], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the connector behind a server on PostgreSQL: how it is called does not hang on the database."""
    left_out = [item for item in items if _parameters(item) >= {OVER_THE_WIRE, "postgresql"}]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _parameters(item: pytest.Item) -> set[str]:
    called = getattr(item, "callspec", None)
    return {value for value in called.params.values() if isinstance(value, str)} if called else set()


@pytest.fixture
def way(request: pytest.FixtureRequest) -> str:
    """How the connector of Ledger is called."""
    return getattr(request, "param", IN_PROCESS)


def _ledger_stager(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> Iterator[Stager]:
    ledger_installed(tmp_path / "ledger_site", monkeypatch)
    called = replace(settings, outbound_allow=LOOPBACK)
    with ExitStack() as running:
        url = URL
        if way == OVER_THE_WIRE:
            url = f"json+{running.enter_context(served(LedgerConnector(), called, tmp_path / 'served'))}"

        def stager(*abilities: Mapping[str, str]) -> LedgerStage:
            ledgers = [running.enter_context(Ledger()) for _ in abilities]
            return set_up_ledgers(database, called, load_plugins(called), ledgers, abilities, url)

        yield stager


@pytest.fixture
def ledgers(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> Iterator[Stager]:
    """Makes links on Ledgers, one for each set of abilities that it is given; on both databases."""
    yield from _ledger_stager(database, settings, tmp_path, monkeypatch, way)


@pytest.fixture
def sqlite_ledgers(
    sqlite_database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> Iterator[Stager]:
    """The same on SQLite only."""
    yield from _ledger_stager(sqlite_database, settings, tmp_path, monkeypatch, way)


@pytest.fixture
def two_erps(ledgers: Stager) -> LedgerStage:
    """Two active links on Ledgers of their own, with the usual abilities."""
    return ledgers({}, {})


@pytest.fixture
def sqlite_two_erps(sqlite_ledgers: Stager) -> LedgerStage:
    """The same on SQLite only."""
    return sqlite_ledgers({}, {})
