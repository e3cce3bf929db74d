"""Links on Ledgers, each an ERP of its own behind HTTP, and a worker's hands to run them with.

    stage.map(0, "Customer", {"NAME": ("name", "both"), "CUSTNO": ("number", "to_crm")}, unpaired_pull="create")
    stage.ledgers[0].books.put("Customer", "C1", {"NAME": "Alfa"})
    stage.ledgers[0].faults.on("lost", calls=["create"], times=1)
    stage.rank(0, "crm", 1)
    stage.run(0)
    stage.run_until_quiet()
    stage.assert_equal_everywhere()
    stage.assert_none_lost_or_doubled()

Links are named by their place: ERP number 0, 1 and so on. A Ledger lives in the process of the test; a child process
that works on `in_another_process()` may be killed, and Ledger and database live on.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

import host.app.tables  # noqa: F401 -- a flush needs every table that a foreign key names
from erp_links.links.models import ErpLink
from erp_links.mapping.eligibility import eligible, mark_what_became_eligible
from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.mapping.priority import CRM, save_priority
from erp_links.mapping.subscribing import subscribe_link
from erp_links.runtime import LinkRuntime
from erp_links.sync.executor import RunExecutor
from erp_links.sync.models import FailedRecord, Intent, LogEntry, Pairing, Pass, Run
from erp_links.sync.requesting import Cause, request_run
from erp_links.sync.run_in_hand import Reached
from erp_links.sync.work import RequestedRuns
from host.audit.doer import Doer
from host.crm.bulk import insert_many, read_many, update_many
from host.crm.record import Record
from host.crm.registry import entity_types
from host.crm.tables import table_of
from host.crm.values import CrmValue
from host.database import Database
from host.jobs.clock import read_clock
from host.jobs.models import Lease
from sync_connectors.loading import load_plugins
from tests.databases import open_once_more
from tests.emulators.ledger.running import Ledger
from tests.erp_links.sync.sameness import Difference, column_of, same

IDA = Doer(None, "Ida Holm", "page")
DIED = 7
"""Exit code of a child that was gone at the point where it was to be."""

Mapped = Mapping[str, tuple[str, str] | tuple[str, str, Mapping[str, str]]]
"""ERP field → (hub field, "both", "to_crm" or "to_erp"); for lines also their columns, ERP's → hub's."""


@dataclass
class LedgerStage:
    """Everything that a test of several ERPs works with."""

    runtime: LinkRuntime
    ledgers: tuple[Ledger, ...]
    link_ids: tuple[int, ...]

    @property
    def database(self) -> Database:
        return self.runtime.database

    # -- setting up ----------------------------------------------------------------------------------------------------

    def map(
        self,
        link: int,
        actor_type: str,
        fields: Mapped,
        *,
        unpaired_pull: str = "create",
        unpaired_push: str = "ignore",
        match: Sequence[str] = (),
        policy: str = "priority",
    ) -> None:
        """Map fields of an actor type and switch it on, with the notes that saving a mapping and activating leave."""
        with self.database.writing() as session:
            row = self._type_row(session, link, actor_type)
            before = eligible(row)
            row.active, row.match_fields = True, list(match)
            row.unpaired_pull, row.unpaired_push = unpaired_pull, unpaired_push
            for field in session.scalars(select(LinkField).where(LinkField.actor_type_id == row.id)):
                chosen = fields.get(field.key)
                field.crm_field = chosen[0] if chosen else None
                field.to_crm = chosen is not None and chosen[1] in {"both", "to_crm"}
                field.to_erp = chosen is not None and chosen[1] in {"both", "to_erp"}
                field.row_columns = dict(chosen[2]) if chosen and len(chosen) == 3 else {}
                field.policy = policy
            assert set(fields) <= {field.key for field in row.fields}
            mark_what_became_eligible(row, before)
            session.flush()
            subscribe_link(session, row.link)

    def rank(self, *order: int | str) -> None:
        """Store the sync priority, the strongest first: places of links, and "crm"."""
        ids = [CRM if each == "crm" else self.link_ids[int(each)] for each in order]
        with self.database.writing() as session:
            save_priority(session, IDA, ids)

    # -- what people do in the CRM -------------------------------------------------------------------------------------

    def add(self, entity_type: str, **values: CrmValue) -> int:
        with self.database.writing() as session:
            return insert_many(session, entity_type, [_dotted(values)], "user:1", datetime.now(UTC))[0]

    def edit(self, entity_type: str, record_id: int, **values: CrmValue) -> None:
        with self.database.writing() as session:
            update_many(session, entity_type, [(record_id, _dotted(values))], "user:1", datetime.now(UTC))

    def hub(self, entity_type: str = "company") -> dict[int, Record]:
        table = table_of(entity_type)
        with self.database.reading() as session:
            ids = session.scalars(select(table.c.id)).all()
            return read_many(session, entity_type, ids) if ids else {}

    def find(self, entity_type: str, **values: CrmValue) -> Record:
        """Return the one record that has these values."""
        wanted = _dotted(values)
        (found,) = [one for one in self.hub(entity_type).values() if wanted.items() <= dict(one.values).items()]
        return found

    # -- running -------------------------------------------------------------------------------------------------------

    def request(self, link: int = 0) -> int:
        with self.database.writing() as session:
            return request_run(session, self.link_ids[link], Cause.PERSON, IDA).id

    def work(self, reached: Reached | None = None) -> bool:
        """Do what a worker does when it looks for runs."""
        executor = RunExecutor(self.runtime, reached) if reached else None
        return RequestedRuns(self.runtime, executor=executor).work(threading.Event())

    def run(self, link: int = 0, reached: Reached | None = None) -> Run:
        run_id = self.request(link)
        assert self.work(reached)
        with self.database.reading() as session:
            return session.get_one(Run, run_id)

    def run_all(self) -> list[Run]:
        """Run each link once, in the order of their places."""
        return [self.run(link) for link in range(len(self.link_ids))]

    def run_until_quiet(self, limit: int = 2) -> list[Run]:
        """Run all links until nothing is left to do, which must be so after `limit` rounds; return the quiet runs."""
        runs: list[Run] = []
        for _round in range(limit + 1):
            before = self.written()
            runs = self.run_all()
            if self.written() == before:
                assert {run.outcome for run in runs} == {"success"}, [(run.outcome, run.message) for run in runs]
                return runs
        raise AssertionError(f"not quiet after {limit} rounds: {[dict(run.counts) for run in runs]}")

    def written(self) -> tuple[Any, ...]:
        """Return what changes with every write into the hub, the log, the intents or an ERP."""
        with self.database.reading() as session:
            here = (
                session.scalar(select(func.count()).select_from(LogEntry)),
                session.scalar(select(func.count()).select_from(Pairing)),
                session.scalar(select(func.count()).select_from(Intent)),
                [(kind, session.scalar(select(func.sum(table_of(kind).c.version)))) for kind in entity_types()],
            )
        asked = [tuple(ledger.desk.counts()[call] for call in ("create", "save")) for ledger in self.ledgers]
        return (*here, asked, [ledger.books.version for ledger in self.ledgers])

    def in_another_process(self) -> "LedgerStage":
        """Return the same stage for a child process, which shares no connections and no threads with this one."""
        url = self.database.engine.url.render_as_string(hide_password=False)
        runtime = replace(self.runtime, database=open_once_more(url), plugins=load_plugins(self.runtime.settings))
        return replace(self, runtime=runtime)

    def die_at(self, point: str, time: int = 1) -> bool:
        """Work in a child that is gone without a farewell when it reaches the point for that time.

        Returns:
            Whether it was; a child that never came there has ended its run.
        """
        left = [time]

        def reached(name: str) -> None:
            left[0] -= name == point
            if not left[0]:
                os._exit(DIED)

        child = os.fork()
        if child == 0:
            try:
                self.in_another_process().work(reached)
                os._exit(0)
            finally:
                os._exit(1)
        _pid, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in {0, DIED}
        return code == DIED

    def let_leases_expire(self) -> None:
        """Let the time pass after which the work of a dead worker is taken over."""
        with self.database.writing() as session:
            past = read_clock(session) - timedelta(seconds=1)
            session.execute(update(Lease).where(Lease.holder != "").values(expires_at=past))
            session.execute(update(Lease).where(Lease.call_until.is_not(None)).values(call_until=past))

    def let_retries_come_due(self) -> None:
        """Let the time pass after which failed records are tried again."""
        with self.database.writing() as session:
            past = read_clock(session) - timedelta(seconds=1)
            session.execute(update(FailedRecord).where(FailedRecord.retry_at.is_not(None)).values(retry_at=past))

    # -- looking -------------------------------------------------------------------------------------------------------

    def pairings(self, link: int = 0, actor_type: str = "Customer") -> dict[str, Pairing]:
        wanted = select(Pairing).where(Pairing.link_id == self.link_ids[link], Pairing.actor_type == actor_type)
        return {row.erp_key: row for row in self.all(wanted)}

    def failed(self, link: int = 0) -> list[FailedRecord]:
        return self.all(select(FailedRecord).where(FailedRecord.link_id == self.link_ids[link]))

    def intents(self, link: int = 0) -> list[Intent]:
        return self.all(select(Intent).where(Intent.link_id == self.link_ids[link]))

    def passes(self, link: int = 0) -> list[Pass]:
        return self.all(select(Pass).where(Pass.link_id == self.link_ids[link]).order_by(Pass.id))

    def log(self, kind: str = "") -> list[LogEntry]:
        return [row for row in self.all(select(LogEntry).order_by(LogEntry.id)) if kind in {"", row.kind}]

    def link_row(self, link: int = 0) -> ErpLink:
        with self.database.reading() as session:
            return session.get_one(ErpLink, self.link_ids[link])

    def type_row(self, link: int = 0, actor_type: str = "Customer") -> LinkActorType:
        with self.database.reading() as session:
            return self._type_row(session, link, actor_type)

    def all(self, statement: Any) -> list[Any]:
        with self.database.reading() as session:
            return list(session.scalars(statement))

    def differences(self) -> list[Difference]:
        """Return every mapped value in which a paired record differs between an ERP and the hub."""
        found = []
        for link, ledger in enumerate(self.ledgers):
            for row in self._active_types(link):
                records = self.hub(row.entity_type)
                for key, pairing in self.pairings(link, row.name).items():
                    held = ledger.books.tables[row.name].get(key)
                    record = records.get(pairing.entity_id or 0)
                    if held is None or record is None or pairing.state != "paired":
                        continue
                    for field in row.fields:
                        if not field.crm_field or not (field.to_crm or field.to_erp):
                            continue
                        erp = held.time if field.key == "CHANGED" else held.values.get(field.key)
                        hub = record.values[field.crm_field]
                        steps = ledger.desk.rules.get((row.name, field.key), ())
                        if not same(column_of(row.name, field.key), erp, hub, steps, field.row_columns):
                            found.append(Difference(link, row.name, key, field.key, erp, hub))
        return found

    def assert_equal_everywhere(self) -> None:
        """Fail unless all paired records hold the same on both sides, in all their mapped fields."""
        assert self.differences() == []

    def assert_none_lost_or_doubled(self) -> None:
        """Fail unless each record of a side that creates on the other is there exactly once.

        One that the other side refuses is neither lost nor doubled as long as it stands among the failed records.
        """
        for link, ledger in enumerate(self.ledgers):
            failed = self.failed(link)
            for row in self._active_types(link):
                paired = self.pairings(link, row.name)
                known = {each.erp_key for each in failed if each.actor_type == row.name}
                if row.unpaired_pull == "create":
                    alone = set(ledger.books.tables[row.name]) - set(paired) - known
                    assert alone == set(), f"ERP {link} has {row.name}s of which the CRM has no record"
                if row.unpaired_push == "create":
                    excused = {each.entity_id for each in failed if each.entity_type == row.entity_type}
                    excused |= {each.entity_id for each in self.intents(link) if each.state == "unclear"}
                    alone_here = set(self.hub(row.entity_type)) - {each.entity_id for each in paired.values()} - excused
                    assert alone_here == set(), f"the CRM has records of which ERP {link} has no {row.name}"

    def _active_types(self, link: int) -> list[LinkActorType]:
        with self.database.reading() as session:
            rows = session.scalars(
                select(LinkActorType).where(LinkActorType.link_id == self.link_ids[link], LinkActorType.active)
            ).all()
            for row in rows:
                row.fields  # noqa: B018 - loads them as long as the session lives
            return list(rows)

    def _type_row(self, session: Any, link: int, actor_type: str) -> LinkActorType:
        row: LinkActorType = session.scalars(
            select(LinkActorType).where(LinkActorType.link_id == self.link_ids[link], LinkActorType.name == actor_type)
        ).one()
        return row


def _dotted(values: Mapping[str, CrmValue]) -> dict[str, CrmValue]:
    """Return values by field key, where an argument `postal__city` stands for `postal.city`."""
    return {key.replace("__", "."): value for key, value in values.items()}
