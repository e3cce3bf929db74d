"""Checks of records that lie under others."""

from collections import Counter

from sync_connectors.contract.actors import ActorReference
from sync_connectors.testing.check import type_check
from sync_connectors.testing.outcomes import apply_if, require
from sync_connectors.testing.records import TypeBench

_PROBES = 200


@type_check(
    mend="Give ActorReference the key under which the parent itself is read, or None.",
)
def parents_are_there(kind: TypeBench) -> None:
    """The parent of a record is of a declared type, and is there."""
    wanted: dict[str, set[str]] = {}
    for key, actor in list(kind.records.items())[:_PROBES]:
        if actor.parent is not None:
            declared = actor.parent.actor_type in kind.type.parents
            require(declared, f"{key} lies below a {actor.parent.actor_type}, which is no declared parent")
            wanted.setdefault(actor.parent.actor_type, set()).add(actor.parent.key)
    apply_if(wanted, "no record has a parent")
    for name, keys in wanted.items():
        above = kind.bench.types[name]
        missing = sorted(keys - above.get(keys, above.field_keys[:1]).keys())
        require(not missing, f"records lie below {name} {', '.join(missing[:5])}, which get does not return")


@type_check(
    mend="Restrict search_by_parent to the children of the parent given.",
)
def search_by_parent_stays_below_it(kind: TypeBench) -> None:
    """A search below a parent finds the records below it, and no others."""
    apply_if(kind.able.search_by_parent, "it declares no search_by_parent")
    counts = Counter(actor.parent for actor in kind.records.values() if actor.parent is not None)
    apply_if(counts, "no record has a parent")
    parent: ActorReference = min(counts, key=lambda each: counts[each])
    below = {key for key, actor in kind.records.items() if actor.parent == parent}
    answer = kind.bench.session.search_by_parent(kind.name, "", parent, kind.field_keys)
    found = {actor.key for actor in answer.actors}
    elsewhere = sorted(key for key in found - below if key in kind.records)
    require(not elsewhere, f"below {parent.key} it finds {', '.join(elsewhere[:5])}, which lie elsewhere")
    missing = sorted(below - found)
    require(not missing or answer.notices, f"below {parent.key} it does not find {', '.join(missing[:5])}")


CHECKS = (parents_are_there, search_by_parent_stays_below_it)
