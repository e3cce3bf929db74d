"""What a test of several ERPs can see afterwards: all that is stored, and whether the log tells how it came about.

start, mark = held(stage), last_log_id(stage)
run_until_quiet(stage, [(1, 0), (0, 1)])      # the last round writes no row of data, neither here nor there
assert_log_tells(stage, start, mark)
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, select

from erp_links.sync.models import Conflict, FailedRecord, Intent, LogEntry, Pairing
from erp_links.sync.reasons import WinReason
from host.crm.models import OutboxEntry
from host.crm.registry import entity_types
from host.crm.values import to_json
from sync_connectors.codec import value_to_json
from tests.emulators.ledger.wire import values_of
from tests.erp_links.sync.ledger_stage import LedgerStage

_TABLES = (Pairing, LogEntry, Intent, FailedRecord, Conflict, OutboxEntry)

_NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?")

REASONS = {reason.value for reason in WinReason}


@dataclass(frozen=True)
class Held:
    """What all sides hold, in the JSON forms in which the log tells it.

    Attributes:
        hub: {(entity type, id): {field: value}}.
        erps: {(place of the link, table, key): {column: value}}.
    """

    hub: dict[tuple[str, int], dict[str, Any]]
    erps: dict[tuple[int, str, str], dict[str, Any]]


def held(stage: LedgerStage) -> Held:
    """Return what all sides hold now."""
    hub = {
        (kind, record_id): {key: to_json(value) for key, value in record.values.items()}
        for kind in entity_types()
        for record_id, record in stage.hub(kind).items()
    }
    erps = {}
    for place, ledger in enumerate(stage.ledgers):
        with ledger.books.lock:
            for table, records in ledger.books.tables.items():
                for key, record in records.items():
                    values = values_of(table, {**record.values, "CHANGED": record.time})
                    erps[place, table, key] = {name: value_to_json(value) for name, value in values.items()}
    return Held(hub, erps)


def everything(stage: LedgerStage) -> dict[str, Any]:
    """Return all rows of data that the engine keeps beside the hub, and what all sides hold; no run or pass."""
    rows: dict[str, Any] = {}
    with stage.database.reading() as session:
        for model in _TABLES:
            table = model.__table__
            assert isinstance(table, Table)
            rows[table.name] = [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
    versions = {
        (kind, record_id): (record.version, dict(record.field_meta))
        for kind in entity_types()
        for record_id, record in stage.hub(kind).items()
    }
    return {**rows, "versions": versions, "held": held(stage), "calls": writing_calls(stage)}


def writing_calls(stage: LedgerStage) -> Counter[tuple[int, str]]:
    """Return how often each ERP was asked to create or save."""
    return Counter(
        (place, call.name)
        for place, ledger in enumerate(stage.ledgers)
        for call in list(ledger.desk.calls)
        if call.name in {"create", "save"}
    )


def run_until_quiet(stage: LedgerStage, rounds: Sequence[Sequence[int]]) -> None:
    """Run links round by round, the last round again and again, until a round writes no row of data on any side.

    Fail when a run does not succeed, or when three rounds behind the last one still write something: one carries out
    what is owed, one sees what was written come back, and one is quiet.
    """
    before = everything(stage)
    written: dict[str, Any] = {}
    for order in [*rounds, rounds[-1], rounds[-1], rounds[-1]]:
        for link in order:
            run = stage.run(link)
            assert run.outcome == "success", (run.outcome, run.message, run.technical, dict(run.counts))
        after = everything(stage)
        written = {name: _news(before[name], rows) for name, rows in after.items() if rows != before[name]}
        if set(order) == set(range(len(stage.link_ids))) and not written:
            return
        before = after
    raise AssertionError(written)


def _news(before: Any, after: Any) -> Any:
    return [row for row in after if row not in before] if isinstance(after, list) else "other than before"


def assert_log_tells(stage: LedgerStage, start: Held, after: int = 0) -> None:
    """Fail unless the log leads from what all sides held at the start to what they hold now, value by value.

    Each overwritten value is there once, with what came in its place and a reason, and nothing else is.

    Args:
        stage: The stage.
        start: What the sides held when people had made their edits and no run had begun.
        after: Id of the last log entry of that moment.
    """
    now = held(stage)
    told = Held({key: dict(values) for key, values in start.hub.items()}, {k: dict(v) for k, v in start.erps.items()})
    places = {link_id: place for place, link_id in enumerate(stage.link_ids)}
    for entry in stage.log():
        if entry.id <= after:
            continue
        if entry.kind == "created":
            _add(entry, told, places)
        elif entry.kind == "changed":
            assert entry.reason in REASONS, (entry.kind, entry.reason)
            if entry.target == "erp" and not entry.erp_field:
                continue  # moved below another parent, which is no value of the record
            side, field = _side(entry, told, places)
            assert side is not None, ("a change of a record that nobody had", _words(entry))
            is_news = isinstance(side, _Made) and field not in side
            assert is_news or _same(side.get(field), entry.old), (
                "not what was overwritten",
                _words(entry),
                side.get(field),
            )
            assert not _same(entry.new, entry.old), ("no change", _words(entry))
            side[field] = entry.new
    assert now.hub.keys() <= told.hub.keys(), "a record of the hub that no entry tells of"
    for key, values in told.hub.items():
        _assert_same(key, values, now.hub.get(key, {}))
    assert now.erps.keys() <= told.erps.keys(), "a record of an ERP that no entry tells of"
    for erp_key, values in told.erps.items():
        _assert_same(erp_key, values, now.erps.get(erp_key, {}))


def last_log_id(stage: LedgerStage) -> int:
    """Return the id of the last entry of the log."""
    return max((entry.id for entry in stage.log()), default=0)


def _side(entry: LogEntry, told: Held, places: Mapping[int, int]) -> tuple[Any, str]:
    if entry.target == "crm":
        return told.hub.get((entry.entity_type, entry.entity_id or 0)), entry.crm_field
    return told.erps.get((places[entry.link_id], entry.actor_type, entry.erp_key)), entry.erp_field


class _Made(dict[str, Any]):
    """A record that was made meanwhile; the log tells of those of its values that were overwritten since."""


def _add(entry: LogEntry, told: Held, places: Mapping[int, int]) -> None:
    side, _field = _side(entry, told, places)
    if entry.target == "crm":
        assert side is None, ("a record was made that was there", _words(entry))
        told.hub[entry.entity_type, entry.entity_id or 0] = _Made()
    else:
        assert not isinstance(side, _Made), ("a record was made twice", _words(entry))
        told.erps[places[entry.link_id], entry.actor_type, entry.erp_key] = _Made()


def _same(one: Any, other: Any) -> bool:
    return bool(_form(one) == _form(other))


def _form(value: Any) -> Any:
    """Return one form for JSON forms that stand for the same: blanks, numbers, rows without blank columns."""
    match value:
        case None | "" | []:
            return None
        case {"double": str(number)}:
            return Decimal(number).normalize()
        case [[str(), dict()], *_]:
            # the log tells what was sent, and a new row gets its key from the ERP
            rows = ({name: _form(one) for name, one in row.items()} for _key, row in value)
            return sorted(str(sorted((name, str(one)) for name, one in row.items() if one is not None)) for row in rows)
        case str() if _NUMBER.fullmatch(value):
            return Decimal(value).normalize()
        case _:
            return value


def _words(entry: LogEntry) -> tuple[Any, ...]:
    return entry.target, entry.link_id, entry.erp_key, entry.crm_field, entry.old, entry.new, entry.reason


def _assert_same(key: Any, told: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """A record that is gone by now was deleted by a person; the time of change is the ERP's own affair."""
    if not now:
        return
    different = {
        name: (told.get(name), value)
        for name, value in now.items()
        if name != "CHANGED" and not _same(told.get(name), value) and not (isinstance(told, _Made) and name not in told)
    }
    assert different == {}, f"the log does not lead to what {key} holds: {different}"
