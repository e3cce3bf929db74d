"""A connector that breaks the contract in one chosen way, and otherwise serves two customers and a person.

The way is named by the configuration field `Behaviour`; `BEHAVIOURS` lists them all. An empty one behaves well. A
call that never answers hangs until `release_all()`.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from sync_connectors import (
    CONTRACT_VERSION,
    Actor,
    ActorReference,
    Actors,
    ActorType,
    AuthenticationError,
    Capabilities,
    Configuration,
    ConfigurationField,
    Connector,
    ConnectorError,
    Field,
    FieldType,
    LinkSession,
    ListKey,
    Page,
    ProtocolError,
    RateLimitedError,
    RejectedRecordError,
    Restriction,
    Rows,
    Saved,
    Services,
    Tested,
    UnavailableError,
    UnknownLinkError,
)

CUSTOMER_FIELDS = (
    Field("NAME", "Name", FieldType.TEXT, max_length=100),
    Field("COUNT", "Count", FieldType.INTEGER),
    Field("LIMIT", "Credit limit", FieldType.DOUBLE),
    Field("BLOCKED", "Blocked", FieldType.CHECKBOX),
    Field("GROUP", "Group", FieldType.LIST, list_name="groups"),
    Field("SINCE", "Customer since", FieldType.DATE),
    Field("SEEN", "Last seen", FieldType.DATETIME),
    Field("CALLED", "Last called", FieldType.LOCAL_DATETIME),
    Field("ADDRESSES", "Addresses", FieldType.ROWS, row_fields=(Field("CITY", "City", FieldType.TEXT),)),
)
PERSON_FIELDS = (Field("FIRSTNAME", "First name", FieldType.TEXT), Field("LASTNAME", "Last name", FieldType.TEXT))

GOOD_VALUES: dict[str, Any] = {
    "NAME": "Nordwind A/S",
    "COUNT": 3,
    "LIMIT": Decimal("1500.50"),
    "BLOCKED": False,
    "GROUP": ListKey("1"),
    "SINCE": date(2020, 2, 29),
    "SEEN": datetime(2026, 1, 1, 12, tzinfo=UTC),
    "CALLED": datetime(2026, 1, 1, 12),  # noqa: DTZ001 - in the zone of the ERP
    "ADDRESSES": Rows({"1": {"CITY": "Aarhus"}}),
}
GOOD = Actor("Customer", "C1", GOOD_VALUES, "1")
OTHER = Actor("Customer", "C2", {"NAME": "Sydwind A/S", "COUNT": 4}, "2")
PERSON = Actor("Person", "P1", {"FIRSTNAME": "Ida", "LASTNAME": "Holm"}, "3", parent=ActorReference("Customer", "C1"))

_released = threading.Event()


def release_all() -> None:
    """Let all calls that hang end, and later ones hang again."""
    global _released  # noqa: PLW0603 - hanging calls wait for the event of their time
    _released.set()
    _released = threading.Event()


def hang(*_arguments: object) -> Any:
    """Do not answer."""
    _released.wait(120)


def exits(*_arguments: object) -> Any:
    """Try to end the process."""
    raise SystemExit(3)


def raises(error: BaseException) -> Callable[..., Any]:
    """Return a method that raises."""

    def method(*_arguments: object) -> Any:
        raise error

    return method


def answers(answer: Any) -> Callable[..., Any]:
    """Return a method that answers the same whatever it is asked."""
    return lambda *_arguments: answer


@dataclass(frozen=True)
class Behaviour:
    """One way to misbehave: a method, what it does instead, and the error that the guard must make of it."""

    method: str
    instead: Callable[..., Any]
    error: type[ConnectorError]
    words: str


def _records(*actors: Any) -> Callable[..., Any]:
    return lambda *_arguments: iter([Page(tuple(actors), watermark="9")])


def _with(**values: Any) -> Actor:
    return replace(GOOD, values={**GOOD_VALUES, **values})


def _bad_record(actor: Any, words: str) -> Behaviour:
    return Behaviour("changes", _records(actor), ProtocolError, words)


def _endless(*_arguments: object) -> Iterator[Page]:
    while True:
        yield Page((GOOD,), resume="again")


def _slow(*_arguments: object) -> Iterator[Page]:
    yield Page((GOOD,), resume="1")
    hang()


class _LazyValues(Mapping[str, Any]):
    """A mapping that fails when it is read."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("the connection was closed")

    def __iter__(self) -> Iterator[str]:
        return iter(["NAME"])

    def __len__(self) -> int:
        return 1


class _WordlessError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


BEHAVIOURS: dict[str, Behaviour] = {
    "duplicate keys": Behaviour("changes", _records(GOOD, GOOD), ProtocolError, "C1 twice"),
    "missing key": _bad_record(replace(GOOD, key=""), "whose key is empty"),
    "key of another type": _bad_record(replace(GOOD, key=5), "whose key is of type int"),
    "key too long": _bad_record(replace(GOOD, key="x" * 255), "255 characters"),
    "missing timestamp": _bad_record(replace(GOOD, timestamp=""), "whose timestamp is empty"),
    "another actor type": _bad_record(replace(GOOD, actor_type="Person"), "a record of type Person"),
    "no record": _bad_record({"NAME": "x"}, "dict in place of a record"),
    "none": _bad_record(None, "NoneType in place of a record"),
    "values no mapping": _bad_record(replace(GOOD, values=["x"]), "list in place of values"),
    "text that is a number": _bad_record(_with(NAME=5), "field NAME is of type int and not text"),
    "text of a megabyte": _bad_record(_with(NAME="x" * 1_000_001), "1000001 characters"),
    "text with a null character": _bad_record(_with(NAME="a\x00b"), "null character"),
    "half a surrogate pair": _bad_record(_with(NAME="a\ud800"), "surrogate"),
    "number that is text": _bad_record(_with(COUNT="3"), "field COUNT is of type str"),
    "number that is true": _bad_record(_with(COUNT=True), "field COUNT is of type bool"),
    "huge number": _bad_record(_with(COUNT=2**70), "out of range"),
    "not a number": _bad_record(_with(LIMIT=Decimal("NaN")), "NaN and no number"),
    "infinity": _bad_record(_with(LIMIT=Decimal("-Infinity")), "Infinity and no number"),
    "float": _bad_record(_with(LIMIT=1.5), "of type float and not a Decimal"),
    "endless decimal": _bad_record(_with(LIMIT=Decimal("1e999999")), "too many digits"),
    "truth that is a number": _bad_record(_with(BLOCKED=1), "not true or false"),
    "list key that is text": _bad_record(_with(GROUP="1"), "not a ListKey"),
    "date that is a time": _bad_record(_with(SINCE=datetime(2020, 1, 1, tzinfo=UTC)), "not a date"),
    "date that is text": _bad_record(_with(SINCE="2020-02-30"), "not a date"),
    "time without a zone": _bad_record(_with(SEEN=datetime(2020, 1, 1)), "not a time with a zone"),  # noqa: DTZ001 - the fault
    "time out of range": _bad_record(
        _with(SEEN=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))), "out of range"
    ),
    "local time with a zone": _bad_record(_with(CALLED=datetime(2020, 1, 1, tzinfo=UTC)), "without a zone"),
    "rows that are a list": _bad_record(_with(ADDRESSES=[{"CITY": "x"}]), "not Rows"),
    "row with a wrong value": _bad_record(_with(ADDRESSES=Rows({"1": {"CITY": 5}})), "column CITY is of type int"),
    "parent that is text": _bad_record(replace(GOOD, parent="C2"), "str as its parent"),
    "time of change without a zone": _bad_record(
        replace(GOOD, changed_at=datetime(2020, 1, 1)),  # noqa: DTZ001 - that is the fault
        "has no zone",
    ),
    "values that fail when read": _bad_record(replace(GOOD, values=_LazyValues()), "error of its own, RuntimeError"),
    "no page": Behaviour("changes", answers(["x"]), ProtocolError, "str in place of Page"),
    "no stream": Behaviour("changes", answers(None), ProtocolError, "error of its own, TypeError"),
    "cursor that is a number": Behaviour(
        "changes", answers(iter([Page((), resume=5)])), ProtocolError, "resume cursor is of type int"
    ),
    "same cursor for ever": Behaviour("changes", _endless, ProtocolError, "would never end"),
    "total that is text": Behaviour("changes", lambda *_: iter([Page((), total="many")]), ProtocolError, "total"),
    "second page never comes": Behaviour("changes", _slow, UnavailableError, "did not answer within"),
    "never answers": Behaviour("get", hang, UnavailableError, "did not answer within"),
    "test never answers": Behaviour("test_configuration", hang, UnavailableError, "did not answer within"),
    "opening never answers": Behaviour("open", hang, UnavailableError, "did not answer within"),
    "exits": Behaviour("get", exits, ProtocolError, "error of its own, SystemExit"),
    "raises an error of its own": Behaviour(
        "get", raises(ZeroDivisionError("canary-text")), ProtocolError, "error of its own, ZeroDivisionError"
    ),
    "raises an error without words": Behaviour("get", raises(_WordlessError()), ProtocolError, "_WordlessError"),
    "record not asked for": Behaviour("get", answers(Actors((OTHER,))), ProtocolError, "C2, which was not asked for"),
    "no answer object": Behaviour("get", answers([GOOD]), ProtocolError, "list in place of Actors"),
    "creates nothing": Behaviour("create", answers(None), ProtocolError, "NoneType in place of a record"),
    "creates without a key": Behaviour("create", answers(replace(GOOD, key="")), ProtocolError, "whose key is empty"),
    "saves something else": Behaviour("save", answers(Saved((OTHER,))), ProtocolError, "not asked for"),
    "list that is a list": Behaviour("list_items", answers(["x"]), ProtocolError, "not a mapping"),
    "list with numbers": Behaviour("list_items", answers({1: "x"}), ProtocolError, "key or text is of type int"),
    "field twice": Behaviour("fields", answers([CUSTOMER_FIELDS[0]] * 2), ProtocolError, "NAME comes twice"),
    "field without key": Behaviour(
        "fields", answers([Field("", "x", FieldType.TEXT)]), ProtocolError, "key or label is empty"
    ),
    "field of no type": Behaviour("fields", answers([Field("X", "x", "text")]), ProtocolError, "which is none"),
    "list field without list": Behaviour(
        "fields", answers([Field("X", "x", FieldType.LIST)]), ProtocolError, "without the name of one"
    ),
    "actor type twice": Behaviour(
        "actor_types", answers([ActorType("Customer", "x")] * 2), ProtocolError, "Customer comes twice"
    ),
    "tests nothing": Behaviour("test", answers(True), ProtocolError, "bool in place of Tested"),
    "refuses the password": Behaviour(
        "test", raises(AuthenticationError("wrong password")), AuthenticationError, "wrong"
    ),
    "asks to wait": Behaviour(
        "get", raises(RateLimitedError("slow down", retry_after=7)), RateLimitedError, "slow down"
    ),
    "does not know the link": Behaviour("get", raises(UnknownLinkError("who?")), UnknownLinkError, "who"),
    "rejects the record": Behaviour(
        "create", raises(RejectedRecordError("no such group", field="GROUP")), RejectedRecordError, "no such group"
    ),
}


class MisbehavingConnector(Connector):
    """Behaves well but for the behaviour that its configuration names."""

    name = "misbehaving"
    label = "Misbehaving ERP"
    version = "1.0"
    contract_version = CONTRACT_VERSION

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        return [
            ConfigurationField("Behaviour", "Behaviour", FieldType.LIST, choices={name: name for name in BEHAVIOURS}),
            ConfigurationField("Password", "Password", FieldType.PASSWORD),
        ]

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        behaviour = BEHAVIOURS.get(str(configuration.get("Behaviour") or ""))
        if behaviour is not None and behaviour.method in {"test_configuration", "test"}:
            answer: Tested = behaviour.instead()
            return answer
        return Tested(details={"Company": "Nordwind A/S"})

    def open(self, guid: str, configuration: Configuration, services: Services) -> LinkSession:
        behaviour = BEHAVIOURS.get(str(configuration.get("Behaviour") or ""))
        if behaviour is not None and behaviour.method == "open":
            behaviour.instead()
        session = MisbehavingSession()
        if behaviour is not None:
            setattr(session, behaviour.method, behaviour.instead)
        return session


class MisbehavingSession(LinkSession):
    """Two customers and a person; tests replace single methods."""

    closed = 0

    def close(self) -> None:
        self.closed += 1

    def test(self) -> Tested:
        return Tested(details={"Company": "Nordwind A/S"})

    def actor_types(self) -> Sequence[ActorType]:
        able = Capabilities(create=True, save=True)
        return [
            ActorType("Customer", "Customer", "Customers", entity="company", capabilities=able),
            ActorType("Person", "Contact", "Contacts", ("Customer",), "person", able),
        ]

    def fields(self, actor_type: str) -> Sequence[Field]:
        return CUSTOMER_FIELDS if actor_type == "Customer" else PERSON_FIELDS

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        return ["NAME"]

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        return Actors(tuple(actor for actor in self._all(actor_type) if actor.key in keys))

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        return Actors(self._all(actor_type))

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        return Actors(self._all(actor_type))

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        return Actors(tuple(actor for actor in self._all(actor_type) if actor.parent == parent))

    def create(self, actor: Actor) -> Actor:
        return replace(actor, key="NEW", timestamp=str(time.time_ns()))

    def save(self, actors: Sequence[Actor]) -> Saved:
        return Saved(tuple(replace(actor, timestamp=str(time.time_ns())) for actor in actors))

    def list_items(self, list_name: str) -> Mapping[str, str]:
        return {"1": "Retail", "2": "Wholesale"}

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        return self.list_items(list_name)

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        yield Page(self._all(actor_type), watermark="9")

    def _all(self, actor_type: str) -> tuple[Actor, ...]:
        return (GOOD, OTHER) if actor_type == "Customer" else (PERSON,)
