"""Where calls arrive: each is counted, answered from the books, and disturbed by the faults that are switched on."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from tests.emulators.ledger import feed, saving
from tests.emulators.ledger.books import Books, Record
from tests.emulators.ledger.faults import Faults
from tests.emulators.ledger.saving import RefusedError
from tests.emulators.ledger.searching import search

Answer = dict[str, Any]
_READING = frozenset({"changes", "get", "search"})


class DroppedError(Exception):
    """The connection closes without an answer."""


class GarbledError(Exception):
    """The answer is no JSON."""


class StatusError(Exception):
    """The answer is an HTTP error."""

    def __init__(self, status: int, code: str, text: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text or code)
        self.status = status
        self.body = {"code": code, "text": text or code}
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class Call:
    """One call that arrived; `records` is how many records it names."""

    name: str
    table: str
    records: int


@dataclass
class Desk:
    """Answers the calls of connectors.

    Attributes:
        rules: What the ERP makes of values on the way in, by (table, column); see `saving`.
        known_links: Links that were saved here; None asks nobody.
        calls: All calls in the order in which they arrived.
        most_at_once: How many calls were under way at one time at most.
    """

    books: Books = field(default_factory=Books)
    faults: Faults = field(default_factory=Faults)
    token: str = "s3cret"
    rules: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    known_links: set[str] | None = None
    calls: list[Call] = field(default_factory=list)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._under_way = 0
        self._lock = Lock()

    def counts(self) -> Counter[str]:
        """Return how often each call arrived."""
        return Counter(call.name for call in list(self.calls))

    def answer(self, name: str, asked: Mapping[str, Any], token: str) -> Answer:
        """Answer one call.

        Raises:
            DroppedError: No answer comes; with the fault `lost` everything was done.
            GarbledError: Everything was done, and the answer cannot be read.
            StatusError: An error of HTTP.
        """
        table = str(asked.get("table", ""))
        with self._lock:
            self.calls.append(Call(name, table, _size(asked)))
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            self._before(name, table, token, str(asked.get("link", "")))
            answer = self._done(name, table, asked)
            self._after(name, table)
            return answer
        finally:
            with self._lock:
                self._under_way -= 1

    def _before(self, name: str, table: str, token: str, link: str) -> None:
        if fault := self.faults.strike("drop", name, table):
            raise DroppedError
        if fault := self.faults.strike("status", name, table):
            wait = fault.options.get("retry_after")
            headers = {"Retry-After": str(wait)} if wait is not None else {}
            raise StatusError(int(fault.options.get("status", 503)), "fault", "closed for stock-taking", headers)
        if token != self.token:
            raise StatusError(401, "token", "the token was refused")
        if self.faults.strike("forgotten", name, table):
            self.known_links = set()
        is_about_link = self.known_links is not None and name not in {"about", "save_link"}
        if is_about_link and link not in (self.known_links or ()):
            raise StatusError(404, "unknown_link", "this link is not known here")
        self._sleep("slow", name, table, after=False)

    def _after(self, name: str, table: str) -> None:
        self._sleep("slow", name, table, after=True)
        if self.faults.strike("lost", name, table):
            raise DroppedError
        if self.faults.strike("garbage", name, table):
            raise GarbledError

    def _sleep(self, kind: str, name: str, table: str, *, after: bool) -> None:
        fault = self.faults.strike(f"{kind}_after" if after else kind, name, table)
        if fault:
            fault.hold()

    def _done(self, name: str, table: str, asked: Mapping[str, Any]) -> Answer:
        if name in _READING and self.faults.strike("nothing", name, table):
            return {"records": [], "warning": "the ERP is being maintained, some records may be missing", "now": ""}
        answers: dict[str, Callable[[str, Mapping[str, Any]], Answer]] = {
            "about": lambda _table, _asked: {"name": "Ledger", "tables": list(self.books.tables)},
            "save_link": self._link_saved,
            "changes": self._changes,
            "deletions": lambda table, asked: feed.deletions(self.books, table, asked["since"], asked["by"]),
            "get": self._got,
            "search": self._found,
            "create": self._created,
            "save": lambda table, asked: {
                "results": [one for each in asked["records"] if (one := self._saved(table, each))]
            },
            "list": lambda _table, asked: {"items": self.books.lists[asked["name"]]},
        }
        if name not in answers:
            raise StatusError(404, "unknown_call", f"there is no call {name}")
        return answers[name](table, asked)

    def _link_saved(self, _table: str, asked: Mapping[str, Any]) -> Answer:
        if self.known_links is not None:
            self.known_links.add(str(asked["link"]))
        return {}

    def _got(self, table: str, asked: Mapping[str, Any]) -> Answer:
        found = [record for key in asked["keys"] if (record := self.books.visible(table, key))]
        return self._shown("get", table, found, asked["columns"])

    def _found(self, table: str, asked: Mapping[str, Any]) -> Answer:
        found = search(self.books, table, asked["text"], asked["where"], asked["parent"])
        return self._shown("search", table, found, asked["columns"])

    def _shown(self, name: str, table: str, found: Sequence[Record], columns: Sequence[str]) -> Answer:
        kept = [record for record in found if not self.faults.strike("vanish", name, table, record.key)]
        return {"records": [self._sent(name, table, record, columns) for record in kept]}

    def _changes(self, table: str, asked: Mapping[str, Any]) -> Answer:
        try:
            page = feed.changes(self.books, self.faults, table, asked)
        except feed.ExpiredError:
            raise StatusError(410, "expired", "the cursor is not known any more") from None
        return {**page, "records": [self._sent("changes", table, one, asked["columns"]) for one in page["records"]]}

    def _created(self, table: str, asked: Mapping[str, Any]) -> Answer:
        refused = self.faults.strike("refuse", "create", table, str(asked["values"].get("NAME", "")))
        if refused:
            raise StatusError(422, "refused", str(refused.options.get("text", "refused by the accountant")))
        try:
            record = saving.create(self.books, table, asked["values"], asked["parent"], self.rules)
        except RefusedError as error:
            raise StatusError(422, "refused", error.text, {"X-Column": error.column}) from None
        return {"record": self._sent("create", table, record, ())}

    def _saved(self, table: str, each: Mapping[str, Any]) -> Answer | None:
        key = each["key"]
        if self.faults.strike("swallow", "save", table, key):
            return None
        if refused := self.faults.strike("refuse", "save", table, key):
            text = str(refused.options.get("text", "refused by the accountant"))
            return {"key": key, "refused": text, "column": "", "stale": False}
        try:
            record = saving.save(
                self.books, table, key, each["values"], each.get("version"), each.get("parent"), self.rules
            )
        except RefusedError as error:
            return {"key": key, "refused": error.text, "column": error.column, "stale": error.stale}
        return {"key": key, "record": self._sent("save", table, record, ())}

    def _sent(self, name: str, table: str, record: Record, columns: Any) -> Answer:
        """Return a record as it is sent; no columns mean all."""
        with self.books.lock:
            if name in _READING and self.faults.strike("unreadable", name, table, record.key):
                return {"key": record.key, "unreadable": "a number cannot be read"}
            values = {**record.values, "CHANGED": record.time}
            return {
                "key": record.key,
                "version": str(record.version),
                "changed": record.time,
                "parent": record.parent,
                "values": {name: values.get(name) for name in columns} if columns else values,
            }


def _size(asked: Mapping[str, Any]) -> int:
    return len(asked.get("keys") or asked.get("records") or ()) or int("values" in asked)
