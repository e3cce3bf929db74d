"""Looking for the actor of a record that is not paired: by match fields, or by our own reference."""

from collections.abc import Sequence

from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.sync.pull.pairing import Match, match_keys, match_of
from erp_links.sync.push.cases import Case
from erp_links.sync.push.lines import Call
from erp_links.sync.push.push_types import PushType
from host.crm.values import CrmValue, fold
from sync_connectors import OPERATORS, Actor, Actors, LinkSession, Operator, Restriction


class MatchLookUp:
    """Finds the actors of one type whose match fields have the values of a record."""

    def __init__(self, push_type: PushType) -> None:
        self._type = push_type
        mapping = push_type.mapping
        mapped = {each.crm.key: each for each in mapping.fields}
        self._fields = [mapped[key] for key in mapping.match_fields if key in mapped]
        self._asked = [each for each in self._fields if _can_ask(mapping, each)]
        self._keys = match_keys(mapping)
        #: Whether the ERP can be asked for the match fields at all.
        self.is_possible = bool(self._asked) and len(self._fields) == len(mapping.match_fields)

    def match(self, case: Case) -> Match | None:
        """Return the values to look for, or None where one is empty."""
        return match_of(self._keys, case.record.values) if self.is_possible else None

    def call(self, case: Case) -> Call | None:
        """Return the call that looks for a record; None where the ERP could not hold its values anyway."""
        try:
            restrictions = [_restriction(each, case.record.values[each.crm.key]) for each in self._asked]
        except ValueError:
            return None
        return searching(self._type, restrictions)

    def suiting(self, case: Case, found: Actors) -> list[Actor]:
        """Return the actors among those found that have exactly these values, below the parent of the record."""
        return [actor for actor in found.actors if self._suits(case, actor)]

    def _suits(self, case: Case, actor: Actor) -> bool:
        if case.parent is not None and actor.parent != case.parent:
            return False
        hub = self._type.translator.translate(actor, b"").hub
        values = case.record.values
        return all(
            each.crm.key in hub and _folded(hub[each.crm.key]) == _folded(values[each.crm.key]) for each in self._fields
        )


def searching(push_type: PushType, restrictions: Sequence[Restriction]) -> Call:
    """Return a call that searches actors of a type, with all that has to be known of them."""
    mapping = push_type.mapping
    reference = (push_type.reference_field,) if push_type.reference_field else ()
    keys = tuple(dict.fromkeys((*mapping.all_keys, *reference)))

    def search(session: LinkSession) -> Actors:
        return session.search_advanced(push_type.name, restrictions, keys)

    return search


def _can_ask(mapping: CompiledMapping, mapped: CompiledField) -> bool:
    operators = OPERATORS[mapped.erp.type]
    return mapped.erp.key in mapping.searchable and bool(operators & {Operator.EQUALS, Operator.ONE_OF})


def _restriction(mapped: CompiledField, value: CrmValue) -> Restriction:
    operator = Operator.EQUALS if Operator.EQUALS in OPERATORS[mapped.erp.type] else Operator.ONE_OF
    return Restriction(mapped.erp.key, operator, (mapped.convert_back(value),))


def _folded(value: CrmValue) -> CrmValue:
    return fold(value) if isinstance(value, str) else value
