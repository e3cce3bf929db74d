"""Saving paired records: read from the ERP, merged, announced, saved; again where the ERP was quicker."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from erp_links.mapping.compiled import CompiledMapping
from erp_links.sync.cases import Case
from erp_links.sync.interleaving import Ask, Steps
from erp_links.sync.merging import merge, settle_saved
from erp_links.sync.models import IntentKind
from erp_links.sync.normalising import is_form_of
from erp_links.sync.push_scene import PushScene, answered, did_nothing
from erp_links.sync.push_types import PushType
from erp_links.sync.reasons import FailureReason, WinReason
from erp_links.sync.sides import NOTHING_SPECIAL, Fault, Owed
from erp_links.sync.translating import Translator
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
        sendable = [case for case in todo if case.actor is not None and _is_owed(case)]
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
    if not cases:
        return []
    keys = [case.erp_key for case in cases]
    (result,) = yield Ask([lambda session: session.get(push_type.name, keys, push_type.mapping.all_keys)])
    answer = answered(result)
    scene.run.warnings.note(answer.notices)
    found = {actor.key: actor for actor in answer.actors}
    for case in cases:
        case.actor = found.get(case.erp_key)
        if case.actor is None:
            case.end("erp_skipped")
    return [case for case in cases if case.actor is not None]


def _read(scene: PushScene, push_type: PushType, cases: Sequence[Case]) -> Steps:
    """Have each case hold its actor as the ERP has it now; one that the ERP does not have any more is gone."""
    if not cases:
        return
    keys = [case.erp_key for case in cases]
    mapping = push_type.mapping
    (result,) = yield Ask([lambda session: session.get(push_type.name, keys, mapping.all_keys)])
    answer = answered(result)
    warned = scene.run.warnings.note(answer.notices)
    found = {actor.key: actor for actor in answer.actors}
    for case in cases:
        case.actor = found.get(case.erp_key)
        if case.actor is not None:
            continue
        if warned:
            # with a warning nothing is concluded (spec C-24)
            scene.run.warnings.is_conclusive = False
            case.wait()
        else:
            case.has_intent = case.has_intent or case.intent is not None
            case.end("gone")


def _is_owed(case: Case) -> bool:
    """Merge a case, and return whether something is to be saved; otherwise it is decided."""
    rules, actor = case.type.rules, case.actor
    assert actor is not None  # noqa: S101 -- the caller has looked
    case.incoming = _translator_of(case, actor).translate(actor, b"")
    case.merged = merge(rules, case.incoming, case.record, case.bases, case.circumstances)
    case.unmapped = case.merged.unmapped
    if case.intent is not None:
        case.has_intent = True
        case.arrived = _arrived(case)
    note_faults(case, case.merged.faults, _without_value(case))
    if case.merged.owed and case.type.capabilities.save:
        return True
    _finish(case, took_all=True)
    return False


def _translator_of(case: Case, actor: Actor) -> Translator:
    """Return what translates all that has to be merged.

    Where the ERP still has what was last settled with all of the record, that is what the hub has changed since.
    """
    push_type, pairing = case.type, case.pairing
    is_plain = bool(case.fields) and case.circumstances is NOTHING_SPECIAL and push_type.rules.forced is None
    if is_plain and pairing is not None and pairing.content_hash == push_type.translator.digest(actor):
        return push_type.translator_of(case.fields)
    return push_type.translator


def _without_value(case: Case) -> list[Owed]:
    """Take those values out of what is owed that the ERP would not do without, and return them."""
    assert case.merged is not None  # noqa: S101 -- called after the merge
    mandatory = case.type.mandatory
    missing = [owed for owed in case.merged.owed if owed.new in (None, "") and owed.erp_field in mandatory]
    if missing:
        case.merged.owed = [owed for owed in case.merged.owed if owed not in missing]
    return missing


def note_faults(case: Case, faults: Sequence[Fault], missing: Sequence[Owed]) -> None:
    """Keep a case as a failed record where the ERP cannot hold a value, or does not go without one."""
    if not faults and not missing:
        return
    labels = labels_of(case.type.mapping)
    if faults:
        case.fail(
            FailureReason.VALUE_REFUSED,
            "; ".join(f"{labels[fault.field]}: {fault.text}" for fault in faults),
            _("correct the value in the CRM, or map the field to another one"),
            erp_field=faults[0].field,
        )
    else:
        names = ", ".join(labels[owed.erp_field] for owed in missing)
        case.fail(
            FailureReason.REQUIRED_MISSING,
            _("the ERP needs a value for %(fields)s", fields=names),
            _("fill it in the CRM, or map another field to it"),
            erp_field=missing[0].erp_field,
        )


def labels_of(mapping: CompiledMapping) -> Mapping[str, str]:
    """Return what people call the ERP's fields, by key."""
    return {mapped.erp.key: mapped.erp.label for mapped in mapping.fields}


def _arrived(case: Case) -> list[Owed]:
    """Return what an earlier call has changed whose answer was lost, for the log."""
    assert case.intent is not None  # noqa: S101 -- the caller has looked
    assert case.incoming is not None  # noqa: S101
    sent, told = case.intent.sent, case.incoming.erp
    arrived = []
    for mapped in case.type.mapping.pushed:
        key = mapped.erp.key
        if key not in told or key not in sent.overwritten or not is_form_of(sent.erp[key], told[key]):
            continue
        old, reason = sent.overwritten[key]
        if told[key] != old:
            arrived.append(Owed(mapped.crm.key, key, old, mapped.stored(sent.erp[key]), None, WinReason(reason)))
    return arrived


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
    assert case.actor is not None  # noqa: S101
    values = {owed.erp_field: owed.new for owed in case.merged.owed}
    return Actor(case.type.name, case.actor.key, values, case.actor.timestamp, changed_at=case.actor.changed_at)


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
    _finish(case, took_all=took_all)


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


def _finish(case: Case, *, took_all: bool) -> None:
    """Note what became of a merged case; `took_all` says whether the ERP changed nothing beside what it was sent."""
    merged, incoming = case.merged, case.incoming
    assert merged is not None  # noqa: S101 -- called after the merge
    assert incoming is not None  # noqa: S101
    is_settled = took_all and incoming.is_whole and merged.is_settled and not _is_left_over(case)
    case.is_settled = is_settled and case.failure is None
    if case.failure is not None:
        return
    if case.new:
        case.end(f"erp_{case.new}")
    elif case.sent or case.arrived:
        case.end("erp_changed")
    else:
        case.end("erp_skipped" if merged.owed else "erp_equal")


def _is_left_over(case: Case) -> bool:
    """Whether a resync has left a field alone in which the ERP has news, which the next pull is to take over."""
    if case.type.rules.forced is None or case.incoming is None or case.merged is None:
        return False
    told, base = case.incoming.erp, case.merged.base_erp
    sent = {owed.erp_field for owed in case.sent}
    keys = [key for key in case.type.mapping.erp_keys if key in told and key not in sent]
    return any(key not in base or base[key] != told[key] for key in keys)
