"""Settling what earlier runs left open: calls whose answer was lost, by looking into the ERP."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType
from erp_links.sync.abandoned import bury, find_abandoned
from erp_links.sync.models import IntentKind
from erp_links.sync.pairings import glance
from erp_links.sync.preparing import Preparing, active_types
from erp_links.sync.push.batches import CaseReader
from erp_links.sync.push.cases import Case, StoredIntent
from erp_links.sync.push.creating import take_found
from erp_links.sync.push.intents import forget_intents, open_intents, read_intents
from erp_links.sync.push.interleaving import Ask, Interleaved, Steps, Store
from erp_links.sync.push.lines import Call
from erp_links.sync.push.looking_up import MatchLookUp, searching
from erp_links.sync.push.outbox_pass import open_lines, scene_of
from erp_links.sync.push.push_scene import PushScene, answered
from erp_links.sync.push.push_types import PushType, batch_size, push_type_of
from erp_links.sync.push.sending import save_paired
from erp_links.sync.reasons import FailureReason
from erp_links.sync.run_in_hand import RunInHand
from sync_connectors import Actor, Actors, Operator, Restriction


def settle_open_intents(run: RunInHand, preparing: Preparing) -> bool:
    """Find out what became of the calls whose answer was lost, before anything else is asked or sent.

    Entries of the outbox stay: the pass to the ERP looks at these records once more. What cannot be found out because
    the ERP does not answer stays open.

    Returns:
        Whether nothing is left open. Otherwise the run must not go on: a pull would take what we made ourselves for
        something new.

    Raises:
        ConnectorError: What the connector raised.
        RunEndedError: The run may not go on.
    """
    with run.database.reading() as session:
        intents = open_intents(session, run.permit.link_id)
        if not intents:
            return True
        rows = [row for row in active_types(session, run.permit.link_id) if row.name in intents]
    preparing.ask_for_lists(rows)
    for row in rows:
        run.go_on()
        _settle_type(run, preparing, row, intents[row.name])
    run.reached("intents settled")
    with run.database.reading() as session:
        left = open_intents(session, run.permit.link_id)
    return not any(row.name in left for row in rows)


def _settle_type(run: RunInHand, preparing: Preparing, row: LinkActorType, kinds: Mapping[int, str]) -> None:
    with run.database.reading() as session:
        run.permit.assert_wanted(session)
        push_type = push_type_of(row, preparing.rules(session, row))
    with open_lines(run, [push_type]) as lines:
        scene = scene_of(run, [push_type], lines)
        Interleaved(lines, scene.stores, run.stopping).run(_batches(scene, push_type, list(kinds)))


def _batches(scene: PushScene, push_type: PushType, entity_ids: Sequence[int]) -> Iterator[Steps]:
    with scene.run.database.reading() as session:
        reader = CaseReader(session, scene.run.permit.link_id, [push_type], may_ask=scene.may_ask)
    size = batch_size([push_type])
    for start in range(0, len(entity_ids), size):
        part = entity_ids[start : start + size]
        with scene.run.database.reading() as session:
            cases = reader.read(session, dict.fromkeys(part, frozenset()))
            deleted = set(part) - {case.entity_id for case in cases}
            entity_type = push_type.mapping.entity.key
            intents = read_intents(session, scene.run.permit.link_id, [push_type.name], entity_type, deleted)
        abandoned = {entity_id: intent for (_name, entity_id), intent in intents.items()}
        yield _Looking(scene, push_type, cases, abandoned).steps()


class _Looking:
    """Settles the open intents of one batch."""

    def __init__(
        self,
        scene: PushScene,
        push_type: PushType,
        cases: Sequence[Case],
        abandoned: Mapping[int, StoredIntent],
    ) -> None:
        self._scene = scene
        self._type = push_type
        self._cases = [case for case in cases if case.intent is not None and not case.is_unclear]
        # records that were deleted meanwhile are not sent any more
        self._abandoned = abandoned
        self._buried: Sequence[Actor] = ()
        self._over: set[int] = set()

    def steps(self) -> Steps:
        creates = [case for case in self._cases if not case.is_paired and _is_create(case)]
        saves = [case for case in self._cases if case not in creates]
        # paired by a person or by an answer meanwhile: nothing is left to be found out but what was sent
        try:
            yield from save_paired(self._scene, self._type, [self._readable(case) for case in saves])
            yield from self._look_up(creates)
            if self._abandoned:
                self._buried, settled = yield from find_abandoned(self._scene, self._type, self._abandoned)
                self._over |= settled
        except Exception:
            if any(case.outcome and case.has_intent for case in self._cases):
                yield Store(self._store)
            raise
        yield Store(self._store)

    def _readable(self, case: Case) -> Case:
        if case.pairing is None:
            # it was being saved at the moment at which it was paired
            case.new = "paired"
        return case

    def _look_up(self, cases: Sequence[Case]) -> Steps:
        match = MatchLookUp(self._type)
        calls = [(case, self._call(case, match)) for case in cases]
        asked = [(case, call) for case, call in calls if call is not None]
        found: dict[int, list[Actor]] = {case.entity_id: [] for case, call in calls if call is None}
        for start in range(0, len(asked), self._scene.side_by_side):
            part = asked[start : start + self._scene.side_by_side]
            results = yield Ask([call for _case, call in part])
            for (case, _call), result in zip(part, results, strict=True):
                answer = answered(result)
                if self._scene.run.warnings.concludes(answer.notices, has_records=bool(answer.actors)):
                    found[case.entity_id] = self._suiting(case, match, answer)
        with self._scene.run.database.reading() as session:
            keys = sorted({actor.key for actors in found.values() for actor in actors})
            taken = glance(session, self._scene.run.permit.link_id, self._type.name, keys) if keys else {}
        for case in cases:
            if case.entity_id not in found:
                continue
            actors = found[case.entity_id]
            free = [actor for actor in actors if actor.key not in taken]
            if actors and not free and self._has_reference(case):
                self._refuse(case, actors[0])
            else:
                self._conclude(case, free)

    def _call(self, case: Case, match: MatchLookUp) -> Call | None:
        if case.intent is not None and self._has_reference(case):
            reference = Restriction(self._type.reference_field, Operator.EQUALS, (case.intent.reference,))
            return searching(self._type, [reference])
        return match.call(case) if match.match(case) is not None else None

    def _suiting(self, case: Case, match: MatchLookUp, answer: Actors) -> list[Actor]:
        if case.intent is not None and self._has_reference(case):
            key, reference = self._type.reference_field, case.intent.reference
            return [actor for actor in answer.actors if actor.values.get(key) == reference]
        return match.suiting(case, answer)

    def _conclude(self, case: Case, actors: Sequence[Actor]) -> None:
        if len(actors) == 1:
            take_found(case, actors[0])
        elif not actors and self._has_reference(case):
            # certainly not made: the pass to the ERP makes it
            self._over.add(case.entity_id)
        elif actors:
            self._leave(case, _("%(count)s records of the ERP may be the one that was created", count=len(actors)))
        else:
            self._leave(case, _("the ERP did not answer, and it cannot be found out whether it created the record"))

    def _has_reference(self, case: Case) -> bool:
        return bool(case.intent and case.intent.reference and self._type.reference_field)

    def _refuse(self, case: Case, actor: Actor) -> None:
        case.has_intent = True
        case.fail(
            FailureReason.ALREADY_PAIRED,
            _("the record %(key)s, which was created for it, is paired with another record", key=actor.key),
            _("find out which of the two is right, and disconnect the other one"),
        )

    def _leave(self, case: Case, message: str) -> None:
        case.unclear = message
        case.end("erp_unclear")

    def _store(self, session: Session, at: datetime) -> None:
        permit = self._scene.run.permit
        named = {
            "link_id": permit.link_id,
            "actor_type": self._type.name,
            "entity_type": self._type.mapping.entity.key,
        }
        forget_intents(session, named, self._over)
        bury(session, permit.link_id, self._type, self._buried, at)
        self._scene.stores.settle(session, at, self._type, [case for case in self._cases if case.outcome])


def _is_create(case: Case) -> bool:
    return case.intent is not None and case.intent.kind == IntentKind.CREATE
