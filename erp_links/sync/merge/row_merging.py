"""The merge of a field of rows, such as the lines of an order: row by row, each row as a whole."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from erp_links.mapping.compiled import CompiledField
from erp_links.mapping.converting import UnmappedItemError
from erp_links.sync.merge.deciding import Decision, FieldSides
from erp_links.sync.merge.row_forms import Comparable, comparable, erp_row, hub_rows, renamed, rows_of_base
from erp_links.sync.merge.row_names import kept_apart, recognised, unused
from erp_links.sync.merge.sides import Bases, Circumstances, Fault, FieldChange, Merged, Owed, Question, Sent, Side
from erp_links.sync.reasons import WinReason
from host.crm.values import CrmRows
from sync_connectors import Rows
from sync_connectors.codec import value_to_json


@dataclass(slots=True)
class _Forms:
    """What both sides have and had, by hub row key; `base_…` are empty where nothing was settled yet.

    `arrived` are the rows that are what we sent, whose answer was lost, and no edit of a user: they are their own
    bases.
    """

    erp: Comparable
    hub: Comparable
    base_erp: Comparable
    base_hub: Comparable
    has_base: bool
    arrived: Collection[str]
    taken: dict[str, WinReason] = field(default_factory=dict)
    owed: dict[str, WinReason] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


def merge_rows(both: FieldSides, bases: Bases, circumstances: Circumstances, merged: Merged) -> None:
    """Merge the rows of one field: each row goes with the side that changed it, or the one that the rules prefer."""
    mapped = both.mapped
    try:
        told = cast("Rows | None", mapped.stored(both.told)) or Rows()
        translated = hub_rows(mapped.columns, told)
    except ValueError:
        # the rows that the hub cannot hold were told as a fault when the record was translated
        return
    present = cast("CrmRows | None", both.present) or {}
    names = {erp_key: hub_key for hub_key, erp_key in bases.row_keys.get(mapped.crm.key, {}).items()}
    erp, hub = comparable(mapped.columns, translated), comparable(mapped.columns, present)
    names |= recognised(erp, hub, names)
    if mapped.erp.key in bases.erp:
        before = _base_forms(mapped, bases, names)
        names |= kept_apart(erp, hub, names, {*before[0], *before[1]})
    forms = _forms(mapped, translated, present, bases, names, circumstances.sent)
    for key in dict.fromkeys([*forms.hub, *forms.erp, *forms.base_erp]):
        _merge_row(both, forms, key, circumstances, merged)
    _store(both, forms, _Rows(told, renamed(translated, names), present, names), bases, merged)


def settle_rows(mapped: CompiledField, merged: Merged, sent: Owed, returned: Any) -> None:
    """Settle rows that the ERP has taken over; new rows get the keys that the ERP gave them, in order.

    Args:
        mapped: The field.
        merged: What was decided; its bases and row keys are brought up to date.
        sent: What was sent: existing rows under the ERP's keys, new ones under the hub's.
        returned: JSON form of what the save returned, or None where it did not return the rows.
    """
    sent_rows = cast(Rows, sent.new)
    held = cast("Rows | None", mapped.stored(returned)) if returned is not None else None
    rows = sent_rows if held is None else held
    known = merged.row_keys.get(mapped.crm.key, {})
    unclaimed = iter([key for key in rows if key not in sent_rows])
    keys = {}
    for hub_key in cast(CrmRows, sent.hub):
        erp_key = known.get(hub_key, hub_key)
        erp_key = erp_key if erp_key in rows else next(unclaimed, erp_key)
        if erp_key != hub_key:
            keys[hub_key] = erp_key
    merged.row_keys[mapped.crm.key] = keys
    base = value_to_json(_as_far_as_sent(mapped, rows, sent))
    merged.base_erp[mapped.erp.key] = base
    made = renamed(rows_of_base(mapped, base), {erp_key: hub_key for hub_key, erp_key in keys.items()})
    settled = comparable(mapped.columns, cast(CrmRows, sent.hub))
    _store_hub_base(mapped, merged, settled, comparable(mapped.columns, made))


def _as_far_as_sent(mapped: CompiledField, rows: Rows, sent: Owed) -> Rows:
    """Return rows without what the ERP worked out by itself, such as an amount: the next pull takes that over."""
    own = [column.erp.key for column in mapped.columns if not column.to_erp]
    before = cast("Rows | None", mapped.stored(sent.old)) or Rows()
    return Rows({key: {**row, **{name: before.get(key, {}).get(name) for name in own}} for key, row in rows.items()})


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows themselves: the ERP's, the same as the hub would hold them, the hub's, and {ERP key: hub key}."""

    told: Rows
    translated: CrmRows
    present: CrmRows
    names: Mapping[str, str]


def _forms(
    mapped: CompiledField,
    translated: CrmRows,
    present: CrmRows,
    bases: Bases,
    names: Mapping[str, str],
    sent: Sent | None,
) -> _Forms:
    base_erp, base_hub = _base_forms(mapped, bases, names)
    erp = comparable(mapped.columns, renamed(translated, names))
    arrived = _arrived(mapped, erp, sent, names) if sent is not None and mapped.crm.key in sent.hub else set()
    for base in (base_erp, base_hub):
        for key in arrived:
            base.pop(key, None)
        base.update({key: row for key, row in erp.items() if key in arrived})
    return _Forms(
        erp=erp,
        hub=comparable(mapped.columns, present),
        base_erp=base_erp,
        base_hub=base_hub,
        has_base=mapped.erp.key in bases.erp,
        arrived=arrived,
    )


def _base_forms(mapped: CompiledField, bases: Bases, names: Mapping[str, str]) -> tuple[Comparable, Comparable]:
    if mapped.erp.key not in bases.erp:
        return {}, {}
    base_erp = comparable(mapped.columns, renamed(rows_of_base(mapped, bases.erp[mapped.erp.key]), names))
    stored = bases.hub.get(mapped.crm.key)
    return base_erp, base_erp if stored is None else dict(stored)


def _arrived(mapped: CompiledField, erp: Comparable, sent: Sent, names: Mapping[str, str]) -> set[str]:
    """Return the rows that a save of ours changed, added or took away; the others it only sent along."""
    overwritten, _reason = sent.overwritten.get(mapped.erp.key, (None, ""))
    before = comparable(mapped.columns, renamed(rows_of_base(mapped, overwritten), names))
    after = comparable(mapped.columns, dict(sent.hub[mapped.crm.key]))
    return {key for key in {*before, *after} if erp.get(key) == after.get(key) != before.get(key)}


def _merge_row(both: FieldSides, forms: _Forms, key: str, circumstances: Circumstances, merged: Merged) -> None:
    if forms.erp.get(key) == forms.hub.get(key):
        if forms.erp.get(key) != forms.base_erp.get(key):
            both.of_row(key).endorse(merged)
        return
    row = both.of_row(key)
    decided = row.why_forced() if both.rules.forced else _why(row, forms, key, circumstances)
    if decided is None:
        return
    side, reason = decided
    (forms.taken if side is Side.ERP else forms.owed)[key] = reason


def _why(both: FieldSides, forms: _Forms, key: str, circumstances: Circumstances) -> Decision | None:
    mapped = both.mapped
    if not forms.has_base and key not in forms.arrived:
        if mapped.two_way and (key not in forms.erp or key not in forms.hub):
            # a row that only one side has is news for the other, and nobody deleted it
            return (Side.CRM, WinReason.FIRST_TIME_CRM) if key in forms.hub else (Side.ERP, WinReason.FIRST_TIME)
        return both.why_without_base()
    erp_changed = forms.erp.get(key) != forms.base_erp.get(key)
    hub_changed = forms.hub.get(key) != forms.base_hub.get(key)
    if erp_changed and hub_changed:
        decided = both.why_both_changed(circumstances.choices.get(mapped.crm.key))
        if decided is None:
            forms.asked.add(key)
        return decided
    if erp_changed:
        return (Side.ERP, WinReason.ONLY_ERP_CHANGED) if mapped.to_crm else None
    return (Side.CRM, WinReason.ONLY_CRM_CHANGED) if hub_changed and mapped.to_erp else None


def _store(both: FieldSides, forms: _Forms, rows: _Rows, bases: Bases, merged: Merged) -> None:
    mapped = both.mapped
    crm_key, erp_key = mapped.crm.key, mapped.erp.key
    merged.row_keys[crm_key] = {
        hub: erp for erp, hub in rows.names.items() if hub != erp and (hub in forms.hub or hub in forms.erp)
    }
    result = _with_taken(forms, rows)
    if forms.taken:
        reason = _one_of(forms.taken)
        merged.changes.append(FieldChange(crm_key, erp_key, rows.present, result, reason))
    if forms.owed and not _owe(both, forms, rows, result, merged):
        return
    if forms.asked:
        merged.questions.append(Question(crm_key, erp_key, both.told, both.present_json))
    _store_bases(mapped, forms, rows, bases, merged)


def _with_taken(forms: _Forms, rows: _Rows) -> CrmRows:
    """Return the hub's rows with what it takes over; columns that are not mapped stay as they are."""
    result = {}
    for key in [*rows.present, *(key for key in rows.translated if key not in rows.present)]:
        if key not in forms.taken:
            if key in rows.present:
                result[key] = rows.present[key]
        elif key in rows.translated:
            result[key] = {**rows.present.get(key, {}), **rows.translated[key]}
    return result


def _owe(both: FieldSides, forms: _Forms, rows: _Rows, result: CrmRows, merged: Merged) -> bool:
    """Note the rows that the ERP is to have, all of them; return False where it cannot hold one."""
    mapped = both.mapped
    erp_keys = merged.row_keys[mapped.crm.key]
    for key in result:
        if key not in forms.erp and key not in erp_keys and key in rows.told:
            # the ERP has another row under this key
            erp_keys[key] = unused(key, {*rows.told, *erp_keys.values(), *result})
    wanted = Rows()
    try:
        for key in [*(rows.names.get(erp, erp) for erp in rows.told), *(k for k in result if k not in forms.erp)]:
            name = erp_keys.get(key, key)
            if key not in forms.owed:
                if name in rows.told:
                    wanted[name] = rows.told[name]
            elif key in result:
                wanted[name] = {**rows.told.get(name, {}), **erp_row(mapped.columns, key, result[key])}
    except UnmappedItemError:
        merged.unmapped += 1
        return False
    except ValueError as error:
        merged.faults.append(Fault(mapped.erp.key, str(error)))
        return False
    reason = _one_of(forms.owed)
    merged.owed.append(Owed(mapped.crm.key, mapped.erp.key, both.told, wanted, result, reason))
    return True


def _store_bases(mapped: CompiledField, forms: _Forms, rows: _Rows, bases: Bases, merged: Merged) -> None:
    """Settle the rows that are equal once the hub has taken over its part; the others keep their base."""
    open_rows = {*forms.owed, *forms.asked}
    earlier = cast("Rows | None", mapped.stored(bases.erp[mapped.erp.key])) if forms.has_base else None
    kept = open_rows - set(forms.arrived)
    base = Rows({key: row for key, row in rows.told.items() if rows.names.get(key, key) not in kept})
    base.update({key: row for key, row in (earlier or {}).items() if rows.names.get(key, key) in kept})
    if not forms.has_base:
        # what the ERP has is known from now on; that the hub's row is not in the hub's base keeps it owed
        base.update({key: row for key, row in rows.told.items() if rows.names.get(key, key) in forms.owed})
    merged.base_erp[mapped.erp.key] = value_to_json(base)
    settled = {key: row for key, row in forms.hub.items() if key not in open_rows and key not in forms.taken}
    settled.update({key: forms.erp[key] for key in forms.taken if key in forms.erp})
    settled.update({key: row for key, row in forms.base_hub.items() if key in open_rows})
    made = {key: row for key, row in forms.erp.items() if key not in open_rows}
    made.update({key: row for key, row in forms.base_erp.items() if key in open_rows})
    if not forms.has_base:
        made.update({key: forms.erp[key] for key in forms.owed if key in forms.erp})
    _store_hub_base(mapped, merged, settled, made)


def _store_hub_base(mapped: CompiledField, merged: Merged, settled: Comparable, made: Comparable) -> None:
    if settled == made:
        merged.base_hub.pop(mapped.crm.key, None)
    else:
        merged.base_hub[mapped.crm.key] = [[key, row] for key, row in settled.items()]


def _one_of(reasons: Mapping[str, WinReason]) -> WinReason:
    several = set(reasons.values())
    return several.pop() if len(several) == 1 else WinReason.ROW_MERGED
