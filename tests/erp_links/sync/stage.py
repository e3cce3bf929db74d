"""A link on Plain ERP, set up in the database, and a worker's hands to run it with.

stage.map("Customer", {"NAME": "name"}, unpaired="create")
stage.server.put("Customer", "C1", {"NAME": "Alfa"})
run = stage.run()
"""

import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select, update

import host.app.tables  # noqa: F401 -- a flush needs every table that a foreign key names
from erp_links.links.models import ErpLink, LinkState, SyncPriority, Visibility
from erp_links.mapping.declared import DeclaredLink
from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.mapping.subscribing import subscribe_link
from erp_links.mapping.taking_over import take_over_declaration
from erp_links.runtime import LinkRuntime
from erp_links.sync.executor import RunExecutor
from erp_links.sync.models import Conflict, FailedRecord, Intent, LogEntry, Pairing, Pass, Run
from erp_links.sync.pull.reading_process import reading
from erp_links.sync.requesting import Cause, request_run
from erp_links.sync.run_in_hand import Reached
from erp_links.sync.work import RequestedRuns
from host.audit.doer import Doer
from host.crm.bulk import insert_many, update_many
from host.crm.models import CrmList, CrmListItem, OutboxEntry
from host.crm.tables import table_of
from host.crm.values import CrmValue
from host.database import Database
from host.jobs.companion import Companion
from host.secrets import SecretBox, SecretStore
from host.settings import Settings
from sync_connectors.codec import actor_type_from_json, actor_type_to_json
from sync_connectors.loading import Plugins, load_plugins
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from tests.databases import open_once_more
from tests.emulators.plain_server import ACTOR_TYPES, FIELDS, SEARCHABLE, PlainServer

URL = "plugin:plain-erp"
IDA = Doer(None, "Ida Holm", "page")


@dataclass
class Stage:
    """Everything that a test of the engine works with."""

    runtime: LinkRuntime
    server: PlainServer
    link_id: int

    @property
    def database(self) -> Database:
        return self.runtime.database

    @property
    def connector_calls(self) -> list[str]:
        return [call for call, _about in self.server.calls]

    def map(
        self,
        actor_type: str,
        to_crm: Mapping[str, str],
        *,
        unpaired: str = "create",
        match: Sequence[str] = (),
        two_way: Sequence[str] = (),
        to_erp: Sequence[str] = (),
        push: str = "ignore",
        policy: str = "priority",
    ) -> None:
        """Map fields of an actor type and switch it on; ends what was mapped before.

        Fields go to the CRM, those in `two_way` both ways and those in `to_erp` the other way only. `unpaired` and
        `push` say what becomes of records without a pairing, from the ERP and to it.
        """
        with self.database.writing() as session:
            row = session.scalars(
                select(LinkActorType).where(LinkActorType.link_id == self.link_id, LinkActorType.name == actor_type)
            ).one()
            row.active, row.unpaired_pull, row.match_fields = True, unpaired, list(match)
            row.unpaired_push = push
            for field in session.scalars(select(LinkField).where(LinkField.actor_type_id == row.id)):
                field.crm_field = to_crm.get(field.key)
                field.to_crm = field.key in to_crm and field.key not in to_erp
                field.to_erp = field.key in two_way or field.key in to_erp
                field.policy = policy
            session.flush()
            subscribe_link(session, session.get_one(ErpLink, self.link_id))

    def declare(self, actor_type: str = "Customer", **capabilities: Any) -> None:
        """Have the connector declare other capabilities of an actor type."""
        with self.database.writing() as session:
            row = session.scalars(
                select(LinkActorType).where(LinkActorType.link_id == self.link_id, LinkActorType.name == actor_type)
            ).one()
            declared = actor_type_from_json(row.declaration)
            row.declaration = actor_type_to_json(
                replace(declared, capabilities=replace(declared.capabilities, **capabilities))
            )

    def push_everything(self, actor_type: str = "Customer") -> None:
        """Have everything of the hub looked at by the next run."""
        with self.database.writing() as session:
            session.merge(self.type_row(actor_type)).full_push_due = "request"

    def rank(self, *order: int | None) -> None:
        """Set the sync priority, the strongest first; None stands for the CRM."""
        with self.database.writing() as session:
            session.execute(delete(SyncPriority))
            session.add_all(SyncPriority(position=place, link_id=link_id) for place, link_id in enumerate(order))

    def show(self, *keys: str, actor_type: str = "Customer") -> None:
        """Show exactly these ERP fields on the ERP tab."""
        with self.database.writing() as session:
            for field in session.scalars(
                select(LinkField).join(LinkField.actor_type).where(LinkActorType.name == actor_type)
            ):
                field.show_on_tab = field.key in keys

    def request(self) -> int:
        with self.database.writing() as session:
            return request_run(session, self.link_id, Cause.PERSON, IDA).id

    def work(self, reached: Reached | None = None, stopping: threading.Event | None = None) -> bool:
        """Do what a worker does when it looks for runs."""
        executor = RunExecutor(self.runtime, reached) if reached else None
        return RequestedRuns(self.runtime, executor=executor).work(stopping or threading.Event())

    def run(self, reached: Reached | None = None) -> Run:
        run_id = self.request()
        assert self.work(reached)
        return self.run_row(run_id)

    def run_row(self, run_id: int) -> Run:
        with self.database.reading() as session:
            return session.get_one(Run, run_id)

    def runs(self) -> list[Run]:
        return self._all(select(Run).order_by(Run.id))

    def passes(self) -> list[Pass]:
        return self._all(select(Pass).order_by(Pass.id))

    def pairings(self, actor_type: str = "Customer") -> dict[str, Pairing]:
        rows = self._all(select(Pairing).where(Pairing.actor_type == actor_type))
        return {row.erp_key: row for row in rows}

    def log(self, kind: str = "") -> list[LogEntry]:
        rows = self._all(select(LogEntry).order_by(LogEntry.id))
        return [row for row in rows if kind in {"", row.kind}]

    def failed(self) -> list[FailedRecord]:
        return self._all(select(FailedRecord).order_by(FailedRecord.id))

    def type_row(self, actor_type: str = "Customer") -> LinkActorType:
        return self._all(select(LinkActorType).where(LinkActorType.name == actor_type))[0]

    def outbox(self, entity_type: str = "company") -> list[int]:
        """Return the ids of the records that wait for the link."""
        statement = select(OutboxEntry.entity_id).where(OutboxEntry.entity_type == entity_type)
        return self._all(statement.order_by(OutboxEntry.entity_id))

    def intents(self) -> list[Intent]:
        return self._all(select(Intent).order_by(Intent.id))

    def conflicts(self) -> list[Conflict]:
        return self._all(select(Conflict).order_by(Conflict.id))

    def link(self) -> ErpLink:
        return self._all(select(ErpLink))[0]

    def change_link(self, **values: Any) -> None:
        with self.database.writing() as session:
            session.execute(update(ErpLink).where(ErpLink.id == self.link_id).values(**values))

    def hub(self, entity_type: str = "company") -> list[dict[str, Any]]:
        table = table_of(entity_type)
        with self.database.reading() as session:
            return [dict(row._mapping) for row in session.execute(select(table).order_by(table.c.id))]

    def add(self, entity_type: str, **values: CrmValue) -> int:
        """Create a record of the hub as a user does."""
        with self.database.writing() as session:
            return insert_many(session, entity_type, [values], "user:1", datetime.now(UTC))[0]

    def edit(self, entity_type: str, record_id: int, origin: str = "user:1", **values: CrmValue) -> None:
        """Change a record of the hub as a user does, or whoever the origin names."""
        with self.database.writing() as session:
            update_many(session, entity_type, [(record_id, values)], origin, datetime.now(UTC))

    def delete(self, entity_type: str, record_id: int) -> None:
        table = table_of(entity_type)
        with self.database.writing() as session:
            session.execute(table.delete().where(table.c.id == record_id))

    def count(self, model: type[Any]) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

    def in_another_process(self) -> "Stage":
        """The same stage for a child process or a second host, which share no connections and no threads."""
        url = self.database.engine.url.render_as_string(hide_password=False)
        plugins = load_plugins(self.runtime.settings)
        return replace(self, runtime=replace(self.runtime, database=open_once_more(url), plugins=plugins))

    def _all(self, statement: Any) -> list[Any]:
        with self.database.reading() as session:
            return list(session.scalars(statement))


def reader_of(stage: Stage) -> Companion:
    """Return a process that reads pages; it sees the ERP as it is now. Close it."""
    # its plugins have no threads yet, as those of a worker at its start
    runtime = stage.in_another_process().runtime
    return Companion(reading(runtime, nullcontext), runtime.database.leave_to_parent)


def set_up(database: Database, settings: Settings, plugins: Plugins, server: PlainServer) -> Stage:
    """Store an active link on the server whose types are declared and not mapped."""
    box = SecretBox.from_settings(settings)
    now = datetime.now(UTC)
    declaration = Declaration.ask(plugins.connector(URL.removeprefix("plugin:"))).to_json()
    with database.writing() as session:
        session.add(CrmList(key="country", name="Country"))
        session.flush()
        session.add_all(CrmListItem(list_key="country", key=key, name=key) for key in ("DK", "NO"))
        connector = SyncConnector(name="Plain", url=URL, declaration=declaration, created_at=now)
        session.add(connector)
        session.flush()
        link = ErpLink(
            guid="7f9d5c4e-0000-4000-8000-000000000001",
            name="Nordwind",
            connector_id=connector.id,
            state=LinkState.ACTIVE.value,
            visibility=Visibility.ALL.value,
            configuration={"Server": server.name, "Login": "sync", "Company": "1", "Mode": "simple"},
            tested_url_revision=connector.url_revision,
            created_at=now,
            updated_at=now,
        )
        session.add(link)
        session.flush()
        SecretStore(session, box).write(f"erp_link:{link.id}", {"Password": server.password})
        take_over_declaration(session, link, DeclaredLink(ACTOR_TYPES, FIELDS, SEARCHABLE))
        return Stage(LinkRuntime(database, plugins, settings, box), server, link.id)
