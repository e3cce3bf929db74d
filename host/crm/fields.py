"""What the CRM hub knows of a field: its type, its limits, and where its values lie."""

from dataclasses import dataclass
from enum import StrEnum

CUSTOM_PREFIX = "x_"
FOLDED_SUFFIX = "_folded"


class CrmType(StrEnum):
    """What a field of the hub holds; each names the Python type of its values, None always meaning "no value"."""

    TEXT = "text"
    """str, one line"""
    LONG_TEXT = "long_text"
    """str, lines end in LF"""
    INTEGER = "integer"
    """int of 64 bits"""
    DECIMAL = "decimal"
    """Decimal, exact; never float"""
    BOOLEAN = "boolean"
    """bool"""
    DATE = "date"
    """date"""
    DATETIME = "datetime"
    """aware datetime in UTC"""
    LIST = "list"
    """str, the stable key of a list item"""
    REFERENCE = "reference"
    """int, the id of another entity"""
    ROWS = "rows"
    """dict of rows by their key, each a dict of values by column key; never None, an empty dict means "no rows\""""


@dataclass(frozen=True, slots=True)
class CrmField:
    """One field of an entity, as pages, API and mapping read it.

    Attributes:
        key: Name that never changes; dots group the fields of an address (`postal.city`).
        max_length: Longest text in characters; 0 means unlimited.
        list_key: List that a LIST field chooses from; empty otherwise.
        read_only: Nobody types it; only a link or the hub itself writes it.
        searchable: Free text search looks into it; texts are then also stored folded, so that case never matters.
        indexed: Nearly everybody finds records by it, so the database always keeps an index; where it does not, one is
            made when somebody chooses to find records by the field (`host.crm.indexing`).
        custom: An administrator added it.
        references: Key of the entity type that a REFERENCE field points at; empty otherwise.
        group: Heading under which forms show it.
        row_fields: Columns of the rows of a ROWS field, none of which holds rows; empty otherwise.
        row_name: What one row of a ROWS field is called in the name of their table, such as `line`; empty otherwise.
    """

    key: str
    label: str
    type: CrmType
    max_length: int = 0
    list_key: str = ""
    required: bool = False
    read_only: bool = False
    searchable: bool = False
    indexed: bool = False
    custom: bool = False
    references: str = ""
    description: str = ""
    group: str = ""
    row_fields: tuple["CrmField", ...] = ()
    row_name: str = ""

    @property
    def is_text(self) -> bool:
        """Whether its values are texts that people type, not keys."""
        return self.type in {CrmType.TEXT, CrmType.LONG_TEXT}

    @property
    def column(self) -> str:
        """Name of the column of a standard field."""
        return self.key.replace(".", "_")

    @property
    def folded_column(self) -> str:
        """Name of the column with the folded text, or empty where none is kept."""
        return self.column + FOLDED_SUFFIX if self.searchable and self.is_text and not self.custom else ""
