"""An installation that runs for the browser tests."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from flask import Flask
from sqlalchemy import func, select

from erp_links.links.models import Visibility
from erp_links.links.saving import create_link
from erp_links.links.submission import AccessGrant, LinkSubmission, VisibilityChoice
from erp_links.links.testing import test_configuration
from erp_links.mapping.models import LinkActorType
from erp_links.runtime import EXTENSION, LinkRuntime
from erp_links.sync.models import Pairing, Run, RunStatus
from erp_links.sync.requesting import Cause, request_run
from host.accounts.models import Group, User
from host.app.demo import set_up
from host.app.demo.linking import LINK, WORKBOOK
from host.app.factory import create_app
from host.audit.doer import Doer
from host.crm import bulk
from host.crm.custom_fields import FieldChange, add_field
from host.crm.fields import CrmType
from host.crm.models import CustomField
from host.crm.tables import table_of
from host.database import Database
from host.migrations import upgrade
from host.settings import Settings
from sync_connectors.registered.models import SyncConnector
from tests.serving import Tieline

CONSOLE = Doer(None, "console", "cli")
RUN_SECONDS = 60


@dataclass
class Office:
    """Where it is reached, its database, and the link of the demo."""

    address: str
    app: Flask
    link_id: int
    link_name: str = LINK
    numbers: dict[str, str] = field(default_factory=dict)

    @property
    def runtime(self) -> LinkRuntime:
        return self.app.extensions[EXTENSION]

    @property
    def database(self) -> Database:
        return self.runtime.database

    @property
    def files(self) -> Path:
        return self.runtime.settings.files_root

    def draft_link(self, name: str) -> int:
        """Add another link to the demo's workbook, which nobody has mapped or activated."""
        submission = LinkSubmission(
            name=name,
            connector_id=int(self.numbers["connector"]),
            configuration={"Filename": WORKBOOK},
            visibility=VisibilityChoice(Visibility.SELECTED, (AccessGrant(group_id=int(self.numbers["group"])),)),
        )
        with self.app.app_context():
            test_configuration(self.runtime, CONSOLE, submission, None)
            return create_link(self.runtime, CONSOLE, submission).link_id

    def company_with(self, field_key: str, value: str) -> int:
        """The number of the only company that has this value."""
        with self.database.reading() as session:
            [found] = bulk.find_by(session, "company", [field_key], [(value,)]).values()
        [company_id] = found
        return company_id

    def run(self, link_id: int) -> Run:
        """Have a link synced, and wait for the end of the run."""
        with self.database.writing() as session:
            run_id = request_run(session, link_id, Cause.COMMAND, CONSOLE).id
        deadline = monotonic() + RUN_SECONDS
        while monotonic() < deadline:
            with self.database.reading() as session:
                run = session.get_one(Run, run_id)
                if run.status == RunStatus.FINISHED:
                    return run
            sleep(0.05)
        raise AssertionError(f"run {run_id} did not end within {RUN_SECONDS} s")


@contextmanager
def opened_office(folder: Path) -> Iterator[Office]:
    """Set the demo up in a fresh data folder, serve it, and yield it after its first sync."""
    settings = Settings(data_folder=folder / "data", tests_per_minute=1000)
    settings.data_folder.mkdir()
    database = Database(settings.database_url)
    upgrade(database)
    app = create_app(settings, database)
    runtime: LinkRuntime = app.extensions[EXTENSION]
    with app.app_context(), redirect_stdout(io.StringIO()):
        link_id = set_up(runtime, print)
        with database.writing() as session:
            add_field(session, CONSOLE, "company", CrmType.TEXT, FieldChange("Route of the driver", max_length=60))
    served = Tieline(
        settings.data_folder,
        "serve",
        output=folder / "output",
        TIELINE_SIGN_IN_LIMIT="1000 per minute",
        TIELINE_TESTS_PER_MINUTE="1000",
    )
    try:
        office = Office(served.ready(), app, link_id)
        office.run(link_id)
        office.numbers = numbers_of(database, link_id)
        yield office
    finally:
        served.stop()
        database.close()


def numbers_of(database: Database, link_id: int) -> dict[str, str]:
    """Return the numbers that addresses of pages hold; company and person are ones that the link has paired."""
    with database.reading() as session:
        paired = select(Pairing.entity_id).where(Pairing.link_id == link_id).order_by(Pairing.entity_id)
        found = {
            "company": session.scalars(paired.where(Pairing.entity_type == "company")).first(),
            "person": session.scalars(paired.where(Pairing.entity_type == "person")).first(),
            **{
                entity_type: session.scalar(select(func.min(table_of(entity_type).c.id)))
                for entity_type in ("project", "product", "sales_order")
            },
            "link": link_id,
            "run": session.scalars(select(Run.id).where(Run.link_id == link_id)).first(),
            "connector": session.scalars(select(SyncConnector.id)).first(),
            "actor_type": session.scalars(select(LinkActorType.id).where(LinkActorType.link_id == link_id)).first(),
            "field": session.scalars(select(CustomField.id)).first(),
            "user": session.scalars(select(User.id)).first(),
            "group": session.scalars(select(Group.id)).first(),
        }
    return {name: str(number) for name, number in found.items()} | {"setup": "used"}
