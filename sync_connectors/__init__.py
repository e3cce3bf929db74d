"""Everything that a connector plugin needs, in one import.

The shortest working plugin is a module named by an entry point of the group `tieline`:

    from sync_connectors import CONTRACT_VERSION, Connector, hookimpl

    class Greenbook(Connector):
        name, label, version, contract_version = "greenbook", "Greenbook", "1.0", CONTRACT_VERSION
        ...                                   # configuration_fields and open

    @hookimpl
    def register_connectors(register):
        register.add(Greenbook)
"""

from sync_connectors.contract.actors import Actor, ActorReference, ActorType, ActorTypeName, Capabilities
from sync_connectors.contract.answers import (
    Actors,
    Deletions,
    Notice,
    NoticeLevel,
    Page,
    Rejection,
    Saved,
    Tested,
)
from sync_connectors.contract.connector import CONTRACT_VERSION, Configuration, Connector, LinkSession
from sync_connectors.contract.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    ProtocolError,
    RateLimitedError,
    RejectedRecordError,
    UnavailableError,
    UnknownLinkError,
)
from sync_connectors.contract.fields import Access, ConfigurationField, Field, ShowIf
from sync_connectors.contract.hooks import ConnectorRegister, hookimpl, hookspec
from sync_connectors.contract.search import OPERATORS, Operator, Restriction
from sync_connectors.contract.services import Services, StateStore, StoredState
from sync_connectors.contract.values import FieldType, ListKey, Rows, Value

__all__ = [
    "CONTRACT_VERSION",
    "OPERATORS",
    "Access",
    "Actor",
    "ActorReference",
    "ActorType",
    "ActorTypeName",
    "Actors",
    "AuthenticationError",
    "Capabilities",
    "Configuration",
    "ConfigurationError",
    "ConfigurationField",
    "Connector",
    "ConnectorError",
    "ConnectorRegister",
    "Deletions",
    "Field",
    "FieldType",
    "LinkSession",
    "ListKey",
    "Notice",
    "NoticeLevel",
    "Operator",
    "Page",
    "ProtocolError",
    "RateLimitedError",
    "RejectedRecordError",
    "Rejection",
    "Restriction",
    "Rows",
    "Saved",
    "Services",
    "ShowIf",
    "StateStore",
    "StoredState",
    "Tested",
    "UnavailableError",
    "UnknownLinkError",
    "Value",
    "hookimpl",
    "hookspec",
]
