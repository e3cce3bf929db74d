"""What becomes of a record of the ERP that is not paired: ignored, paired with a record of the hub, or created."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from erp_links.mapping.compiled import CompiledMapping
from erp_links.mapping.models import Unpaired
from erp_links.sync.merge.sides import Sent
from erp_links.sync.pairings import KeyedBy
from erp_links.sync.reasons import FailureReason
from host.crm.values import CrmValue, fold

Match = tuple[CrmValue, ...]


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing is done; the ERP's record stays unpaired."""


@dataclass(frozen=True, slots=True)
class PairWith:
    """The record is paired with this entity; `sent` is what a create sent whose answer was lost."""

    entity_id: int
    sent: Sent | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """A record of the hub is created."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """A person has to decide; nothing is guessed."""

    reason: FailureReason
    message: str
    instruction: str


Verdict = Ignore | PairWith | Create | Refuse

Recognised = Mapping[str, PairWith | Refuse]
"""What is known of records of the ERP without looking for a match, by ERP key."""


def match_keys(mapping: CompiledMapping) -> tuple[str, ...]:
    """Return the hub fields that have to be equal; a child is looked for only below its own parent."""
    if not mapping.match_fields:
        return ()
    parent = (mapping.parent_field,) if mapping.parent_field else ()
    return (*mapping.match_fields, *(key for key in parent if key not in mapping.match_fields))


def matches_of(columns: Sequence[Sequence[CrmValue]]) -> list[Match | None]:
    """Return what to look for in the hub for each of some records, by the values of their match fields.

    None where a value is empty: two records without a number are not the same.
    """
    return [None if None in match or "" in match else match for match in zip(*columns, strict=True)]


def match_of(keys: Sequence[str], values: Mapping[str, CrmValue]) -> Match | None:
    """Return what to look for for one record with these values; None where one is empty, or without match fields."""
    return next(iter(matches_of([[values.get(key)] for key in keys])), None)


class PairingPolicy:
    """Decides about the unpaired records of one page."""

    def __init__(
        self,
        mapping: CompiledMapping,
        found: Mapping[Match, Sequence[int]],
        taken: Mapping[int, Collection[KeyedBy]],
        wanted: Iterable[Match | None],
    ) -> None:
        """Take what the hub has for the matches of the page (`wanted`, one for each unpaired record)."""
        self._mapping = mapping
        self._found = found
        self._taken = taken
        self._asked = Counter([_folded(match) for match in wanted if match is not None])
        self._used: set[Match] = set()

    @property
    def creates_all(self) -> bool:
        """Whether each record of the page is to be created: the hub has none of them, and no two are the same."""
        return (
            self._mapping.unpaired is Unpaired.CREATE
            and not self._found
            and all(count == 1 for count in self._asked.values())
        )

    def decide(self, match: Match | None) -> Verdict:
        """Return what becomes of the next record of the page."""
        if self._mapping.unpaired is Unpaired.IGNORE:
            return Ignore()
        if match is None:
            return self._unmatched()
        entity_ids = self._found.get(match, ())
        folded = _folded(match)
        if len(entity_ids) > 1 or (entity_ids and self._asked[folded] > 1):
            return self._ambiguous(len(entity_ids), self._asked[folded])
        if entity_ids:
            return self._taken_by(entity_ids[0]) or PairWith(entity_ids[0])
        verdict = self._unmatched()
        if isinstance(verdict, Create):
            if folded in self._used:
                return self._ambiguous(0, self._asked[folded])
            self._used.add(folded)
        return verdict

    def _unmatched(self) -> Verdict:
        return Create() if self._mapping.unpaired is Unpaired.CREATE else Ignore()

    def _taken_by(self, entity_id: int) -> Refuse | None:
        several = self._mapping.actor_type.capabilities.several_actors_per_entity
        own = self._mapping.actor_type.name
        for actor_type, erp_key in self._taken.get(entity_id, ()):
            if actor_type == own or not several:
                return Refuse(
                    FailureReason.ALREADY_PAIRED,
                    _("the matching record is already paired with %(key)s", key=erp_key),
                    _("find out which of the two is right, and make their match fields differ"),
                )
        return None

    def _ambiguous(self, in_crm: int, in_erp: int) -> Refuse:
        fields = ", ".join(str(self._mapping.entity.by_key[key].label) for key in self._mapping.match_fields)
        if in_crm > 1:
            message = _("%(count)s records of the CRM have the same %(fields)s", count=in_crm, fields=fields)
        else:
            message = _("%(count)s records of the ERP have the same %(fields)s", count=in_erp, fields=fields)
        return Refuse(
            FailureReason.AMBIGUOUS_MATCH, message, _("make them differ, or choose other match fields in the mapping")
        )


def _folded(match: Match) -> Match:
    return tuple([fold(value) if isinstance(value, str) else value for value in match])
