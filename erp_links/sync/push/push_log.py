"""The log of the way to the ERP: one row per overwritten value, and one per record that is new, paired or gone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from erp_links.sync.merge.sides import FieldChange
from erp_links.sync.models import LogEntry
from erp_links.sync.push.cases import Case
from host.crm.values import to_json
from sync_connectors.codec import value_to_json

_LOG = cast(Table, LogEntry.__table__)


@dataclass(frozen=True, slots=True)
class PushLog:
    """Writes rows; `named` are link, run, actor type and entity type of all of them."""

    named: Mapping[str, Any]
    at: datetime

    def write(self, session: Session, cases: Sequence[Case], changes: Mapping[int, Sequence[FieldChange]]) -> None:
        """Write what became of these cases; `changes` is what the hub took over, by id of the record."""
        rows = [row for case in cases for row in self._rows_of(case, changes.get(case.entity_id, ()))]
        if rows:
            session.connection().execute(insert(_LOG), rows)

    def _rows_of(self, case: Case, changes: Sequence[FieldChange]) -> Iterable[dict[str, Any]]:
        if case.outcome == "gone":
            yield self._row(case, "gone")
        if case.new:
            yield self._row(case, case.new, new=_told(case))
        if case.new != "created":
            for owed in (*case.arrived, *case.sent):
                new = value_to_json(owed.new)
                yield self._row(case, "changed", owed.crm_field, owed.erp_field, owed.old, new, owed.reason.value)
        for change in changes:
            old, new = to_json(change.old), to_json(change.new)
            row = self._row(case, "changed", change.crm_field, change.erp_field, old, new, change.reason.value)
            yield row | {"target": "crm"}

    def _row(
        self,
        case: Case,
        kind: str,
        crm_field: str = "",
        erp_field: str = "",
        old: Any = None,
        new: Any = None,
        reason: str = "",
    ) -> dict[str, Any]:
        return {
            **self.named,
            "at": self.at,
            "kind": kind,
            "erp_key": case.erp_key,
            "entity_id": case.entity_id,
            "target": "erp",
            "crm_field": crm_field,
            "erp_field": erp_field,
            "old": old,
            "new": new,
            "reason": reason,
        }


def _told(case: Case) -> dict[str, Any]:
    """Return what a new pairing began with: the values that were sent, or those that the ERP had."""
    if case.new == "created":
        return dict(case.told)
    hub = case.incoming.hub if case.incoming is not None else {}
    return {key: to_json(value) for key, value in hub.items() if value is not None}
