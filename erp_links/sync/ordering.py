"""In which order a run goes through the actor types: parents first."""

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from erp_links.mapping.models import LinkActorType


def parents_first(rows: Sequence[LinkActorType]) -> list[LinkActorType]:
    """Return the actor types so that each stands behind the types that its records lie under.

    Types that do not hang on each other keep their declared order; a declaration that goes round in a circle does
    not count.
    """
    by_name = {row.name: row for row in sorted(rows, key=lambda row: (row.rank, row.id))}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name, row in by_name.items():
        sorter.add(
            name, *(parent for parent in row.declaration.get("parents", ()) if parent in by_name and parent != name)
        )
    try:
        return [by_name[name] for name in sorter.static_order()]
    except CycleError:
        return list(by_name.values())
