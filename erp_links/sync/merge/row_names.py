"""Which row of the hub a row of the ERP is: the two sides may call one row differently, and two rows alike."""

from collections.abc import Collection, Mapping

from erp_links.sync.merge.row_forms import Comparable


def recognised(erp: Comparable, hub: Comparable, names: Mapping[str, str]) -> dict[str, str]:
    """Return hub keys for rows of the ERP that are not known yet but equal a row of the hub in every mapped column.

    Args:
        erp: The ERP's rows under its own keys.
        hub: The hub's rows.
        names: The rows that are known, {ERP key: hub key}, where the two differ.
    """
    used = {names.get(key, key) for key in erp}
    free = {key: row for key, row in hub.items() if key not in used}
    found = {}
    for erp_key, row in erp.items():
        if erp_key in names or erp_key in hub:
            continue
        same = next((key for key, other in free.items() if other == row), None)
        if same is not None:
            found[erp_key] = same
            del free[same]
    return found


def kept_apart(erp: Comparable, hub: Comparable, names: Mapping[str, str], settled: Collection[str]) -> dict[str, str]:
    """Return hub keys of their own for new rows of the ERP whose key a new, different row of the hub has too.

    Lines are counted 10, 20, 30 on both sides: whoever adds the third line on each side means two lines.

    Args:
        erp: The ERP's rows under its own keys.
        hub: The hub's rows.
        names: As above.
        settled: Hub keys of the rows that were settled before.
    """
    taken = {*hub, *settled, *names.values(), *(names.get(key, key) for key in erp)}
    apart = {}
    for erp_key, row in erp.items():
        hub_key = names.get(erp_key, erp_key)
        if hub_key in hub and hub_key not in settled and hub[hub_key] != row:
            apart[erp_key] = unused(hub_key, taken)
            taken.add(apart[erp_key])
    return apart


def unused(key: str, taken: Collection[str]) -> str:
    """Return a key made of another one that nobody has."""
    number = 1
    while f"{key}.{number}" in taken:
        number += 1
    return f"{key}.{number}"
