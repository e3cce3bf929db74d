from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from erp_links.runtime import EXTENSION, LinkRuntime
from erp_links.sync.work import RequestedRuns
from host.accounts.operations import create_group
from host.app import create_app
from host.app.demo.linking import WORKBOOK, add_link
from host.cli import main
from host.crm.standard_lists import ensure_standard_lists
from host.database import Database
from host.jobs.worker import Worker
from host.settings import Settings
from plugins.workbook.sample import write_sample
from tests.accounts import CONSOLE


@dataclass
class Terminal:
    """Runs commands against one installation."""

    environment: dict[str, str]
    settings: Settings
    runner: CliRunner = field(default_factory=CliRunner)

    def __call__(self, *arguments: str, **options: str | None) -> Result:
        return self.runner.invoke(main, arguments, env={**self.environment, **options})


@pytest.fixture
def terminal_for(tmp_path: Path) -> Callable[[str], Terminal]:
    """Opens a terminal for an installation on the database of a URL."""

    def open_terminal(url: str) -> Terminal:
        environment = {
            "TIELINE_DATA_FOLDER": str(tmp_path / "data"),
            "TIELINE_DATABASE_URL": url,
            "TIELINE_LOG_FILE": str(tmp_path / "log"),
        }
        return Terminal(environment, Settings.load(environment))

    return open_terminal


@pytest.fixture
def terminal(terminal_for: Callable[[str], Terminal], sqlite_database: Database) -> Terminal:
    return terminal_for(sqlite_database.engine.url.render_as_string(hide_password=False))


@dataclass(frozen=True)
class Linked:
    """An active link to a workbook, and a worker that can be put to work."""

    runtime: LinkRuntime
    worker: Worker

    @property
    def workbook(self) -> Path:
        return self.runtime.settings.files_root / WORKBOOK

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = Thread(target=self.worker.run)
        thread.start()
        try:
            yield
        finally:
            self.worker.stop()
            thread.join()


@pytest.fixture
def linked(terminal: Terminal, sqlite_database: Database) -> Linked:
    """The demo's link on a small workbook, made through the operations of the pages."""
    app = create_app(terminal.settings, sqlite_database)
    runtime: LinkRuntime = app.extensions[EXTENSION]
    write_sample(runtime.settings.files_root / WORKBOOK, 4)
    with app.app_context():
        with sqlite_database.writing() as session:
            ensure_standard_lists(session)
            group_id = create_group(session, CONSOLE, name="Sales", description="", member_ids=()).id
        add_link(runtime, CONSOLE, group_id)
    worker = Worker(sqlite_database, (RequestedRuns(runtime, app.app_context),), poll_seconds=0.05)
    return Linked(runtime, worker)
