"""Which hub entities an actor type can be synced with."""

from host.crm.registry import entity_types
from sync_connectors import ActorType, ActorTypeName

_USUAL = {
    ActorTypeName.CUSTOMER: "company",
    ActorTypeName.SUPPLIER: "company",
    ActorTypeName.PARTNER: "company",
    ActorTypeName.PERSON: "person",
    ActorTypeName.PROJECT: "project",
    ActorTypeName.PRODUCT: "product",
    ActorTypeName.SALES_ORDER: "sales_order",
}


def suitable_entities(actor_type: ActorType) -> tuple[str, ...]:
    """Return the hub entities that may be chosen; empty while the hub has none that suits.

    A declared entity is the only choice: the connector knows what its records are.
    """
    wanted = actor_type.entity or _usual_entity(actor_type.name)
    return (wanted,) if wanted in entity_types() else ()


def _usual_entity(name: str) -> str:
    return next((entity for usual, entity in _USUAL.items() if usual.value == name), "")
