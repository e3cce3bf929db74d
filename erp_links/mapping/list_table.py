"""Which item of an ERP's list goes with which item of a hub's list: the table of a link, and equal keys beside it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ListTable:
    """Both directions as look-ups; an item that is in neither is not mapped, and is never written raw.

    Attributes:
        to_crm: Key of the ERP's item → key of the hub's.
        to_erp: Likewise the other way.
    """

    to_crm: Mapping[str, str] = field(default_factory=dict)
    to_erp: Mapping[str, str] = field(default_factory=dict)


def list_table(
    entries: Mapping[str, str], hub_items: Collection[str], erp_items: Collection[str] | None = None
) -> ListTable:
    """Return the look-ups of a pair of lists.

    An item that an entry names goes by that entry alone, on either side. All others go to the item with the equal key,
    case included: so one item of the one list always goes with one of the other at most, and what goes over and comes
    back is what it was.

    Args:
        entries: Key of the ERP's item → key of the hub's, each of them once.
        hub_items: Keys that the hub's list has now.
        erp_items: Keys that the ERP's list has now; None where it was not asked, and then no equal key is sent to it.
    """
    free = set(hub_items) - set(entries) - set(entries.values())
    equal = {key: key for key in free}
    known = None if erp_items is None else frozenset(erp_items)
    return ListTable(
        to_crm=equal | {erp_key: crm_key for erp_key, crm_key in entries.items() if crm_key in hub_items},
        to_erp={key: key for key in free if known is not None and key in known}
        | {crm_key: erp_key for erp_key, crm_key in entries.items() if known is None or erp_key in known},
    )
