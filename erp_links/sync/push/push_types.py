"""An actor type on the way to the ERP: its rules, and what of a record has to be read for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from erp_links.mapping.compiled import CompiledMapping
from erp_links.mapping.models import LinkActorType
from erp_links.sync.merge.deciding import Rules
from erp_links.sync.merge.delivered import Digester
from erp_links.sync.merge.translating import Translator
from erp_links.sync.passes import OpenPass
from sync_connectors import Access, Capabilities
from sync_connectors.codec import field_from_json

MOST_IN_ONE_BATCH = 50


@dataclass(frozen=True)
class PushType:
    """One actor type of a pass.

    Attributes:
        open_pass: The pass that counts what becomes of its records; None while open intents are settled.
        reference_field: The ERP field that takes our own id; empty where there is none.
        reference_length: How long it may be; 0 means as long as it is.
    """

    rules: Rules
    open_pass: OpenPass | None = None
    reference_field: str = ""
    reference_length: int = 0

    @property
    def mapping(self) -> CompiledMapping:
        """The mapping of the type."""
        return self.rules.mapping

    @property
    def name(self) -> str:
        """Name of the actor type."""
        return self.rules.mapping.actor_type.name

    @property
    def capabilities(self) -> Capabilities:
        """What the connector can do with the type."""
        return self.rules.mapping.actor_type.capabilities

    @cached_property
    def translator(self) -> Translator:
        """Translates all mapped fields."""
        return Translator(self.mapping, self.mapping.fields)

    @cached_property
    def digester(self) -> Digester:
        """Makes the content hashes that a pull compares."""
        return Digester(self.mapping)

    def translator_of(self, fields: frozenset[str]) -> Translator:
        """Return what translates only those ERP fields that are mapped to these fields of the hub."""
        found = self._partial.get(fields)
        if found is None:
            chosen = [mapped for mapped in self.mapping.fields if mapped.crm.key in fields]
            found = self._partial[fields] = Translator(self.mapping, chosen)
        return found

    @cached_property
    def mandatory(self) -> frozenset[str]:
        """The ERP fields that go to the ERP and must not be empty there."""
        return frozenset(each.erp.key for each in self.mapping.pushed if each.erp.access is Access.MANDATORY)

    @cached_property
    def _partial(self) -> dict[frozenset[str], Translator]:
        return {}


def push_type_of(row: LinkActorType, rules: Rules, open_pass: OpenPass | None = None) -> PushType:
    """Return an actor type on the way to the ERP.

    Our reference goes only into a field that the ERP declares and that is not mapped to anything else.
    """
    key = rules.mapping.actor_type.capabilities.reference_field
    declared = next((each for each in row.fields if key and each.key == key and each.missing_since is None), None)
    if declared is None or any(each.erp.key == key for each in rules.mapping.pushed):
        return PushType(rules, open_pass)
    return PushType(rules, open_pass, key, field_from_json(declared.declaration).max_length)


def hub_keys(types: Sequence[PushType]) -> tuple[str, ...]:
    """Return the fields of the hub that have to be read of a record."""
    keys: dict[str, None] = {}
    for each in types:
        mapping = each.mapping
        keys.update(dict.fromkeys(mapped.crm.key for mapped in mapping.fields))
        keys.update(dict.fromkeys((*mapping.match_fields, *mapping.entity.title_fields)))
        if mapping.parent_field:
            keys[mapping.parent_field] = None
    return tuple(keys)


def batch_size(types: Sequence[PushType]) -> int:
    """Return how many records are read and saved with one call."""
    declared = (each.capabilities.maximum_batch or MOST_IN_ONE_BATCH for each in types)
    return min(MOST_IN_ONE_BATCH, *declared)
