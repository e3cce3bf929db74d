"""The reconciliation of one batch: records of the hub and what the ERP has for them, brought together."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from erp_links.sync.push.cases import Case
from erp_links.sync.push.creating import create_all
from erp_links.sync.push.interleaving import Steps, Store, Write
from erp_links.sync.push.matching_push import sort_unpaired
from erp_links.sync.push.push_scene import PushScene
from erp_links.sync.push.push_types import PushType
from erp_links.sync.push.sending import find_again, save_paired, save_read
from erp_links.sync.push.touched import is_untouched
from host.crm import outbox


def _nothing(_session: Session, _at: datetime) -> None:
    """Write nothing beside what was decided."""


class Batch:
    """Some records on their way to the ERP, as all actor types that they go there as."""

    def __init__(
        self,
        scene: PushScene,
        types: Sequence[PushType],
        cases: Sequence[Case],
        entries: Mapping[int, int],
        beside: Write = _nothing,
    ) -> None:
        """Take the cases, type by type.

        Args:
            scene: What all batches of the pass share.
            types: The actor types, all of one entity.
            cases: The cases.
            entries: Versions of the outbox entries that are done with when all cases of their record are.
            beside: What else is written when the batch is done.
        """
        self._scene = scene
        self._types = types
        self._cases = cases
        self._entries = entries
        self._beside = beside

    def steps(self) -> Steps:
        """Reconcile; what the ERP has answered is stored even if something goes wrong behind it.

        Raises:
            ConnectorError: What the connector raised.
            RunEndedError: The run may not go on.
        """
        try:
            for push_type, cases in self._by_type():
                yield from self._reconcile(push_type, cases)
        except Exception:
            if any(case.outcome and case.has_intent and not case.is_stored for case in self._cases):
                yield Store(self._settle)
            raise
        yield Store(self._settle_all)

    def _by_type(self) -> list[tuple[PushType, list[Case]]]:
        return [(each, [case for case in self._cases if case.type is each]) for each in self._types]

    def _reconcile(self, push_type: PushType, cases: Sequence[Case]) -> Steps:
        paired, unpaired, gone = [], [], []
        for case in cases:
            if case.is_gone:
                gone.append(case)
            elif not case.is_paired:
                unpaired.append(case)
            elif push_type.rules.forced is None and is_untouched(case):
                case.end("erp_equal")
            else:
                paired.append(case)
        yield from save_paired(self._scene, push_type, paired)
        back = yield from find_again(self._scene, push_type, gone)
        yield from save_read(self._scene, push_type, back)
        found, new = yield from sort_unpaired(self._scene, push_type, unpaired)
        yield from save_read(self._scene, push_type, found)
        if new:
            yield from create_all(self._scene, push_type, new)

    def _settle(self, session: Session, at: datetime) -> None:
        for push_type, cases in self._by_type():
            decided = [case for case in cases if case.outcome and not case.is_stored]
            self._scene.stores.settle(session, at, push_type, decided)

    def _settle_all(self, session: Session, at: datetime) -> None:
        self._settle(session, at)
        if self._entries:
            staying = {case.entity_id for case in self._cases if case.stays or not case.outcome}
            done = {entity_id: version for entity_id, version in self._entries.items() if entity_id not in staying}
            rules = self._types[0].rules
            outbox.settle(session, rules.origin, rules.mapping.entity.key, done)
        self._beside(session, at)
