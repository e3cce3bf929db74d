"""The ERP in memory: 45 customers and six orders below the first two.

Its clock ticks with every fourth change, so that several changes have the same time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import RLock
from typing import Any

from sync_connectors import (
    Access,
    ActorReference,
    ActorType,
    Capabilities,
    Field,
    FieldType,
    ListKey,
    Rows,
    Value,
)

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CHANGES_OF_A_TICK = 4
REFERENCE = "OURREF"

ABLE = Capabilities(
    create=True,
    save=True,
    conditional_save=True,
    paging=True,
    reference_field=REFERENCE,
    maximum_batch=100,
    maximum_parallel_calls=4,
    deletions=True,
    clock_times=True,
)
ORDER_ABLE = Capabilities(create=True, save=True, paging=True, search_by_parent=True)
TYPES = (
    ActorType("SalesOrder", "Order", "Orders", ("Customer",), "sales_order", ORDER_ABLE),
    ActorType("Customer", "Customer", "Customers", entity="company", capabilities=ABLE),
)
FIELDS: dict[str, tuple[Field, ...]] = {
    "Customer": (
        Field("NAME", "Name", FieldType.TEXT, max_length=40, access=Access.MANDATORY),
        Field("NO", "Number", FieldType.TEXT, access=Access.READ_ONLY),
        Field("NOTE", "Note", FieldType.TEXT),
        Field("STARS", "Stars", FieldType.INTEGER, default="1"),
        Field("CREDIT", "Credit limit", FieldType.DOUBLE, decimals=2),
        Field("BLOCKED", "Blocked", FieldType.CHECKBOX),
        Field("GROUP", "Group", FieldType.LIST, list_name="groups"),
        Field("SINCE", "Customer since", FieldType.DATE),
        Field("SEEN", "Last seen", FieldType.DATETIME),
        Field("CALLED", "Last called", FieldType.LOCAL_DATETIME),
        Field(REFERENCE, "Our reference", FieldType.TEXT, max_length=40),
    ),
    "SalesOrder": (
        Field("TITLE", "Title", FieldType.TEXT, access=Access.MANDATORY),
        Field(
            "LINES",
            "Lines",
            FieldType.ROWS,
            row_fields=(
                Field("ITEM", "Item", FieldType.TEXT),
                Field("QUANTITY", "Quantity", FieldType.DOUBLE, decimals=3),
            ),
        ),
    ),
}
LISTS = {"groups": {"r": "Retail", "w": "Wholesale", "p": "Public"}, "companies": {"1": "Nordwind A/S"}}


@dataclass
class Record:
    """One record; `version` counts the changes of the whole ERP."""

    values: dict[str, Value]
    parent: ActorReference | None = None
    version: int = 0
    first_version: int = 0


@dataclass
class Shop:
    """The ERP."""

    records: dict[str, dict[str, Record]] = field(default_factory=lambda: {"Customer": {}, "SalesOrder": {}})
    gone: dict[str, list[str]] = field(default_factory=lambda: {"Customer": ["C0"], "SalesOrder": []})
    version: int = 0
    lock: Any = field(default_factory=RLock, repr=False)

    def __post_init__(self) -> None:
        for number in range(1, 46):
            self.put("Customer", f"C{number}", customer(number))
        for number in range(1, 7):
            lines = Rows({"10": {"ITEM": "Desk", "QUANTITY": Decimal(number)}})
            parent = ActorReference("Customer", "C1" if number < 5 else "C2")
            self.put("SalesOrder", f"O{number}", {"TITLE": f"Order {number}", "LINES": lines}, parent)

    def put(
        self, actor_type: str, key: str, values: Mapping[str, Value], parent: ActorReference | None = None
    ) -> Record:
        """Create or change a record; fields that are not named stay as they are."""
        with self.lock:
            self.version += 1
            record = self.records[actor_type].setdefault(key, Record({}, parent, first_version=self.version))
            record.values.update(values)
            record.version = self.version
            return record

    def next_key(self, actor_type: str) -> str:
        """Return a key that no record has."""
        return f"{actor_type[0]}{len(self.records[actor_type]) + 100}"

    def time_of(self, record: Record) -> datetime:
        """When a record was changed."""
        return BEGAN + timedelta(seconds=record.version)


def customer(number: int) -> dict[str, Value]:
    """Return the values of one of the first customers; every third has blanks."""
    full: dict[str, Value] = {
        "NAME": f"Firm {number:02d} of {('Aarhus', 'Bergen', 'Cluj')[number % 3]}",
        "NO": f"no-{number}",
        "NOTE": f"Note {number}",
        "STARS": number % 5,
        "CREDIT": Decimal(number) * Decimal("100.25"),
        "BLOCKED": number % 4 == 0,
        "GROUP": ListKey("rwp"[number % 3]),
        "SINCE": date(2020, 1, 1) + timedelta(days=number),
        "SEEN": BEGAN + timedelta(hours=number),
        "CALLED": datetime(2026, 1, 1) + timedelta(minutes=number),  # noqa: DTZ001 - in the zone of the ERP
        REFERENCE: None,
    }
    blank = {"NOTE": None, "STARS": None, "CREDIT": None, "SINCE": None} if number % 3 == 0 else {}
    return {**full, **blank}
