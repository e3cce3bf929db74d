"""Accepting all proposed field mappings of an actor type with one direction."""

from erp_links.mapping.reading import MappedActorType, MappedField
from erp_links.mapping.reasons import direction_faults

TO_CRM, TO_ERP, BOTH = "to_crm", "to_erp", "both"


def accept(mapped: MappedActorType, direction: str) -> int:
    """Give every proposal the direction, or as much of it as is possible; return how many have one now.

    A field that can go no such way stays a proposal. A CRM field that another field fills already is not filled twice.
    """
    filled = {each.row.crm_field for each in mapped.fields if each.row.to_crm}
    accepted = 0
    for each in mapped.proposals:
        to_crm, to_erp = _possible(each, direction, is_free=each.row.crm_field not in filled)
        if to_crm or to_erp:
            each.row.to_crm, each.row.to_erp, each.row.proposed = to_crm, to_erp, False
            accepted += 1
    return accepted


def _possible(each: MappedField, direction: str, *, is_free: bool) -> tuple[bool, bool]:
    to_erp = direction != TO_CRM and not each.directions.to_erp
    to_crm = direction != TO_ERP and not each.directions.to_crm and is_free
    if direction_faults(each, to_crm=to_crm, to_erp=to_erp):
        to_crm = False
    return to_crm, to_erp
