"""The books of Ledger: records with versions and times of change, and what was deleted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import RLock
from typing import Any

from tests.emulators.ledger.clock import Clock, text_of
from tests.emulators.ledger.shape import LISTS, TABLES, Column


@dataclass
class Record:
    """One record. `position` is where it stands in the feed: its version, unless it was committed late."""

    key: str
    values: dict[str, Any]
    version: int = 0
    position: int = 0
    changed: datetime | None = None
    parent: str | None = None
    hidden: bool = False

    @property
    def time(self) -> str:
        return text_of(self.changed) if self.changed else ""


@dataclass(frozen=True)
class Deletion:
    """A record that is gone."""

    key: str
    position: int
    time: str


@dataclass
class Books:
    """All tables. Every method is a transaction of its own; `lock` makes one of several."""

    clock: Clock = field(default_factory=Clock)
    tables: dict[str, dict[str, Record]] = field(default_factory=lambda: {name: {} for name in TABLES})
    deleted: dict[str, list[Deletion]] = field(default_factory=lambda: {name: [] for name in TABLES})
    lists: dict[str, dict[str, str]] = field(default_factory=lambda: {name: dict(of) for name, of in LISTS.items()})
    version: int = 0
    lock: Any = field(default_factory=RLock, repr=False)

    def put(
        self,
        table: str,
        key: str,
        values: Mapping[str, Any],
        parent: str | None = None,
        *,
        late: int = 0,
    ) -> Record:
        """Create or change a record as a user of the ERP does; columns that are not named stay as they are.

        Args:
            parent: Key of its parent, for tables below another; None keeps the present one.
            late: So many versions and seconds ago its transaction began, and that is what it is stamped with.
        """
        with self.lock:
            record = self.tables[table].setdefault(key, Record(key, {}))
            columns = TABLES[table].by_key
            record.values.update((name, held(columns[name], plain(value))) for name, value in values.items())
            if TABLES[table].number:
                record.values.setdefault(TABLES[table].number, key)
            record.parent = parent or record.parent
            self.stamp(record, late)
            return record

    def stamp(self, record: Record, late: int = 0) -> None:
        """Give a record that was changed its new version and time."""
        self.version += 1
        record.version = self.version
        record.position = max(1, self.version - late)
        record.changed = self.clock.now() - timedelta(seconds=late)

    def next_key(self, table: str) -> str:
        """Return a key that was never used."""
        with self.lock:
            gone = {deletion.key for deletion in self.deleted[table]}
            number = len(self.tables[table]) + len(gone) + 1
            while (key := f"{TABLES[table].prefix}{number}") in self.tables[table] or key in gone:
                number += 1
            return key

    def remove(self, table: str, key: str) -> None:
        """Delete a record with all below it."""
        with self.lock:
            for child in TABLES.values():
                if child.parent == table:
                    for below in [one.key for one in self.tables[child.name].values() if one.parent == key]:
                        self.remove(child.name, below)
            del self.tables[table][key]
            self.version += 1
            self.deleted[table].append(Deletion(key, self.version, text_of(self.clock.now())))

    def hide(self, table: str, key: str) -> None:
        """Let a record vanish from every answer, as one that a user may not see for a while."""
        with self.lock:
            self.tables[table][key].hidden = True

    def show(self, table: str, key: str, *, touched: bool = True) -> None:
        """Bring a hidden record back; `touched` gives it a new version."""
        with self.lock:
            record = self.tables[table][key]
            record.hidden = False
            if touched:
                self.stamp(record)

    def visible(self, table: str, key: str) -> Record | None:
        """Return a record that callers may see."""
        record = self.tables[table].get(key)
        return record if record is not None and not record.hidden else None

    def value(self, table: str, key: str, column: str) -> Any:
        """Return one value in the form of the wire."""
        with self.lock:
            return self.tables[table][key].values.get(column)


def held(column: Column, value: Any) -> Any:
    """Return a value of the wire as the books hold it: decimals with the digits of their column."""
    if column.kind == "decimal" and column.decimals is not None and value is not None:
        return format(round(Decimal(value), column.decimals), "f")
    if column.kind == "lines":
        by_key = {each.key: each for each in column.columns}
        return [
            {**line, "values": {name: held(by_key[name], one) for name, one in line["values"].items()}}
            for line in value or ()
        ]
    return value


def plain(value: Any) -> Any:
    """Return a value in the form of the wire."""
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return text_of(value)
        case date():
            return value.isoformat()
        case Mapping():  # lines by key
            return [
                {"key": str(key), "values": {name: plain(one) for name, one in line.items()}}
                for key, line in value.items()
            ]
        case _:
            return value
