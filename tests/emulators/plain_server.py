"""The ERP that `plain_erp` reaches: records, lists and a count of changes in the memory of the test."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from sync_connectors import Access, ActorType, Capabilities, Field, FieldType, UnavailableError, Value

CAPABILITIES = Capabilities(
    create=True,
    save=True,
    paging=True,
    reference_field="OURREF",
    deletions=True,
    maximum_batch=50,
)
ACTOR_TYPES = (
    ActorType("Customer", "Customer", "Customers", entity="company", capabilities=CAPABILITIES),
    ActorType(
        "Person",
        "Contact person",
        "Contact persons",
        parents=("Customer",),
        entity="person",
        capabilities=replace(CAPABILITIES, search_by_parent=True),
    ),
)
FIELDS: dict[str, tuple[Field, ...]] = {
    "Customer": (
        Field("NAME", "Name", FieldType.TEXT, max_length=60, access=Access.MANDATORY, rank=1),
        Field("CUSTNO", "Customer number", FieldType.TEXT, access=Access.READ_ONLY, rank=2),
        Field("PHONE", "Telephone", FieldType.TEXT, max_length=20, rank=3),
        Field("EMAIL", "E-mail", FieldType.TEXT, rank=4),
        Field("VATNO", "VAT number", FieldType.TEXT, max_length=20, rank=5),
        Field("COUNTRY", "Country", FieldType.LIST, list_name="countries", rank=6),
        Field("POSTALAD1", "Street", FieldType.TEXT, rank=7),
        Field("POSTALZIP", "Zip code", FieldType.TEXT, rank=8),
        Field("POSTALCITY", "City", FieldType.TEXT, rank=9),
        Field("CREDIT", "Credit limit", FieldType.DOUBLE, decimals=2, rank=10),
        Field("BLOCKED", "Blocked", FieldType.CHECKBOX, rank=11),
        Field("ORDERS", "Open orders", FieldType.INTEGER, access=Access.READ_ONLY, rank=12),
        Field("SINCE", "Customer since", FieldType.DATE, rank=13),
        Field("CHANGED", "Changed", FieldType.DATETIME, access=Access.READ_ONLY, rank=14),
        Field("OURREF", "Our reference", FieldType.TEXT, rank=15),
    ),
    "Person": (
        Field("FIRSTNAME", "First name", FieldType.TEXT, rank=1),
        Field("LASTNAME", "Last name", FieldType.TEXT, access=Access.MANDATORY, rank=2),
        Field("EMAIL", "E-mail", FieldType.TEXT, rank=3),
        Field("PHONE_DIRECT", "Direct line", FieldType.TEXT, rank=4),
        Field("OURREF", "Our reference", FieldType.TEXT, rank=5),
    ),
}
SEARCHABLE = {"Customer": ("NAME", "CUSTNO", "VATNO", "COUNTRY", "OURREF"), "Person": ("LASTNAME", "EMAIL", "OURREF")}
LISTS = {
    "companies": {"1": "Nordwind A/S", "2": "Nordwind Leasing A/S"},
    "countries": {"DK": "Denmark", "NO": "Norway", "SE": "Sweden"},
}


@dataclass
class PlainRecord:
    """One record as the ERP holds it."""

    values: dict[str, Value]
    changed: int
    parent: str | None = None


@dataclass
class PlainServer:
    """An ERP in memory. Making one replaces the one that listened under its name before."""

    name: str
    password: str = "s3cret"
    page_size: int = 100
    records: dict[str, dict[str, PlainRecord]] = field(default_factory=lambda: {"Customer": {}, "Person": {}})
    deleted: dict[str, dict[str, int]] = field(default_factory=lambda: {"Customer": {}, "Person": {}})
    lists: dict[str, dict[str, str]] = field(default_factory=lambda: {name: dict(of) for name, of in LISTS.items()})
    fail: dict[str, Exception] = field(default_factory=dict)
    fail_once: dict[str, Exception] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    answer: dict[str, Callable[..., Any]] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)
    """Key, or name of a new record, → the words with which a save or create is refused."""
    keep: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Field → how this ERP keeps what is written into it, such as in upper case."""
    lost: set[str] = field(default_factory=set)
    """Names of writing calls that are done and then raise: the answer of the next one is lost."""
    moves: bool = True
    """Whether a save puts a record below the parent that it names; otherwise it stays where it is."""
    conditional: bool = False
    """Whether a save of a record that has changed since is refused as stale."""
    before_save: Callable[[], None] | None = None
    """Called when a save has arrived, such as to change a record in that moment."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    seen: list[dict[str, Value]] = field(default_factory=list)
    """Every configuration that reached this ERP, secrets in clear."""
    known_links: set[str] | None = None
    count: int = 0

    def __post_init__(self) -> None:
        self._lock = Lock()
        SERVERS[self.name] = self

    def put(self, actor_type: str, key: str, values: Mapping[str, Value], parent: str | None = None) -> PlainRecord:
        """Create or change a record, as a user of the ERP does; fields that are not named stay as they are."""
        with self._lock:
            self.count += 1
            record = self.records[actor_type].setdefault(key, PlainRecord({}, 0, parent))
            record.values.update(values)
            if actor_type == "Customer":
                record.values.setdefault("CUSTNO", key)
            record.changed = self.count
            record.parent = parent or record.parent
            return record

    def write(self, actor_type: str, key: str, values: Mapping[str, Value], parent: str | None = None) -> PlainRecord:
        """Create or change a record, as a connector does: values are kept in the form of this ERP."""
        kept = {name: self.keep[name](value) if name in self.keep else value for name, value in values.items()}
        return self.put(actor_type, key, kept, parent)

    def lose_answer(self, call: str) -> None:
        """Raise after a call that was done, where its answer is to be lost."""
        if call in self.lost:
            self.lost.remove(call)
            raise UnavailableError("the line broke")

    def remove(self, actor_type: str, key: str) -> None:
        """Delete a record, as a user of the ERP does."""
        with self._lock:
            self.count += 1
            del self.records[actor_type][key]
            self.deleted[actor_type][key] = self.count

    def forget_links(self) -> None:
        """Lose what `save_link` stored; from now on links must be saved before anything else."""
        self.known_links = set()

    def arrive(self, call: str, about: str = "") -> None:
        """Note a call, wait as long as it is told to, and raise what it is told to."""
        self.calls.append((call, about))
        if call in self.slow:
            time.sleep(self.slow[call])
        if call in self.fail_once:
            raise self.fail_once.pop(call)
        if call in self.fail:
            raise self.fail[call]


SERVERS: dict[str, PlainServer] = {}
