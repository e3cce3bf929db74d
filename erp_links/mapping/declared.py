"""What a link's ERP declares of itself, read in one go."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync_connectors import ActorType, Field, LinkSession


@dataclass(frozen=True, slots=True)
class DeclaredLink:
    """The actor types of a link, and per type name its fields and the keys of those that can be searched."""

    actor_types: tuple[ActorType, ...]
    fields: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)
    searchable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_declaration(session: LinkSession) -> DeclaredLink:
    """Ask a link for everything that is cached, in the order of SuperOffice's save (spec 2.5).

    Raises:
        ConnectorError: As the session's calls do; nothing is kept of an answer that came before.
    """
    actor_types = tuple(session.actor_types())
    fields: dict[str, tuple[Field, ...]] = {}
    searchable: dict[str, tuple[str, ...]] = {}
    for actor_type in actor_types:
        fields[actor_type.name] = tuple(session.fields(actor_type.name))
        searchable[actor_type.name] = tuple(session.searchable_fields(actor_type.name))
    return DeclaredLink(actor_types, fields, searchable)
