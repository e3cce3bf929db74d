"""Records that need every part of their wire form."""

from datetime import UTC, date, datetime
from decimal import Decimal

from sync_connectors import Actor, ActorReference, ListKey, Rows

PERSON = Actor(
    "Person",
    "1",
    {
        "NAME": "Åse \N{GRINNING FACE}",
        "CREDIT": Decimal("10.50"),
        "KIND": ListKey("a"),
        "MET": datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=UTC),
        "LOCAL": datetime(2026, 1, 2, 3, 4),  # noqa: DTZ001 - a local time
        "BORN": date(1980, 5, 6),
        "ACTIVE": False,
        "VISITS": -(2**63),
        "NOTE": None,
    },
    "2026-01-02",
    ActorReference("Customer", "7"),
    datetime(2026, 1, 3, tzinfo=UTC),
)
ORDER = Actor(
    "SalesOrder",
    "ä2",
    {
        "LINES": Rows({"2": {"QTY": Decimal("1.0"), "TEXT": "x"}, "1": {"QTY": None, "DUE": date(2026, 2, 3)}}),
        "NAME": None,
    },
    "7",
)
SPARSE = Actor("Person", "3", {}, "8")
