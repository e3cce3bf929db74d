"""The three-way merge of one record that comes from the ERP, field by field, with a base for each side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.sync.ranking import Ranking
from erp_links.sync.reasons import WinReason
from erp_links.sync.translating import Translated
from host.crm.record import Record
from host.crm.values import CrmValue, to_json


@dataclass(frozen=True, slots=True)
class Bases:
    """What both sides were when a field was last settled.

    Attributes:
        erp: {ERP field: JSON form of its value}.
        hub: {hub field: JSON form of its value}, only where it differs from what the mapping makes of `erp`.
    """

    erp: Mapping[str, Any] = field(default_factory=dict)
    hub: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value of the hub that is overwritten, and why."""

    crm_field: str
    erp_field: str
    old: CrmValue
    new: CrmValue
    reason: WinReason


@dataclass(slots=True)
class Merged:
    """What a merge decided.

    Attributes:
        changes: What the hub takes over.
        base_erp: The ERP's side of the bases afterwards; a field that is not settled keeps its old one.
        base_hub: Likewise the hub's side.
        owed: ERP fields whose hub value won: a push owes them to the ERP, and until then they are not settled.
    """

    base_erp: dict[str, Any]
    base_hub: dict[str, Any]
    changes: list[FieldChange] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides where both sides changed."""

    mapping: CompiledMapping
    ranking: Ranking
    origin: str


def merge(rules: Rules, incoming: Translated, record: Record, bases: Bases) -> Merged:
    """Merge what the ERP delivered with what the hub has.

    Only fields that were delivered and could be translated take part; the rest stays as it is on both sides.
    """
    merged = Merged(dict(bases.erp), dict(bases.hub))
    for mapped in rules.mapping.fields:
        if mapped.erp.key in incoming.erp:
            _merge_field(rules, mapped, incoming, record, bases, merged)
    return merged


def _merge_field(
    rules: Rules, mapped: CompiledField, incoming: Translated, record: Record, bases: Bases, merged: Merged
) -> None:
    erp_key, crm_key = mapped.erp.key, mapped.crm.key
    told, new, present = incoming.erp[erp_key], incoming.hub[crm_key], record.values[crm_key]
    has_base = erp_key in bases.erp
    if has_base and bases.erp[erp_key] == told:
        # the ERP did not change; what the hub changed is for the push to see, and a one-way field does not look
        return
    if new != present:
        reason = _why_erp_wins(rules, mapped, incoming.actor.changed_at, record, bases)
        if reason is None:
            merged.owed.append(erp_key)
            return
        merged.changes.append(FieldChange(crm_key, erp_key, present, new, reason))
    merged.base_erp[erp_key] = told
    merged.base_hub.pop(crm_key, None)


def _why_erp_wins(
    rules: Rules, mapped: CompiledField, changed_at: datetime | None, record: Record, bases: Bases
) -> WinReason | None:
    """Return why the ERP's changed value goes into the hub, or None where the hub's value stays."""
    if mapped.erp.key not in bases.erp:
        # a field without a base: the direction that was chosen says which side fills the other
        return WinReason.FIRST_TIME
    if not _hub_changed(mapped, record, bases):
        return WinReason.ONLY_ERP_CHANGED
    if not mapped.two_way:
        return WinReason.ONE_WAY
    return _by_policy(rules, mapped, changed_at, record)


def _by_policy(rules: Rules, mapped: CompiledField, changed_at: datetime | None, record: Record) -> WinReason | None:
    stamp = record.stamp(mapped.crm.key)
    match mapped.policy:
        case "erp":
            return WinReason.ERP_ALWAYS
        case "crm" | "ask":
            return None
        case "newest" if changed_at is not None:
            return WinReason.ERP_NEWER if changed_at > stamp.at else None
    wins = rules.ranking.of(rules.origin) <= rules.ranking.of(stamp.origin)
    return WinReason.ERP_RANKS_HIGHER if wins else None


def _hub_changed(mapped: CompiledField, record: Record, bases: Bases) -> bool:
    present = record.values[mapped.crm.key]
    if mapped.crm.key in bases.hub:
        return bool(to_json(present) != bases.hub[mapped.crm.key])
    try:
        base = mapped.convert(mapped.stored(bases.erp[mapped.erp.key]))
    except ValueError:
        # the mapping can no longer make a hub value of it, so what the hub has was not written by this link
        return True
    return base != present
