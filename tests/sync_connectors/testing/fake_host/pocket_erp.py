"""Pocket: an ERP of a few lines in the memory of a test, and a connector that can be told to be wrong in one way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync_connectors import (
    CONTRACT_VERSION,
    Actor,
    Actors,
    ActorType,
    Capabilities,
    Configuration,
    ConfigurationField,
    Connector,
    ConnectorError,
    Deletions,
    Field,
    FieldType,
    LinkSession,
    Page,
    ProtocolError,
    RejectedRecordError,
    Rejection,
    Restriction,
    Saved,
    Services,
    Tested,
    UnknownLinkError,
)

PAGE_SIZE = 2
FIELDS = (
    Field("name", "Name", FieldType.TEXT, max_length=40),
    Field("city", "City", FieldType.TEXT, max_length=40),
    Field("reference", "Reference", FieldType.TEXT, max_length=64),
)


@dataclass
class Pocket:
    """The books; they outlive connectors.

    Attributes:
        versions: Number of the last change, by key.
        raises: What the next call of a name raises, and whether it has done its work before.
        links: Links that were saved; None asks nobody.
    """

    records: dict[str, dict[str, str]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    clock: int = 0
    deleted: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    raises: dict[str, list[ConnectorError]] = field(default_factory=dict)
    links: set[str] | None = None
    calls: list[str] = field(default_factory=list)
    reports_deletions: bool = True
    has_reference: bool = True
    saves_conditionally: bool = False

    def put(self, key: str, **values: str) -> None:
        self.clock += 1
        self.records[key] = {**self.records.get(key, {}), **values}
        self.versions[key] = self.clock

    def delete(self, key: str) -> None:
        del self.records[key], self.versions[key]
        self.deleted.append(key)

    def called(self, name: str) -> None:
        self.calls.append(name)
        if self.raises.get(name):
            raise self.raises[name].pop(0)


class PocketSession(LinkSession):
    """Right in everything."""

    def __init__(self, pocket: Pocket, guid: str, services: Services) -> None:
        if pocket.links is not None and guid not in pocket.links:
            raise UnknownLinkError("this link is not known here")
        self.pocket = pocket
        self.services = services

    def test(self) -> Tested:
        return Tested(details={"Company": "Pocket"})

    def actor_types(self) -> Sequence[ActorType]:
        capabilities = Capabilities(
            create=True,
            save=True,
            conditional_save=self.pocket.saves_conditionally,
            paging=True,
            reference_field="reference" if self.pocket.has_reference else "",
            deletions=self.pocket.reports_deletions,
        )
        return (ActorType("Customer", "Customer", entity="company", capabilities=capabilities),)

    def fields(self, actor_type: str) -> Sequence[Field]:
        return FIELDS

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        return tuple(one.key for one in FIELDS)

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        self.pocket.called("get")
        return Actors(tuple(self.actor(key) for key in keys if key in self.pocket.records))

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        return Actors(tuple(self.actor(key) for key in self.pocket.records))

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        self.pocket.called("search")
        return Actors(
            tuple(
                self.actor(key)
                for key, values in self.pocket.records.items()
                if all(values.get(one.field) == one.values[0] for one in restrictions)
            )
        )

    def create(self, actor: Actor) -> Actor:
        self.pocket.called("create")
        if not actor.values.get("name"):
            raise RejectedRecordError("a customer needs a name", field="name")
        key = f"C{len(self.pocket.records) + 1}"
        self.pocket.put(key, **actor.values)
        return self.actor(key)

    def save(self, actors: Sequence[Actor]) -> Saved:
        self.pocket.called("save")
        (actor,) = actors
        if self.pocket.saves_conditionally and actor.timestamp != str(self.pocket.versions[actor.key]):
            return Saved(rejections=(Rejection(actor.key, "somebody was quicker", stale=True),))
        self.pocket.put(actor.key, **actor.values)
        return Saved((self.actor(actor.key),))

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        changed = [key for key, version in self.pocket.versions.items() if version >= int(watermark or 0)]
        keys = sorted(changed, key=self.pocket.versions.__getitem__)
        place = self.place(resume, keys)
        while True:
            self.pocket.called("changes")
            page, place = keys[place : place + PAGE_SIZE], place + PAGE_SIZE
            yield Page(
                tuple(self.actor(key) for key in page if key not in self.pocket.unreadable),
                self.cursor(place) if place < len(keys) else None,
                str(self.pocket.clock),
                rejections=tuple(Rejection(key, "a broken number") for key in page if key in self.pocket.unreadable),
            )
            if place >= len(keys):
                return

    def deletions(self, actor_type: str, watermark: str | None, resume: str | None) -> Iterator[Deletions]:
        since = int(watermark or 0)
        yield Deletions(tuple(self.pocket.deleted[since:]), watermark=str(len(self.pocket.deleted)))

    def place(self, resume: str | None, keys: Sequence[str]) -> int:
        if resume == "expired":
            raise ProtocolError("the cursor has expired")
        return int(resume or 0)

    def cursor(self, place: int) -> str:
        return str(place)

    def actor(self, key: str) -> Actor:
        return Actor("Customer", key, dict(self.pocket.records[key]), str(self.pocket.versions[key]))


class PocketConnector(Connector):
    """Opens sessions of the class that it is told."""

    name, label, version, contract_version = "pocket", "Pocket", "1.0", CONTRACT_VERSION

    def __init__(self, pocket: Pocket, sessions: type[PocketSession] = PocketSession) -> None:
        self.pocket = pocket
        self.sessions = sessions

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        return ()

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        self.pocket.called("test_configuration")
        return Tested()

    def save_link(self, guid: str, configuration: Configuration, services: Services) -> Tested:
        self.pocket.called("save_link")
        if self.pocket.links is not None:
            self.pocket.links.add(guid)
        return Tested()

    def open(self, guid: str, configuration: Configuration, services: Services) -> LinkSession:
        session = self.sessions(self.pocket, guid, services)
        session.connector = self
        return session


class LosesPage(PocketSession):
    """Resumes one record too late."""

    def place(self, resume: str | None, keys: Sequence[str]) -> int:
        return int(resume) + 1 if resume else 0


class Remembers(PocketSession):
    """Keeps the place behind a cursor in the memory of its process, and begins at the end where it is not known."""

    def place(self, resume: str | None, keys: Sequence[str]) -> int:
        return 0 if resume is None else vars(self.connector).get("place", len(keys))

    def cursor(self, place: int) -> str:
        self.connector.place = place
        return str(place)


class NeverEnds(PocketSession):
    """Ignores the cursor, and makes up another one each time."""

    def place(self, resume: str | None, keys: Sequence[str]) -> int:
        return 0

    def cursor(self, place: int) -> str:
        self.pocket.clock += 1
        return str(self.pocket.clock)


class Exclusive(PocketSession):
    """Reads what changed behind the watermark, and not on it."""

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        since = str(int(watermark) + 1) if watermark else None
        return super().changes(actor_type, since, resume, fields)


class FindsNothing(PocketSession):
    """Never finds a record by its reference."""

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        return Actors()


class ShowsOldValues(PocketSession):
    """Reads the city of the day before, but by key."""

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        for page in super().changes(actor_type, watermark, resume, fields):
            old: Mapping[str, str] = {"city": "Old town"} if watermark else {}
            yield replace(page, actors=tuple(replace(one, values={**one.values, **old}) for one in page.actors))
