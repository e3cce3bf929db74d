"""The way to the ERP: the outbox of a link, entity by entity, in batches."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

from sqlalchemy import ColumnElement, Table, exists, func, select, true
from sqlalchemy.orm import Session

from erp_links.links.connecting import open_link
from erp_links.links.models import ErpLink
from erp_links.mapping.models import LinkActorType, Unpaired
from erp_links.sync.merge.conflicts import may_ask
from erp_links.sync.merge.ranking import origin_of
from erp_links.sync.models import Pairing, PairingState
from erp_links.sync.passes import complete_pass
from erp_links.sync.preparing import Preparing, active_types, goes_to_erp, locked_type
from erp_links.sync.push.batches import CaseReader
from erp_links.sync.push.interleaving import Interleaved, Steps
from erp_links.sync.push.lines import Lines
from erp_links.sync.push.push_failures import any_due, due_condition, forget_deleted
from erp_links.sync.push.push_passes import is_push_open, open_push_pass
from erp_links.sync.push.push_scene import PushScene
from erp_links.sync.push.push_stores import PushStores
from erp_links.sync.push.push_types import PushType, batch_size, push_type_of
from erp_links.sync.push.reconciling import Batch
from erp_links.sync.run_in_hand import RunInHand
from host.crm import outbox
from host.crm.models import OutboxEntry
from host.crm.tables import table_of
from host.database import refresh_statistics

_MOST_READ_TOGETHER = 4
"""So many batches at most are read with the same statements, which cost as much as the records of one batch."""


def push_all(run: RunInHand, preparing: Preparing) -> None:
    """Reconcile what waits on the outbox of the link, parents first.

    Raises:
        ConnectorError: What the connector raised.
        RunEndedError: The run may not go on.
    """
    with run.database.reading() as session:
        run.permit.assert_wanted(session)
        rows = [row for row in active_types(session, run.permit.link_id) if goes_to_erp(row)]
    entities = dict.fromkeys(row.entity_type for row in rows)
    for entity_type in entities:
        run.go_on()
        of_entity = [row for row in rows if row.entity_type == entity_type]
        with run.database.reading() as session:
            is_due = _is_due(session, run.permit.link_id, entity_type, of_entity)
        if is_due:
            _push_entity(run, preparing, of_entity)


def _is_due(session: Session, link_id: int, entity_type: str, rows: Sequence[LinkActorType]) -> bool:
    """Whether there may be anything to do for an entity; a quiet run opens no pass."""
    if any(row.full_push_due for row in rows):
        return True
    if session.scalar(select(OutboxEntry.entity_id).where(*_of(link_id, entity_type)).limit(1)) is not None:
        return True
    names = [row.name for row in rows]
    return any_due(session, link_id, names) or is_push_open(session, link_id, names)


def _waits(session: Session, link_id: int, entity_type: str) -> int:
    return session.scalar(select(func.count()).select_from(OutboxEntry).where(*_of(link_id, entity_type))) or 0


def _of(link_id: int, entity_type: str) -> tuple[ColumnElement[bool], ...]:
    return OutboxEntry.subscriber == origin_of(link_id), OutboxEntry.entity_type == entity_type


def _push_entity(run: RunInHand, preparing: Preparing, rows: Sequence[LinkActorType]) -> None:
    preparing.ask_for_lists(rows)
    types = _begin(run, preparing, rows)
    if not types:
        return
    run.reached("outbox filled")
    with open_lines(run, types) as lines:
        scene = scene_of(run, types, lines)
        Interleaved(lines, scene.stores, run.stopping).run(_batches(scene, types))
    with run.database.writing() as session:
        at = run.permit.assert_wanted(session)
        for each in types:
            if each.open_pass is not None:
                complete_pass(session, each.open_pass, at)
    run.reached("outbox emptied")


def _begin(run: RunInHand, preparing: Preparing, rows: Sequence[LinkActorType]) -> list[PushType]:
    """Put on the outbox what is due, and open the passes; nothing where it is empty then."""
    link_id, entity_type = run.permit.link_id, rows[0].entity_type
    with run.database.writing() as session:
        at = run.permit.assert_wanted(session)
        present = [locked_type(session, row) for row in rows]
        rules = [preparing.rules(session, row) for row in present]
        conditions = [_all_of(link_id, row) for row in present if row.full_push_due]
        if any_due(session, link_id, [row.name for row in present]):
            for each in rules:
                forget_deleted(session, link_id, each.mapping)
            conditions += [due_condition(session, link_id, each.mapping) for each in rules]
        if any(row.full_push_due for row in present):
            refresh_statistics(session, table_of(entity_type), cast(Table, Pairing.__table__))
        for condition in conditions:
            outbox.enqueue_where(session, origin_of(link_id), entity_type, condition, at)
        waiting = _waits(session, link_id, entity_type)
        is_wanted = waiting or any(row.full_push_due for row in present)
        if not is_wanted and not is_push_open(session, link_id, [row.name for row in present]):
            return []
        types = []
        for row, of_row in zip(present, rules, strict=True):
            open_pass = open_push_pass(session, run.permit.run_id, row, waiting, row.full_push_due, at)
            row.full_push_due = None
            types.append(push_type_of(row, of_row, open_pass))
        return types


def _all_of(link_id: int, row: LinkActorType) -> ColumnElement[bool]:
    """Return which records of the hub a full push looks at."""
    if row.unpaired_push != Unpaired.IGNORE:
        return true()
    hub = table_of(row.entity_type)
    return exists().where(
        Pairing.link_id == link_id,
        Pairing.actor_type == row.name,
        Pairing.entity_type == row.entity_type,
        Pairing.entity_id == hub.c.id,
        Pairing.state == PairingState.PAIRED.value,
    )


def open_lines(run: RunInHand, types: Sequence[PushType]) -> Lines:
    """Return as many lines to the ERP as all of these actor types allow."""
    most = min(each.capabilities.maximum_parallel_calls for each in types)
    seconds = run.runtime.settings.sync_call_seconds
    another = partial(open_link, run.runtime, run.permit.link_id, seconds)
    return Lines(run.link_session, another, most, run.covering)


def scene_of(run: RunInHand, types: Sequence[PushType], lines: Lines) -> PushScene:
    """Return what the batches of a pass share."""
    with run.database.reading() as session:
        asks = any(may_ask(session, run.permit.link_id, each.mapping) for each in types)
        guid = session.get_one(ErpLink, run.permit.link_id).guid
    return PushScene(run, PushStores(run, may_ask=asks), guid, lines.most, asks)


def _batches(scene: PushScene, types: Sequence[PushType]) -> Iterator[Steps]:
    """Yield the batches of the outbox in the order of entity ids; what comes behind is the next run's."""
    link_id, entity_type = scene.run.permit.link_id, types[0].mapping.entity.key
    with scene.run.database.reading() as session:
        reader = CaseReader(session, link_id, types, may_ask=scene.may_ask)
    after, size = 0, batch_size(types)
    # the first batch alone, so that the ERP has something to do while more is read
    together = 1
    while True:
        with scene.run.database.reading() as session:
            entries = outbox.read_entries(session, origin_of(link_id), entity_type, after, size * together)
            if not entries:
                return
            cases = reader.read(session, {entry.entity_id: entry.fields for entry in entries})
        for start in range(0, len(entries), size):
            versions = {entry.entity_id: entry.version for entry in entries[start : start + size]}
            yield Batch(scene, types, [case for case in cases if case.entity_id in versions], versions).steps()
        after, together = entries[-1].entity_id, _MOST_READ_TOGETHER
