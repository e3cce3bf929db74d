"""How a connector declares fields: those of its records, and those of its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync_connectors.contract.values import FieldType


class Access(StrEnum):
    """`FieldAccessInfo` of spec 4.3."""

    NORMAL = "normal"
    MANDATORY = "mandatory"
    READ_ONLY = "read_only"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an actor type.

    Attributes:
        key: Internal name, unique within the actor type; renaming it breaks mappings.
        list_name: Name of the list that a LIST field chooses from; required for LIST, empty otherwise.
        default: Text form of the value that the ERP takes when none is sent.
        rank: Ascending display order; equal ranks keep the declared order.
        max_length: Longest text in characters; 0 means unlimited.
        decimals: Digits after the point of a DOUBLE that the ERP keeps; None means as sent.
        row_fields: The columns of a ROWS field.
    """

    key: str
    label: str
    type: FieldType
    description: str = ""
    list_name: str = ""
    default: str = ""
    rank: int = 0
    max_length: int = 0
    access: Access = Access.NORMAL
    decimals: int | None = None
    row_fields: tuple["Field", ...] = ()


@dataclass(frozen=True, slots=True)
class ShowIf:
    """Shows a configuration field only while another one has one of some values (in text form)."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigurationField:
    """One field of a link's configuration; richer than SuperOffice's, and degraded to it on the SOAP wire.

    Attributes:
        key: Name under which the value reaches the connector.
        default: Text form; for LIST the item key. May hold the tags `<name>` and `<login>` (who configures).
        required: A value must be given, unless `show_if` hides the field.
        choices: Items of a LIST field by key, when they are known without asking.
        list_name: List that fills a LIST field, asked through `Connector.configuration_list`.
        depends_on: Keys of the fields whose values `configuration_list` needs; a change of one asks for the list again.
        secret: Stored encrypted, never shown again. PASSWORD fields are secret whatever stands here.
        address: Says where secrets are sent; changing it empties the stored secrets.
        show_if: Condition under which the field is shown, required and sent.
        pattern: Regular expression that the whole text must match; `pattern_help` says it in words.
        minimum: Smallest number allowed; likewise `maximum`.
        step: Name of the page of a wizard; `group` a heading within it.
        authorise: The field is filled by an OAuth consent that starts with a button.
    """

    key: str
    label: str
    type: FieldType
    description: str = ""
    default: str = ""
    rank: int = 0
    max_length: int = 0
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    list_name: str = ""
    depends_on: tuple[str, ...] = ()
    secret: bool = False
    address: bool = False
    show_if: ShowIf | None = None
    pattern: str = ""
    pattern_help: str = ""
    minimum: int | None = None
    maximum: int | None = None
    step: str = ""
    group: str = ""
    authorise: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether values of this field must never be shown, logged or exported."""
        return self.secret or self.type is FieldType.PASSWORD
