"""The three-way merge of one record that both sides hold, field by field, with a base for each side."""

from typing import Any

from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.mapping.converting import UnmappedItemError
from erp_links.sync.merge.comparing import form_of
from erp_links.sync.merge.deciding import Decision, FieldSides, Rules
from erp_links.sync.merge.normalising import is_form_of
from erp_links.sync.merge.row_merging import merge_rows, settle_rows
from erp_links.sync.merge.sides import (
    NOTHING_SPECIAL,
    Bases,
    Circumstances,
    Fault,
    FieldChange,
    Merged,
    Owed,
    Question,
    Side,
)
from erp_links.sync.merge.translating import Translated
from erp_links.sync.reasons import WinReason
from host.crm.record import Record
from host.crm.values import CrmValue
from sync_connectors.codec import value_to_json

_NOTHING: Any = object()
"""Stands for a base that there is not, or a value that the other side cannot hold; None is a blank."""


def merge(
    rules: Rules,
    incoming: Translated,
    record: Record,
    bases: Bases,
    circumstances: Circumstances = NOTHING_SPECIAL,
) -> Merged:
    """Merge what the ERP has with what the hub has.

    Only fields that were delivered take part; the rest stays as it is on both sides. A side has changed when it differs
    from its own base. Of a one-way field only the source counts.
    """
    merged = Merged(dict(bases.erp), dict(bases.hub), {key: dict(keys) for key, keys in bases.row_keys.items()})
    for mapped in rules.mapping.fields:
        key = mapped.erp.key
        if key in incoming.erp:
            told, translated = incoming.erp[key], incoming.hub.get(mapped.crm.key, _NOTHING)
        elif key in incoming.unusable:
            told, translated = incoming.unusable[key], _NOTHING
        else:
            continue
        if not mapped.columns and _is_settled(mapped, record, bases, told, translated):
            # most fields of most records: nothing is looked into
            merged.base_hub.pop(mapped.crm.key, None)
            continue
        both = FieldSides(rules, mapped, incoming.actor.changed_at, record, told, translated)
        if mapped.columns:
            merge_rows(both, bases, circumstances, merged)
        else:
            _merge_field(both, bases, circumstances, merged)
    return merged


def settle_saved(merged: Merged, mapping: CompiledMapping, sent: list[Owed], returned: dict[str, Any]) -> bool:
    """Settle what was sent: the ERP's form of it becomes the ERP's base, and is not taken over by the hub.

    Args:
        merged: What was decided; its bases are brought up to date.
        mapping: The mapping.
        sent: What the ERP has taken over.
        returned: JSON forms of what the save returned, by ERP field; what is absent was taken as sent.

    Returns:
        Whether the ERP changed nothing beside what it was sent; otherwise the next pull sees it.
    """
    fields = {mapped.erp.key: mapped for mapped in mapping.fields}
    for owed in sent:
        mapped = fields[owed.erp_field]
        if mapped.columns:
            settle_rows(mapped, merged, owed, returned.get(owed.erp_field))
            continue
        told = returned.get(owed.erp_field, value_to_json(owed.new))
        settle(mapped, merged, told, owed.hub)
    expected = {owed.erp_field for owed in sent}
    return all(
        merged.base_erp.get(key, _NOTHING) == told
        for key, told in returned.items()
        if key in fields and key not in expected
    )


def settle(mapped: CompiledField, merged: Merged, told: Any, present: CrmValue) -> None:
    """Note that the two sides stand for the same: the ERP's value in its JSON form, and the hub's."""
    merged.base_erp[mapped.erp.key] = told
    if _made_of(mapped, told) == present:
        merged.base_hub.pop(mapped.crm.key, None)
    else:
        merged.base_hub[mapped.crm.key] = form_of(present)


def _is_settled(mapped: CompiledField, record: Record, bases: Bases, told: Any, translated: Any) -> bool:
    """Return whether the ERP has what it had, and the hub what the mapping makes of that."""
    is_equal: bool = translated == record.values[mapped.crm.key]
    return is_equal and bases.erp.get(mapped.erp.key, _NOTHING) == told


def _merge_field(both: FieldSides, bases: Bases, circumstances: Circumstances, merged: Merged) -> None:
    mapped, present = both.mapped, both.present
    if both.translated is not _NOTHING and both.translated == present:
        base_erp = bases.erp.get(mapped.erp.key, _NOTHING)
        if both.told != base_erp and not _is_ours(both, base_erp, circumstances):
            both.endorse(merged)
        settle(mapped, merged, both.told, present)
        return
    decided = both.why_forced() if both.rules.forced else _why(both, bases, circumstances, merged)
    if decided is None:
        return
    side, reason = decided
    if side is Side.ERP:
        _take_over(both, merged, reason)
    else:
        _owe(both, merged, reason)


def _why(both: FieldSides, bases: Bases, circumstances: Circumstances, merged: Merged) -> Decision | None:
    mapped, key = both.mapped, both.mapped.erp.key
    base_erp, base_hub = bases.erp.get(key, _NOTHING), _base_of_hub(mapped, bases)
    sent = circumstances.sent
    if sent is not None and _is_ours(both, base_erp, circumstances):
        base_erp, base_hub = both.told, sent.hub.get(mapped.crm.key)
        merged.base_erp[key], merged.base_hub[mapped.crm.key] = base_erp, base_hub
    if base_erp is _NOTHING:
        return both.why_without_base()
    hub_changed = base_hub is _NOTHING or form_of(both.present) != base_hub
    if _stands_for(both, base_erp):
        return (Side.CRM, WinReason.ONLY_CRM_CHANGED) if hub_changed and mapped.to_erp else None
    if not hub_changed:
        if mapped.to_crm:
            return Side.ERP, WinReason.ONLY_ERP_CHANGED
        # nobody asks what the target of a one-way field does, until its source changes
        merged.base_erp[key], merged.base_hub[mapped.crm.key] = both.told, form_of(both.present)
        return None
    decided = both.why_both_changed(circumstances.choices.get(mapped.crm.key))
    if decided is None:
        merged.questions.append(Question(mapped.crm.key, key, both.told, form_of(both.present)))
    return decided


def _is_ours(both: FieldSides, base_erp: Any, circumstances: Circumstances) -> bool:
    """Return whether what the ERP has is what we sent, whose answer was lost, and no edit of a user.

    What it had before tells nothing, even where it looks like a cut form of what was sent.
    """
    key, sent = both.mapped.erp.key, circumstances.sent
    return sent is not None and key in sent.erp and both.told != base_erp and is_form_of(sent.erp[key], both.told)


def _stands_for(both: FieldSides, base_erp: Any) -> bool:
    """Return whether the ERP has what it had, perhaps in another form: padded, or `30.00` for `30`."""
    if both.told == base_erp:
        return True
    return both.translated is not _NOTHING and both.translated == _made_of(both.mapped, base_erp)


def _take_over(both: FieldSides, merged: Merged, reason: WinReason) -> None:
    if both.translated is _NOTHING:
        return
    mapped = both.mapped
    merged.changes.append(FieldChange(mapped.crm.key, mapped.erp.key, both.present, both.translated, reason))
    if mapped.policy == "newest" and both.changed_at is not None:
        merged.stamps[mapped.crm.key] = both.changed_at, both.rules.origin
    merged.base_erp[mapped.erp.key] = both.told
    merged.base_hub.pop(mapped.crm.key, None)


def _owe(both: FieldSides, merged: Merged, reason: WinReason) -> None:
    mapped = both.mapped
    try:
        new = mapped.convert_back(both.present)
    except UnmappedItemError:
        merged.unmapped += 1
        return
    except ValueError as error:
        merged.faults.append(Fault(mapped.erp.key, str(error)))
        return
    if value_to_json(new) == both.told:
        settle(mapped, merged, both.told, both.present)
        return
    merged.owed.append(Owed(mapped.crm.key, mapped.erp.key, both.told, new, both.present, reason))


def _base_of_hub(mapped: CompiledField, bases: Bases) -> Any:
    """Return the JSON form of the hub's base; `_NOTHING` where the hub's value was not written by this link."""
    if mapped.crm.key in bases.hub:
        return bases.hub[mapped.crm.key]
    if mapped.erp.key not in bases.erp:
        return _NOTHING
    made = _made_of(mapped, bases.erp[mapped.erp.key])
    return made if made is _NOTHING else form_of(made)


def _made_of(mapped: CompiledField, told: Any) -> Any:
    """Return what the mapping makes of a value of the ERP in its JSON form, if it can still make something of it."""
    try:
        return mapped.convert(mapped.stored(told))
    except ValueError:
        return _NOTHING
