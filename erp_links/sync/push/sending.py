"""Saving paired records: read from the ERP, merged, announced, saved; again where the ERP was quicker."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from erp_links.mapping.compiled import CompiledMapping
from erp_links.sync.merge.merging import settle_saved
from erp_links.sync.models import IntentKind
from erp_links.sync.push.cases import Case
from erp_links.sync.push.deciding_cases import finish, is_owed
from erp_links.sync.push.interleaving import Ask, Steps
from erp_links.sync.push.moving import take_moved
from erp_links.sync.push.push_scene import PushScene, answered, did_nothing
from erp_links.sync.push.push_types import PushType
from erp_links.sync.reasons import FailureReason
from sync_connectors import Actor, RejectedRecordError, Rejection, Saved, Value
from sync_connectors.codec import value_to_json

_TRIES = 3


def save_paired(scene: PushScene, push_type: PushType, cases: Sequence[Case]) -> Steps:
    """Reconcile records with the actors that they are paired with.

    Raises:
        ConnectorError: What the connector raised; what was announced and may have been done stays announced.
        RunEndedError: The run may not go on; likewise.
    """
    yield from _read(scene, push_type, cases)
    yield from save_read(scene, push_type, [case for case in cases if case.actor is not None])


def save_read(scene: PushScene, push_type: PushType, cases: Sequence[Case]) -> Steps:
    """Merge records with the actors that were just read, and save what the ERP owes; raises as `save_paired`."""
    todo = cases
    for tried in range(_TRIES):
        if tried:
            for case in todo:
                case.actor = None
            yield from _read(scene, push_type, todo)
        sendable = [case for case in todo if case.actor is not None and is_owed(case)]
        if not sendable:
            return
        if not tried:
            scene.run.brakes.erp.take(len(sendable))
        todo = yield from _save(scene, push_type, sendable)
        if not todo:
            return
    for case in todo:
        # the ERP changes the record quicker than it can be saved; the next run has better luck
        case.wait()


def find_again(scene: PushScene, push_type: PushType, cases: Sequence[Case]) -> Steps:
    """Return those of the records whose actor was gone that the ERP has again, each with it; the others stay gone."""
    for case in (yield from _look(scene, push_type, cases)):
        case.end("erp_skipped")
    return [case for case in cases if case.actor is not None]


def _read(scene: PushScene, push_type: PushType, cases: Sequence[Case]) -> Steps:
    """Have each case hold its actor as the ERP has it now; one that the ERP does not have any more is gone."""
    for case in (yield from _look(scene, push_type, cases)):
        case.has_intent = case.has_intent or case.intent is not None
        case.end("gone")


def _look(scene: PushScene, push_type: PushType, cases: Sequence[Case]) -> Steps:
    """Have each case hold its actor as the ERP has it now, and return those of which the ERP is sure to have none."""
    if not cases:
        return []
    keys = [case.erp_key for case in cases]
    (result,) = yield Ask([lambda session: session.get(push_type.name, keys, push_type.mapping.all_keys)])
    answer = answered(result)
    found = {actor.key: actor for actor in answer.actors}
    for case in cases:
        case.actor = found.get(case.erp_key)
    missing = [case for case in cases if case.actor is None]
    if scene.run.warnings.concludes(answer.notices, has_records=not missing):
        return missing
    for case in missing:
        case.wait()
    return []


def _save(scene: PushScene, push_type: PushType, cases: Sequence[Case]) -> Steps:
    """Save what is owed, and return the cases in which the ERP was quicker."""
    sending = [(case, tuple(case.merged.owed), "") for case in cases if case.merged is not None]
    yield scene.announce(push_type, IntentKind.SAVE, sending)
    scene.run.reached("intents stored")
    for case in cases:
        case.has_intent = True
    try:
        saved = yield from _saved(scene, [_actor_of(case) for case in cases])
    except Exception as error:
        if did_nothing(error):
            yield scene.take_back(push_type, cases)
        raise
    scene.run.reached("sent")
    scene.run.warnings.note(saved.notices)
    return _take_answer(cases, saved)


def _saved(scene: PushScene, actors: Sequence[Actor]) -> Steps:
    (result,) = yield Ask([lambda session: session.save(actors)], writes=True)
    if not isinstance(result, RejectedRecordError):
        return answered(result)
    if len(actors) == 1:
        return Saved(rejections=(_rejection(actors[0].key, result),))
    # the connector does not say which of them; each is asked for alone
    parts: list[Saved] = []
    for actor in actors:
        part = yield from _saved(scene, [actor])
        parts.append(part)
    return Saved(
        tuple(each for part in parts for each in part.actors),
        tuple(each for part in parts for each in part.rejections),
        tuple(each for part in parts for each in part.notices),
    )


def _rejection(key: str, error: RejectedRecordError) -> Rejection:
    return Rejection(key, error.text, error.instruction, error.technical, error.field)


def _actor_of(case: Case) -> Actor:
    assert case.merged is not None  # noqa: S101 -- only merged cases are saved
    assert case.actor is not None  # noqa: S101 -- likewise
    values = {owed.erp_field: owed.new for owed in case.merged.owed}
    parent = case.move.parent if case.move else None
    return Actor(case.type.name, case.actor.key, values, case.actor.timestamp, parent, case.actor.changed_at)


def _take_answer(cases: Sequence[Case], saved: Saved) -> list[Case]:
    done = {actor.key: actor for actor in saved.actors}
    refused = {rejection.key: rejection for rejection in saved.rejections}
    stale = []
    for case in cases:
        actor, rejection = done.get(case.erp_key), refused.get(case.erp_key)
        if actor is not None:
            _take_saved(case, actor)
        elif rejection is not None and rejection.stale:
            stale.append(case)
        else:
            _take_refusal(case, rejection)
    return stale


def _take_saved(case: Case, actor: Actor) -> None:
    assert case.merged is not None  # noqa: S101 -- only merged cases are saved
    sent = case.merged.owed
    keys = {owed.erp_field for owed in sent}
    # what else is returned as it was read tells nothing
    read = case.actor.values if case.actor is not None else {}
    known = {key: value for key, value in read.items() if key not in keys}
    took_all = settle_saved(case.merged, case.type.mapping, sent, returned_of(case.type.mapping, actor, known))
    case.sent, case.merged.owed = sent, []
    case.take_values({owed.erp_field: owed.new for owed in sent} | dict(actor.values), actor.timestamp)
    take_moved(case, actor)
    finish(case, took_all=took_all)


def returned_of(mapping: CompiledMapping, actor: Actor, known: Mapping[str, Value] | None = None) -> dict[str, Any]:
    """Return the mapped values that a call returned, in their JSON form, without those that are known."""
    values, known = actor.values, known or {}
    return {
        key: value_to_json(values[key])
        for key in mapping.all_keys
        if key in values and (key not in known or known[key] != values[key])
    }


def _take_refusal(case: Case, rejection: Rejection | None) -> None:
    if rejection is None:
        rejection = Rejection(
            case.erp_key,
            _("the ERP answered without an error, but did not say that it saved the record"),
            _("look into the ERP whether the record can be changed there"),
        )
    payload = {owed.erp_field: value_to_json(owed.new) for owed in case.merged.owed} if case.merged else {}
    case.fail(
        FailureReason.REJECTED,
        rejection.text,
        rejection.instruction,
        technical=rejection.technical,
        erp_field=rejection.field,
        payload=payload,
    )
