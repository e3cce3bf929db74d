"""What a pull may take from an actor type, compared before and after a change."""

from dataclasses import dataclass

from erp_links.mapping.models import LinkActorType, Unpaired

_REACH = {Unpaired.IGNORE.value: 0, Unpaired.PAIR.value: 1, Unpaired.CREATE.value: 2}


@dataclass(frozen=True, slots=True)
class Eligible:
    """The field pairs that a pull fills, the entity they go to, and how far it goes for unpaired records."""

    pairs: frozenset[tuple[str, str]]
    entity_type: str
    reach: int
    match_fields: tuple[str, ...]


def eligible(row: LinkActorType) -> Eligible:
    """Return what a pull may take now; nothing while the actor type is off or gone."""
    if not row.active or row.missing_since is not None:
        return Eligible(frozenset(), "", 0, ())
    pairs = frozenset(
        (each.key, each.crm_field)
        for each in row.fields
        if each.to_crm and each.crm_field is not None and each.missing_since is None
    )
    return Eligible(pairs, row.entity_type, _REACH[row.unpaired_pull], tuple(row.match_fields))


def has_more(before: Eligible, after: Eligible) -> bool:
    """Return whether a pull may take something that earlier passes have passed over."""
    if not after.pairs:
        return False
    return (
        after.entity_type != before.entity_type
        or not after.pairs <= before.pairs
        or after.reach > before.reach
        or (after.reach > 0 and after.match_fields != before.match_fields)
    )
