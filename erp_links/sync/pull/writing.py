"""Writing a page: the one module with bulk statements of the engine, a constant number for a page of any size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, insert, update
from sqlalchemy.orm import Session

from erp_links.sync.failed_rows import first_time, once_more
from erp_links.sync.failures import Direction, Failure, KnownFailure
from erp_links.sync.models import FailedRecord, LogEntry, Pairing, PairingState
from erp_links.sync.pairings import nothing_settled
from erp_links.sync.pull.columns import log_columns, pairing_columns
from erp_links.sync.pull.planning import Adoption, Plan, Update
from host.crm import bulk
from host.crm.stamping import restamp
from host.crm.values import CrmValue
from host.database import insert_columns, update_rows

Rows = list[dict[str, Any]]

_PAIRING = cast(Table, Pairing.__table__)
_LOG = cast(Table, LogEntry.__table__)
_FAILED = cast(Table, FailedRecord.__table__)


@dataclass(frozen=True, slots=True)
class PageWriter:
    """Writes pages of one pass.

    Attributes:
        origin: What the hub notes as the origin of values.
        at: The time of everything that is written.
    """

    session: Session
    link_id: int
    run_id: int
    actor_type: str
    entity_type: str
    origin: str
    at: datetime

    def write(self, plan: Plan, known: Mapping[str, KnownFailure]) -> None:
        """Write what was planned; `known` are the failed records that the page's keys already have."""
        made = plan.creations
        ids = bulk.insert_by_column(
            self.session, self.entity_type, len(made.places), made.values, self.origin, self.at, made.folded
        )
        changes: list[Adoption | Update] = [*plan.adoptions, *plan.updates]
        locked = {each.record.id: each.record for each in changes}
        bulk.update_many(self.session, self.entity_type, _hub_changes(changes), self.origin, self.at, locked)
        stamps = {each.record.id: each.merged.stamps for each in changes}
        stamps.update({new_id: made.stamps.get(place, {}) for place, new_id in zip(made.places, ids, strict=True)})
        restamp(self.session, self.entity_type, stamps)
        self._add_pairings(plan, ids)
        self._update_pairings(plan.updates)
        self._bury(plan.tombstones)
        self._add_log(plan, ids)
        self._keep_failures(plan.failures, known)
        self._clear_failures([known[key].id for key in plan.settled if key in known])

    def stamp(self, timestamps: Mapping[int, str]) -> None:
        """Store new timestamps of the ERP for pairings whose values did not change, by pairing id."""
        rows = [{"id": row_id, "erp_timestamp": timestamp} for row_id, timestamp in timestamps.items()]
        update_rows(self.session, _PAIRING, rows)

    def _insert(self, table: Table, rows: Rows) -> None:
        if rows:
            self.session.connection().execute(insert(table), rows)

    def _add_pairings(self, plan: Plan, ids: Sequence[int]) -> None:
        count, columns = pairing_columns(
            plan,
            ids,
            link_id=self.link_id,
            actor_type=self.actor_type,
            entity_type=self.entity_type,
            at=self.at,
        )
        insert_columns(self.session.connection(), _PAIRING, count, columns)

    def _add_log(self, plan: Plan, ids: Sequence[int]) -> None:
        count, columns = log_columns(
            plan,
            ids,
            link_id=self.link_id,
            run_id=self.run_id,
            actor_type=self.actor_type,
            entity_type=self.entity_type,
            at=self.at,
        )
        insert_columns(self.session.connection(), _LOG, count, columns)

    def _update_pairings(self, updates: Sequence[Update]) -> None:
        update_rows(
            self.session,
            _PAIRING,
            [
                {
                    "id": each.pairing.id,
                    "parent_type": each.parent[0] if each.parent else None,
                    "parent_key": each.parent[1] if each.parent else None,
                    "state": PairingState.PAIRED.value,
                    "erp_timestamp": each.incoming.actor.timestamp,
                    "base_erp": each.merged.base_erp,
                    "base_hub": each.merged.base_hub,
                    "row_keys": each.merged.row_keys,
                    "content_hash": each.incoming.digest if each.is_settled else None,
                    "synced_at": self.at,
                }
                for each in updates
                if each.is_news
            ],
        )

    def _bury(self, pairing_ids: Sequence[int]) -> None:
        if pairing_ids:
            self.session.connection().execute(
                update(_PAIRING)
                .where(_PAIRING.c.id.in_(pairing_ids))
                .values(state=PairingState.TOMBSTONE.value, entity_id=None, **nothing_settled())
            )

    def _keep_failures(self, failures: Sequence[Failure], known: Mapping[str, KnownFailure]) -> None:
        run = {"run_id": self.run_id, "entity_type": self.entity_type}
        named = {**run, "link_id": self.link_id, "actor_type": self.actor_type}
        fresh = [
            {**named, **first_time(each, Direction.PULL, self.at)} for each in failures if each.erp_key not in known
        ]
        self._insert(_FAILED, fresh)
        again = [
            {**run, "entity_id": each.entity_id, **once_more(each, known[each.erp_key], self.at)}
            for each in failures
            if each.erp_key in known
        ]
        update_rows(self.session, _FAILED, again)

    def _clear_failures(self, ids: Sequence[int]) -> None:
        if ids:
            self.session.connection().execute(delete(_FAILED).where(_FAILED.c.id.in_(ids)))


def _hub_changes(changes: Sequence[Adoption | Update]) -> list[tuple[int, dict[str, CrmValue]]]:
    return [
        (each.record.id, {change.crm_field: change.new for change in each.merged.changes})
        for each in changes
        if each.merged.changes
    ]
