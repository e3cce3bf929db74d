from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from host.database import Database
from host.settings import Settings
from sync_connectors.loading import load_plugins
from tests.emulators.ledger.connector import installed as ledger_installed
from tests.emulators.ledger.running import Ledger
from tests.emulators.plain_erp import installed
from tests.emulators.plain_server import PlainServer
from tests.erp_links.sync.ledger_setup import LOOPBACK
from tests.erp_links.sync.ledger_setup import set_up as set_up_ledgers
from tests.erp_links.sync.ledger_stage import LedgerStage
from tests.erp_links.sync.stage import Stage, set_up


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
def sqlite_stage(
    sqlite_database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    """The same on SQLite only, for what does not hang on the kind of database."""
    return _stage(sqlite_database, settings, tmp_path, monkeypatch)


Stager = Callable[..., LedgerStage]


def _ledger_stager(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stager]:
    ledger_installed(tmp_path / "ledger_site", monkeypatch)
    called = replace(settings, outbound_allow=LOOPBACK)
    with ExitStack() as running:

        def stager(*abilities: Mapping[str, str]) -> LedgerStage:
            ledgers = [running.enter_context(Ledger()) for _ in abilities]
            return set_up_ledgers(database, called, load_plugins(called), ledgers, abilities)

        yield stager


@pytest.fixture
def ledgers(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stager]:
    """Makes links on Ledgers, one for each set of abilities that it is given; on both databases."""
    yield from _ledger_stager(database, settings, tmp_path, monkeypatch)


@pytest.fixture
def sqlite_ledgers(
    sqlite_database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stager]:
    """The same on SQLite only."""
    yield from _ledger_stager(sqlite_database, settings, tmp_path, monkeypatch)


@pytest.fixture
def two_erps(ledgers: Stager) -> LedgerStage:
    """Two active links on Ledgers of their own, with the usual abilities."""
    return ledgers({}, {})


@pytest.fixture
def sqlite_two_erps(sqlite_ledgers: Stager) -> LedgerStage:
    """The same on SQLite only."""
    return sqlite_ledgers({}, {})
