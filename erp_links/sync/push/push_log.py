"""The log of the way to the ERP: one row per overwritten value, and one per record that is new, paired or gone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from erp_links.sync.merge.sides import FieldChange
from erp_links.sync.models import LogEntry
from erp_links.sync.push.cases import Case
from erp_links.sync.reasons import WinReason
from host.crm.values import to_json
from host.database import Same, Values, insert_columns
from sync_connectors.codec import value_to_json

_LOG = cast(Table, LogEntry.__table__)


@dataclass(frozen=True, slots=True)
class PushLog:
    """Writes rows; `named` are link, run, actor type and entity type of all of them."""

    named: Mapping[str, Any]
    at: datetime

    def write(self, session: Session, cases: Sequence[Case], changes: Mapping[int, Sequence[FieldChange]]) -> None:
        """Write what became of these cases; `changes` is what the hub took over, by id of the record."""
        rows = [row for case in cases for row in _rows_of(case, changes.get(case.entity_id, ()))]
        columns: dict[str, Values] = {key: Same(value) for key, value in self.named.items()}
        columns |= zip(_Row._fields, zip(*rows, strict=True), strict=False)
        insert_columns(session.connection(), _LOG, len(rows), {**columns, "at": Same(self.at)})


class _Row(NamedTuple):
    """What differs from row to row, by name of the column."""

    kind: str
    erp_key: str
    entity_id: int
    target: str = "erp"
    crm_field: str = ""
    erp_field: str = ""
    old: Any = None
    new: Any = None
    reason: str = ""


def _rows_of(case: Case, changes: Sequence[FieldChange]) -> Iterable[_Row]:
    if case.outcome == "gone":
        yield _Row("gone", case.erp_key, case.entity_id)
    if case.new:
        yield _Row(case.new, case.erp_key, case.entity_id)
    if case.new != "created":
        for owed in (*case.arrived, *case.sent):
            new = value_to_json(owed.new)
            yield _changed(case, "erp", owed.crm_field, owed.erp_field, owed.old, new, owed.reason)
    for change in changes:
        old, new = to_json(change.old), to_json(change.new)
        yield _changed(case, "crm", change.crm_field, change.erp_field, old, new, change.reason)


def _changed(case: Case, target: str, crm_field: str, erp_field: str, old: Any, new: Any, reason: WinReason) -> _Row:
    return _Row("changed", case.erp_key, case.entity_id, target, crm_field, erp_field, old, new, reason.value)
