"""The merge of one record on its way to the ERP, and what becomes of the record with it."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from erp_links.mapping.compiled import CompiledMapping
from erp_links.sync.merge.merging import merge
from erp_links.sync.merge.normalising import is_form_of
from erp_links.sync.merge.sides import NOTHING_SPECIAL, Fault, Owed
from erp_links.sync.merge.translating import Translator
from erp_links.sync.push.cases import Case
from erp_links.sync.push.moving import decide_parent
from erp_links.sync.reasons import FailureReason, WinReason
from sync_connectors import Actor


def is_owed(case: Case) -> bool:
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
    decide_parent(case)
    if (case.merged.owed or case.move) and case.type.capabilities.save:
        return True
    finish(case, took_all=True)
    return False


def _translator_of(case: Case, actor: Actor) -> Translator:
    """Return what translates all that has to be merged.

    Where the ERP still has what was last settled with all of the record, that is what the hub has changed since.
    """
    push_type, pairing = case.type, case.pairing
    is_whole = bool(case.fields) and not case.lacks_base
    is_plain = is_whole and case.circumstances is NOTHING_SPECIAL and push_type.rules.forced is None
    if is_plain and pairing is not None and pairing.content_hash == push_type.digester.digest_of(actor):
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
    assert case.incoming is not None  # noqa: S101 -- likewise
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


def finish(case: Case, *, took_all: bool) -> None:
    """Note what became of a merged case; `took_all` says whether the ERP changed nothing beside what it was sent."""
    merged, incoming = case.merged, case.incoming
    assert merged is not None  # noqa: S101 -- called after the merge
    assert incoming is not None  # noqa: S101 -- likewise
    is_settled = took_all and incoming.is_whole and merged.is_settled and not _is_left_over(case)
    case.is_settled = is_settled and case.is_parent_settled and case.failure is None
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
