"""What a run may take from an actor type, and bring to it, compared before and after a change."""

from dataclasses import dataclass

from erp_links.mapping.full_read import FullReadReason, mark_full_push, mark_full_read
from erp_links.mapping.models import LinkActorType, LinkField, Unpaired

_REACH = {Unpaired.IGNORE.value: 0, Unpaired.PAIR.value: 1, Unpaired.CREATE.value: 2}

FieldPair = tuple[str, str, tuple[tuple[str, str], ...]]
"""ERP field, CRM field, and the pairs of their columns where they hold rows."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One direction: the field pairs that it fills, and how far it goes for unpaired records."""

    pairs: frozenset[FieldPair]
    unpaired: int
    match_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Eligible:
    """What a run may do with the records of an actor type; nothing while the type is off or gone."""

    is_on: bool
    entity_type: str
    to_crm: Reach
    to_erp: Reach


def eligible(row: LinkActorType) -> Eligible:
    """Return what a run may do now."""
    is_on = row.active and row.missing_since is None
    filling = [each for each in row.fields if is_on and each.crm_field is not None and each.missing_since is None]
    return Eligible(
        is_on=is_on,
        entity_type=row.entity_type,
        to_crm=_reach(row, row.unpaired_pull, frozenset(_pair(each) for each in filling if each.to_crm)),
        to_erp=_reach(row, row.unpaired_push, frozenset(_pair(each) for each in filling if each.to_erp)),
    )


def mark_what_became_eligible(row: LinkActorType, before: Eligible) -> None:
    """Note that everything is to be looked at again where a run may now take what earlier runs have passed over."""
    after = eligible(row)
    reason = _reason(before, after, before.to_crm, after.to_crm)
    if reason is not None:
        mark_full_read(row, reason)
    reason = _reason(before, after, before.to_erp, after.to_erp)
    if reason is not None:
        mark_full_push(row, reason)


def _reach(row: LinkActorType, unpaired: str, pairs: frozenset[FieldPair]) -> Reach:
    return Reach(pairs, _REACH[unpaired], tuple(row.match_fields))


def _pair(row: LinkField) -> FieldPair:
    return row.key, row.crm_field or "", tuple(sorted(row.row_columns.items()))


def _reason(before: Eligible, after: Eligible, could: Reach, can: Reach) -> FullReadReason | None:
    if not can.pairs:
        return None
    gained = {
        FullReadReason.SWITCHED_ON: not before.is_on,
        FullReadReason.ENTITY: after.entity_type != before.entity_type,
        FullReadReason.MAPPING: not can.pairs <= could.pairs,
        FullReadReason.UNPAIRED: can.unpaired > could.unpaired,
        FullReadReason.MATCH_FIELDS: can.unpaired > 0 and can.match_fields != could.match_fields,
    }
    return next((reason for reason, applies in gained.items() if applies), None)
