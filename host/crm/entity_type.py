"""What an entity of the CRM hub is: a declaration from which table, pages, API and mapping are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from host.crm.fields import CrmField, CrmType


@dataclass(frozen=True)
class EntityType:
    """One kind of record of the hub.

    Attributes:
        key: Name that never changes; also the name of the table.
        label: What one record is called; `plural` what many are called.
        path: The plural in addresses of pages and API.
        fields: The standard fields, in the order of forms.
        title_fields: Fields whose values, joined by spaces, name a record.
        subtitle_fields: Fields that stand below the name on a card.
        list_fields: Fields that the list page shows as columns.
        requires_one_of: At least one of these must have a value; empty means no such rule.
        match_fields: Fields by which an import or a link usually recognises a record, best first.
    """

    key: str
    label: str
    plural: str
    path: str
    fields: tuple[CrmField, ...]
    title_fields: tuple[str, ...]
    list_fields: tuple[str, ...]
    subtitle_fields: tuple[str, ...] = ()
    requires_one_of: tuple[str, ...] = ()
    match_fields: tuple[str, ...] = ()

    @cached_property
    def by_key(self) -> Mapping[str, CrmField]:
        """The standard fields by key."""
        return MappingProxyType({field.key: field for field in self.fields})

    @cached_property
    def rows_fields(self) -> tuple[CrmField, ...]:
        """The fields that hold rows, which lie in tables of their own; none for most entities."""
        return tuple(field for field in self.fields if field.type is CrmType.ROWS)

    @property
    def default_sort(self) -> str:
        """The field by which lists are sorted unless asked otherwise."""
        return self.list_fields[0]
