"""What the host keeps beside what the ERP has: lost, outdated, left over, doubled."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sync_connectors.contract.actors import Actor
from sync_connectors.contract.values import Value
from sync_connectors.testing.fake_host.keeping import Kept


@dataclass(frozen=True)
class Comparison:
    """The keys at which host and ERP differ.

    Attributes:
        lost: The ERP has them and the host has not.
        outdated: The host has other values, by the fields in which they differ.
        left_over: The host has them and the ERP has not, nor were they reported as deleted; only where the connector
            declares that deletions are reported.
        doubled: Created for one record of the host, several times.
    """

    lost: tuple[str, ...] = ()
    outdated: tuple[tuple[str, tuple[str, ...]], ...] = ()
    left_over: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What differs, in words; empty when nothing does."""
        named = {"lost": self.lost, "left over": self.left_over, "doubled": self.doubled}
        words = [f"{name}: {', '.join(keys)}" for name, keys in named.items() if keys]
        words += [f"outdated: {key} in {', '.join(fields)}" for key, fields in self.outdated]
        return tuple(words)


def compare(
    kept: Kept, present: Mapping[str, Actor], keys: Collection[str], *, reports_deletions: bool, reference_field: str
) -> Comparison:
    """Compare what is kept with what the ERP has.

    Args:
        present: All records of the ERP that an undisturbed pass finds.
        keys: Keys that the ERP has, as whoever calls knows; may be more than the connector finds.
        reference_field: Where our own id stands; empty where none is declared.
    """
    outdated = {
        key: tuple(sorted(name for name, value in present[key].values.items() if actor.values.get(name) != value))
        for key, actor in kept.records.items()
        if key in present
    }
    return Comparison(
        lost=tuple(sorted(set(keys) - kept.records.keys() - kept.unreadable.keys())),
        outdated=tuple((key, fields) for key, fields in sorted(outdated.items()) if fields),
        left_over=tuple(sorted(kept.records.keys() - set(keys))) if reports_deletions else (),
        doubled=_doubled(kept, present, reference_field),
    )


def _doubled(kept: Kept, present: Mapping[str, Actor], reference_field: str) -> tuple[str, ...]:
    """Return the keys of records that look like what was created and are more than were asked for."""
    asked = Counter(_mark(one.values, one.reference) for one in kept.created.values())
    found: dict[object, list[str]] = {mark: [] for mark in asked}
    for intent in {_mark(one.values, one.reference): one for one in kept.created.values()}.values():
        wanted = {reference_field: intent.reference} if intent.reference else intent.values
        found[_mark(intent.values, intent.reference)] = [
            key
            for key, actor in present.items()
            if all(actor.values.get(name) == value for name, value in wanted.items())
        ]
    return tuple(sorted(key for mark, keys in found.items() if len(keys) > asked[mark] for key in keys))


def _mark(values: Mapping[str, Value], reference: str) -> object:
    return reference or tuple(sorted((name, repr(value)) for name, value in values.items()))
