"""Creating records in the ERP: announced first, so that none is ever made twice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from erp_links.mapping.converting import UnmappedItemError
from erp_links.sync.merge.merging import merge, settle_saved
from erp_links.sync.merge.row_forms import erp_row
from erp_links.sync.merge.sides import Bases, Circumstances, Fault, Merged, Owed
from erp_links.sync.models import IntentKind
from erp_links.sync.push.cases import Case
from erp_links.sync.push.deciding_cases import note_faults
from erp_links.sync.push.interleaving import Ask, Steps, Store
from erp_links.sync.push.push_scene import PushScene, did_nothing, reference_of
from erp_links.sync.push.push_types import PushType
from erp_links.sync.push.sending import returned_of
from erp_links.sync.reasons import FailureReason, WinReason
from host.crm.values import CrmRows
from sync_connectors import Access, Actor, LinkSession, RejectedRecordError, Rows, Value
from sync_connectors.codec import value_to_json


def create_all(scene: PushScene, push_type: PushType, cases: Sequence[Case]) -> Steps:
    """Create the records in the ERP and pair them.

    Where the ERP keeps our reference, many are announced at one time, because each can be found by it. Otherwise they
    are announced one by one: of those that were announced and never sent, nobody could tell whether they were made.

    Raises:
        ConnectorError: What the connector raised; what was announced and may have been done stays announced.
        RunEndedError: The run may not go on; likewise.
    """
    making = [(case, owed) for case in cases if (owed := _values_of(case)) is not None]
    announced = len(making) if push_type.reference_field else 1
    for start in range(0, len(making), max(announced, 1)):
        part = making[start : start + announced]
        sending = [(case, owed, _reference(scene, case)) for case, owed in part]
        yield scene.announce(push_type, IntentKind.CREATE, sending)
        scene.run.reached("intents stored")
        yield from _create(scene, push_type, sending)
        if start + announced < len(making):
            done = [case for case, _owed in part]
            yield Store(scene.settle(push_type, done))
            for case in done:
                case.is_stored = True


def _create(scene: PushScene, push_type: PushType, sending: Sequence[tuple[Case, list[Owed], str]]) -> Steps:
    error: BaseException | None = None
    unsent: list[Case] = []
    for start in range(0, len(sending), scene.side_by_side):
        part = sending[start : start + scene.side_by_side]
        if error is not None:
            unsent += [case for case, _owed, _reference in part]
            continue
        try:
            results = yield Ask([partial(_call, actor=_actor(*each)) for each in part], writes=True)
        except Exception as stopped:  # noqa: BLE001 -- raised again when what was not sent is taken back
            error = stopped
            unsent += [case for case, _owed, _reference in part]
            continue
        scene.run.reached("sent")
        for (case, owed, _reference), result in zip(part, results, strict=True):
            if isinstance(result, Actor):
                case.has_intent = True
                take_created(case, owed, result)
            elif isinstance(result, RejectedRecordError):
                _take_refusal(case, owed, result)
            else:
                error = error or result
                if did_nothing(result):
                    unsent.append(case)
    if unsent:
        # certainly not made, whatever became of the one before them
        yield scene.take_back(push_type, unsent)
    if error is not None:
        raise error


def _call(session: LinkSession, actor: Actor) -> Actor:
    return session.create(actor)


def _reference(scene: PushScene, case: Case) -> str:
    push_type = case.type
    if not push_type.reference_field:
        return ""
    entity_type = push_type.mapping.entity.key
    return reference_of(scene.guid, entity_type, case.entity_id, push_type.reference_length)


def _actor(case: Case, owed: Sequence[Owed], reference: str) -> Actor:
    values: dict[str, Value] = {each.erp_field: each.new for each in owed}
    if reference:
        values[case.type.reference_field] = reference
    return Actor(case.type.name, "", values, "", case.parent)


def _values_of(case: Case) -> list[Owed] | None:
    """Return what a new record begins with, or None where the ERP would not take it."""
    owed: list[Owed] = []
    faults: list[Fault] = []
    for mapped in case.type.mapping.pushed:
        present = case.record.values[mapped.crm.key]
        if present in (None, {}):
            continue
        try:
            if mapped.columns:
                rows: CrmRows = present if isinstance(present, dict) else {}
                value: Value = Rows({key: erp_row(mapped.columns, key, row) for key, row in rows.items()})
            else:
                value = mapped.convert_back(present)
        except UnmappedItemError:
            case.unmapped += 1
        except ValueError as error:
            faults.append(Fault(mapped.erp.key, str(error)))
        else:
            owed.append(Owed(mapped.crm.key, mapped.erp.key, None, value, present, WinReason.FIRST_TIME_CRM))
    missing = _missing(case, owed)
    note_faults(case, faults, missing)
    return owed if not missing else None


def _missing(case: Case, owed: Sequence[Owed]) -> list[Owed]:
    given = {each.erp_field for each in owed if each.new not in (None, "")}
    return [
        Owed(mapped.crm.key, mapped.erp.key, None, None, None, WinReason.FIRST_TIME_CRM)
        for mapped in case.type.mapping.pushed
        if mapped.erp.access is Access.MANDATORY and not mapped.erp.default and mapped.erp.key not in given
    ]


def take_created(case: Case, owed: Sequence[Owed], actor: Actor) -> None:
    """Pair a case with the actor that was just made of it; what the ERP generated is for the hub."""
    mapping = case.type.mapping
    sent = {each.erp_field: each.new for each in owed}
    settled = Merged({}, {})
    settle_saved(settled, mapping, list(owed), returned_of(mapping, actor))
    whole = replace(actor, values={**sent, **actor.values}, parent=actor.parent or case.parent)
    _pair(case, whole, settled.bases, Circumstances())


def take_found(case: Case, actor: Actor) -> None:
    """Pair a case with an actor that an earlier run made of it, as its intent tells."""
    assert case.intent is not None  # noqa: S101 -- the caller has looked
    case.has_intent = True
    _pair(case, actor, Bases(), Circumstances(case.intent.sent))


def _pair(case: Case, actor: Actor, bases: Bases, circumstances: Circumstances) -> None:
    mapping = case.type.mapping
    case.actor, case.new = actor, "created"
    case.incoming = case.type.translator.translate(actor, b"")
    merged = merge(case.type.rules, case.incoming, case.record, bases, circumstances)
    # a field that the hub leaves empty keeps what the ERP began with
    blank = [each for each in merged.owed if each.hub is None]
    settle_saved(merged, mapping, blank, {each.erp_field: each.old for each in blank})
    merged.owed = [each for each in merged.owed if each.hub is not None]
    case.merged = merged
    is_known = all(key in actor.values for key in mapping.erp_keys)
    case.is_settled = is_known and case.incoming.is_whole and merged.is_settled and case.failure is None
    case.stays = bool(merged.owed)
    if case.failure is None:
        case.end("erp_created")


def _take_refusal(case: Case, owed: Sequence[Owed], error: RejectedRecordError) -> None:
    case.has_intent = True
    payload: Mapping[str, object] = {each.erp_field: value_to_json(each.new) for each in owed}
    case.fail(
        FailureReason.REJECTED,
        error.text,
        error.instruction,
        technical=error.technical,
        erp_field=error.field,
        payload=dict(payload),
    )
