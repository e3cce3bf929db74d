"""What the kit is told about the connector that it judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from host.settings import Settings
from sync_connectors.contract.connector import Connector
from sync_connectors.contract.values import Value

THIS_MACHINE = ("127.0.0.0/8", "::1", "localhost")
"""What tests let a connector call although a real host refuses it unless told: the author's fake ERP lives there."""


@dataclass(frozen=True)
class Setup:
    """One connector, and how it is to be judged.

    Attributes:
        connector: It is guarded, unless it is already.
        configuration: Values by configuration field, as text or typed; defaults fill in the rest.
        wrong_configurations: Changes to the configuration, each of which the connector must refuse. Without any, the
            kit puts nonsense into each required field that is an address or a secret.
        may_write: Whether records may be created and changed. The kit changes only what it has created itself, and
            what `to_change` names; it deletes nothing, because the contract cannot.
        samples: Values of a new record by actor type, where those that the kit makes from the declared fields are
            refused; `{number}` in a text becomes another number for each record.
        to_change: Key by actor type of a record that may be changed, where none can be created.
        most_records: A full read stops there; checks that need all records then do not apply.
        most_calls: Of a full read, for each 1,000 records.
        time_zone: The ERP's.
        seconds: Deadline of each call.
    """

    connector: Connector
    configuration: Mapping[str, Any] = field(default_factory=dict)
    wrong_configurations: Sequence[Mapping[str, Any]] = ()
    may_write: bool = True
    samples: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    to_change: Mapping[str, str] = field(default_factory=dict)
    most_records: int = 5_000
    most_calls: int = 100
    time_zone: str = "UTC"
    seconds: float = 30.0
    settings: Settings = field(default_factory=Settings)
