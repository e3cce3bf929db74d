"""Creating or changing many records at once, from a file or over the API: first what would happen, then doing it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from host.crm import bulk
from host.crm.checking import check_of, missing_references, required_faults
from host.crm.fields import CrmField, CrmType
from host.crm.lists import items_for
from host.crm.values import CrmValue

Errors = dict[str, list[str]]


class Outcome(StrEnum):
    """What becomes of a row."""

    CREATE = "create"
    UPDATE = "update"
    EQUAL = "equal"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of values.

    Attributes:
        values: Values by field key; fields that are absent stay as they are.
        matches: Ids of the records that the row is meant for; none means a new one.
        errors: Faults that were found while reading it.
    """

    values: Mapping[str, CrmValue]
    matches: Sequence[int] = ()
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one row: `changes` holds the present and the new value of each field that differs."""

    outcome: Outcome
    record_id: int | None = None
    changes: Mapping[str, tuple[CrmValue, CrmValue]] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, CrmValue]:
        """The new values of the fields that differ."""
        return {key: new for key, (_old, new) in self.changes.items()}


def decide(
    session: Session, entity_type: str, fields: Mapping[str, CrmField], rows: Sequence[Row], *, lock: bool = False
) -> list[Decision]:
    """Return what would become of each row, with a number of statements that does not hang on that of the rows.

    Args:
        session: A session; with `lock` one that writes.
        entity_type: Key of the entity.
        fields: All fields of the entity.
        rows: The rows.
        lock: Keep others from changing the records until the transaction ends.
    """
    used = [fields[key] for key in dict.fromkeys(key for row in rows for key in row.values)]
    items = items_for(session, used, active_only=True)
    checks = {one.key: check_of(one, items) for one in used}
    absent = _absent_references(session, used, rows, lock=lock)
    ids = {record_id for row in rows for record_id in row.matches[:1]}
    present = bulk.read_many(session, entity_type, ids, lock=lock)
    decisions = []
    for row in rows:
        errors: Errors = defaultdict(list, {key: list(faults) for key, faults in row.errors.items()})
        if len(row.matches) > 1:
            errors[""].append(_("%(count)s records fit, it is not clear which is meant", count=len(row.matches)))
        record = present.get(row.matches[0]) if len(row.matches) == 1 else None
        before = record.values if record else {}
        changes: dict[str, tuple[CrmValue, CrmValue]] = {}
        for key, value in row.values.items():
            if before.get(key) == value:
                continue
            checked, found = checks[key](value, before.get(key))
            if found:
                errors.update(found)
                continue
            if key in absent and checked in absent[key]:
                errors[key].append(_("does not exist"))
            if before.get(key) != checked:
                changes[key] = (before.get(key), checked)
        after = {**before, **{key: new for key, (_old, new) in changes.items()}}
        for key, faults in required_faults(entity_type, after).items():
            if not errors.get(key):
                errors[key] += faults
        decisions.append(_decision(record.id if record else None, changes, errors))
    return decisions


def carry_out(
    session: Session, entity_type: str, decisions: Sequence[Decision], origin: str, at: datetime
) -> list[int | None]:
    """Do what was decided in the same transaction, and return the id of each row's record; None where refused."""
    creates = [number for number, decision in enumerate(decisions) if decision.outcome is Outcome.CREATE]
    made = bulk.insert_many(session, entity_type, [decisions[number].values for number in creates], origin, at)
    updates = [
        (decision.record_id, decision.values)
        for decision in decisions
        if decision.outcome is Outcome.UPDATE and decision.record_id is not None
    ]
    bulk.update_many(session, entity_type, updates, origin, at)
    ids: list[int | None] = [decision.record_id for decision in decisions]
    for number, record_id in zip(creates, made, strict=True):
        ids[number] = record_id
    return [None if decisions[number].outcome is Outcome.REFUSE else record_id for number, record_id in enumerate(ids)]


def _decision(
    record_id: int | None, changes: Mapping[str, tuple[CrmValue, CrmValue]], errors: Mapping[str, list[str]]
) -> Decision:
    if any(errors.values()):
        return Decision(Outcome.REFUSE, record_id, changes, {key: faults for key, faults in errors.items() if faults})
    if record_id is None:
        return Decision(Outcome.CREATE, None, changes)
    return Decision(Outcome.UPDATE if changes else Outcome.EQUAL, record_id, changes)


def _absent_references(
    session: Session, used: Sequence[CrmField], rows: Sequence[Row], *, lock: bool
) -> dict[str, set[CrmValue]]:
    absent = {}
    for one in used:
        if one.type is CrmType.REFERENCE:
            ids = {value for row in rows if isinstance(value := row.values.get(one.key), int)}
            absent[one.key] = missing_references(session, one, ids, lock=lock)
    return absent
