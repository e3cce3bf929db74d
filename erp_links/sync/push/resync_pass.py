"""A resync: one side wins everywhere (spec 2.15), pairing by pairing."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType
from erp_links.sync.models import Pairing, PairingState
from erp_links.sync.passes import OpenPass, complete_pass
from erp_links.sync.preparing import Preparing, active_types, locked_type
from erp_links.sync.push.batches import CaseReader
from erp_links.sync.push.interleaving import Interleaved, Steps
from erp_links.sync.push.outbox_pass import open_lines, scene_of
from erp_links.sync.push.push_passes import is_resynced, open_resync_pass
from erp_links.sync.push.push_scene import PushScene
from erp_links.sync.push.push_types import PushType, batch_size, push_type_of
from erp_links.sync.push.reconciling import Batch
from erp_links.sync.run_in_hand import RunInHand


def resync_all(run: RunInHand, preparing: Preparing) -> None:
    """Let the side win that the run is asked for, in all pairings of the link or in those that it names.

    Raises:
        ConnectorError: What the connector raised.
        RunEndedError: The run may not go on.
    """
    with run.database.reading() as session:
        run.permit.assert_wanted(session)
        rows = active_types(session, run.permit.link_id)
    for row in rows:
        run.go_on()
        preparing.ask_for_lists([row])
        _resync_type(run, preparing, row)


def _resync_type(run: RunInHand, preparing: Preparing, row: LinkActorType) -> None:
    with run.database.writing() as session:
        at = run.permit.assert_wanted(session)
        present = locked_type(session, row)
        rules = preparing.rules(session, present)
        total = session.scalar(select(func.count()).where(*_pairings(run, row.name))) or 0
        if not total or is_resynced(session, run.permit.run_id, row.name):
            return
        open_pass = open_resync_pass(session, run.permit.run_id, present, total, at)
        push_type = push_type_of(present, rules, open_pass)
    run.reached("resync opened")
    with open_lines(run, [push_type]) as lines:
        scene = scene_of(run, [push_type], lines)
        Interleaved(lines, scene.stores, run.stopping).run(_batches(scene, push_type, open_pass))
    with run.database.writing() as session:
        complete_pass(session, open_pass, run.permit.assert_wanted(session))
    run.reached("resync completed")


def _pairings(run: RunInHand, actor_type: str) -> list[ColumnElement[bool]]:
    conditions = [
        Pairing.link_id == run.permit.link_id,
        Pairing.actor_type == actor_type,
        Pairing.state == PairingState.PAIRED.value,
        Pairing.entity_id.is_not(None),
    ]
    if run.scope is not None:
        conditions.append(Pairing.id.in_(run.scope))
    return conditions


class _Frontier:
    """How far a resync has come, of whose batches several are under way: before it all are done."""

    def __init__(self, open_pass: OpenPass) -> None:
        self._pass = open_pass
        self._under_way: dict[int, bool] = {}

    def begin(self, last: int) -> None:
        self._under_way[last] = False

    def end(self, _session: Session, _at: datetime, last: int) -> None:
        """Note, in the transaction that stores it, that the batch that ends with this pairing is done."""
        self._under_way[last] = True
        for each, is_done in list(self._under_way.items()):
            if not is_done:
                return
            self._pass.resume = str(each)
            if each != last:
                del self._under_way[each]


def _batches(scene: PushScene, push_type: PushType, open_pass: OpenPass) -> Iterator[Steps]:
    with scene.run.database.reading() as session:
        reader = CaseReader(session, scene.run.permit.link_id, [push_type], may_ask=scene.may_ask)
    frontier = _Frontier(open_pass)
    after, size = int(open_pass.resume or 0), batch_size([push_type])
    while True:
        with scene.run.database.reading() as session:
            part = session.execute(
                select(Pairing.id, Pairing.entity_id)
                .where(*_pairings(scene.run, push_type.name), Pairing.id > after)
                .order_by(Pairing.id)
                .limit(size)
            ).all()
            if not part:
                return
            cases = reader.read(session, {row[1]: frozenset() for row in part if row[1] is not None})
        after = part[-1][0]
        frontier.begin(after)
        paired = [case for case in cases if case.is_paired]
        yield Batch(scene, [push_type], paired, {}, partial(frontier.end, last=after)).steps()
