"""Records of an ERP, the types they have, and what a connector can do with each type."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync_connectors.contract.values import Value


class ActorTypeName(StrEnum):
    """The declared list of actor types; the first five (spec 4.4) are served over SOAP, the others are not."""

    CUSTOMER = "Customer"
    SUPPLIER = "Supplier"
    PARTNER = "Partner"
    PERSON = "Person"
    PROJECT = "Project"
    PRODUCT = "Product"
    SALES_ORDER = "SalesOrder"
    PURCHASE_ORDER = "PurchaseOrder"
    PURCHASE_INVOICE = "PurchaseInvoice"
    SALES_INVOICE = "SalesInvoice"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do with one actor type; declared, never found out by failing.

    Attributes:
        conditional_save: `save` compares `Actor.timestamp` with the ERP's and rejects a stale record.
        paging: `changes` yields more than one page and resumes from a cursor.
        reference_field: Key of a field that stores our own id and can be searched: the idempotency key of creates.
        several_actors_per_entity: One hub record may be paired with several actors of this type.
        maximum_batch: Most keys or records in one call; 0 means unlimited.
        maximum_parallel_calls: Most calls at one time on one link.
        deletions: `deletions` reports what was deleted.
        clock_times: `Actor.changed_at` is given and comparable with the hub's clock.
    """

    create: bool = False
    save: bool = False
    conditional_save: bool = False
    paging: bool = False
    search_by_parent: bool = False
    reference_field: str = ""
    several_actors_per_entity: bool = False
    maximum_batch: int = 0
    maximum_parallel_calls: int = 1
    deletions: bool = False
    clock_times: bool = False


@dataclass(frozen=True, slots=True)
class ActorType:
    """One type of record that a link offers.

    Attributes:
        name: One of `ActorTypeName`; others are ignored by the host with a warning.
        label: The ERP's own word for one of them; `plural` for several.
        parents: Names of the types that a record of this type may lie under; the host syncs those first.
        entity: Hub entity that it suits: company, person, project, product, sales_order.
    """

    name: str
    label: str
    plural: str = ""
    parents: tuple[str, ...] = ()
    entity: str = ""
    capabilities: Capabilities = field(default_factory=Capabilities)


@dataclass(frozen=True, slots=True)
class ActorReference:
    """Names one record within a link."""

    actor_type: str
    key: str


@dataclass(frozen=True, slots=True)
class Actor:
    """One record of the ERP (spec 4.4).

    Attributes:
        key: Stable and opaque; empty only in the input of `create`.
        timestamp: Opaque; only the connector compares two of them. Empty only in the input of `create`.
        values: Only the fields that were asked for need be present. An absent field is unchanged, None is blank.
        changed_at: Aware time of the last change, where `Capabilities.clock_times` is declared.
    """

    actor_type: str
    key: str
    values: Mapping[str, Value]
    timestamp: str = ""
    parent: ActorReference | None = None
    changed_at: datetime | None = None
