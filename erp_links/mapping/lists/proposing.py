"""Which items of two lists go with each other by their names."""

from collections.abc import Mapping

from erp_links.mapping.list_table import list_table
from host.crm.values import fold


def propose_items(
    entries: Mapping[str, str], erp_items: Mapping[str, str], crm_items: Mapping[str, str]
) -> dict[str, str]:
    """Return ERP key → CRM key for items that nothing goes with yet and whose names are equal without regard to case.

    The key of an item counts as a name of it too. A name that several items of one list have decides nothing.

    Args:
        entries: What the table has already, ERP key → CRM key.
        erp_items: Texts of the ERP's items by key.
        crm_items: Names of the hub's items by key.
    """
    table = list_table(entries, crm_items, erp_items)
    used = {table.to_crm[key] for key in erp_items if key in table.to_crm}
    open_erp = {key: text for key, text in erp_items.items() if key not in table.to_crm and key not in entries}
    open_crm = {key: name for key, name in crm_items.items() if key not in used and key not in entries.values()}
    proposed: dict[str, str] = {}
    for of_erp, of_crm in ((_by_name(open_erp), _by_name(open_crm)), (_by_any(open_erp), _by_any(open_crm))):
        for name, erp_key in of_erp.items():
            crm_key = of_crm.get(name)
            if crm_key is not None and erp_key not in proposed and crm_key not in proposed.values():
                proposed[erp_key] = crm_key
    return proposed


def _by_name(items: Mapping[str, str]) -> dict[str, str]:
    return _unique([(fold(name), key) for key, name in items.items()])


def _by_any(items: Mapping[str, str]) -> dict[str, str]:
    return _unique([(word, key) for key, name in items.items() for word in {fold(name), fold(key)}])


def _unique(named: list[tuple[str, str]]) -> dict[str, str]:
    """Return the keys by name, without names that stand for several."""
    keys: dict[str, set[str]] = {}
    for name, key in named:
        keys.setdefault(name, set()).add(key)
    return {name: next(iter(of)) for name, of in keys.items() if name and len(of) == 1}
