"""The good connector. Its methods are small, so that a variation changes one thing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sync_connectors import (
    CONTRACT_VERSION,
    Access,
    Actor,
    ActorReference,
    Actors,
    ActorType,
    AuthenticationError,
    Configuration,
    ConfigurationError,
    ConfigurationField,
    Connector,
    Deletions,
    Field,
    FieldType,
    LinkSession,
    Operator,
    Page,
    ProtocolError,
    RejectedRecordError,
    Rejection,
    Restriction,
    Rows,
    Saved,
    Services,
    Tested,
    Value,
)
from sync_connectors.testing.matching import suits
from tests.emulators.broken.shop import CHANGES_OF_A_TICK, FIELDS, LISTS, TYPES, Record, Shop

CONFIGURATION = {"Address": "shop", "Password": "s3cret-word", "Company": "1"}
_NEGATIONS = {
    Operator.IS_NOT,
    Operator.NOT_EQUAL,
    Operator.NOT_BEGINS,
    Operator.NOT_CONTAINS,
    Operator.NOT_ENDS,
    Operator.NOT_ONE_OF,
}


class GoodSession(LinkSession):
    """A session on the shop."""

    page_size = 20

    def __init__(self, connector: "GoodConnector") -> None:
        self.connector = connector
        self.shop = connector.shop

    def test(self) -> Tested:
        return Tested(details={"Company": "Nordwind A/S"})

    def actor_types(self) -> Sequence[ActorType]:
        return TYPES

    def fields(self, actor_type: str) -> Sequence[Field]:
        return FIELDS[actor_type]

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        return [field.key for field in self.fields(actor_type) if field.type is not FieldType.ROWS]

    def shown(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        """Return a record as it is told to the host."""
        record = self.shop.records[actor_type][key]
        return Actor(
            actor_type,
            key,
            {name: record.values.get(name) for name in fields},
            str(record.version),
            record.parent,
            self.shop.time_of(record) if actor_type == "Customer" else None,
        )

    def all_shown(self, actor_type: str, keys: Iterable[str], fields: Sequence[str]) -> Actors:
        return Actors(tuple(self.shown(actor_type, key, fields) for key in keys))

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        present = self.shop.records[actor_type]
        return self.all_shown(actor_type, [key for key in keys if key in present], fields)

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        return self.all_shown(actor_type, self.holding(actor_type, text), fields)

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        records = self.shop.records[actor_type].items()
        found = [key for key, record in records if self.suits_all(record, restrictions)]
        return self.all_shown(actor_type, found, fields)

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        found = self.holding(actor_type, text)
        below = [key for key in found if self.shop.records[actor_type][key].parent == parent]
        return self.all_shown(actor_type, below, fields)

    def holding(self, actor_type: str, text: str) -> list[str]:
        """Return the keys of the records that hold a text."""
        records = self.shop.records[actor_type].items()
        return [key for key, record in records if text.casefold() in str(record.values.values()).casefold()]

    def suits_all(self, record: Record, restrictions: Sequence[Restriction]) -> bool:
        return all(self.suits(record.values.get(one.field), one) for one in restrictions)

    def suits(self, value: Value, restriction: Restriction) -> bool:
        return suits(value, restriction) if value is not None else restriction.operator in _NEGATIONS

    def create(self, actor: Actor) -> Actor:
        self.check(actor, creating=True)
        key = self.shop.next_key(actor.actor_type)
        self.shop.put(actor.actor_type, key, self.created(actor.values), self.parent_of(actor))
        return self.shown(actor.actor_type, key, list(actor.values))

    def parent_of(self, actor: Actor) -> ActorReference | None:
        return actor.parent

    def created(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return what becomes of the values of a new record."""
        return {name: self.kept(name, value, Rows()) for name, value in values.items()}

    def save(self, actors: Sequence[Actor]) -> Saved:
        saved, rejections = [], []
        for actor in actors:
            try:
                self.save_one(actor)
            except RejectedRecordError as error:
                rejections.append(Rejection(actor.key, error.text, field=error.field, stale=self.is_stale(actor)))
            else:
                saved.append(self.answered(actor))
        return Saved(tuple(saved), tuple(rejections))

    def answered(self, actor: Actor) -> Actor:
        """Return what is answered for a record that was saved."""
        return self.shown(actor.actor_type, actor.key, list(actor.values))

    def save_one(self, actor: Actor) -> None:
        present = self.shop.records[actor.actor_type].get(actor.key)
        if present is None:
            raise RejectedRecordError(f"there is no {actor.key}")
        if self.is_stale(actor):
            raise RejectedRecordError(f"{actor.key} was changed meanwhile")
        self.check(actor, creating=False)
        self.shop.put(actor.actor_type, actor.key, self.saved(present, actor.values))

    def saved(self, present: Record, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return what becomes of the values of a record that is saved."""
        return {name: self.kept(name, value, present.values.get(name)) for name, value in values.items()}

    def is_stale(self, actor: Actor) -> bool:
        present = self.shop.records[actor.actor_type].get(actor.key)
        return actor.actor_type == "Customer" and present is not None and str(present.version) != actor.timestamp

    def check(self, actor: Actor, *, creating: bool) -> None:
        for field in self.fields(actor.actor_type):
            value = actor.values.get(field.key)
            if field.access is Access.MANDATORY and not value and (creating or field.key in actor.values):
                raise RejectedRecordError(f"{field.label} must be given", field=field.key)
            if field.max_length and isinstance(value, str) and len(value) > field.max_length:
                raise RejectedRecordError(f"{field.label} is too long", field=field.key)

    def kept(self, name: str, value: Value, present: Value) -> Value:
        """Return what the shop stores for a value: rows that are new get keys of its own."""
        if not isinstance(value, Rows):
            return value
        known = present if isinstance(present, Rows) else Rows()
        return self.rows_kept(value, known)

    def rows_kept(self, sent: Rows, known: Rows) -> Rows:
        highest = max((int(key) for key in known), default=0)
        kept = Rows()
        for key, row in sent.items():
            if key not in known:
                highest += 10
            kept[key if key in known else str(highest)] = row
        return kept

    def list_items(self, list_name: str) -> Mapping[str, str]:
        return LISTS[list_name]

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        items = self.list_items(list_name)
        return {key: items[key] for key in keys if key in items}

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        mark, behind = self.begun(resume)
        while True:
            due = self.due(actor_type, watermark, behind)
            part = due[: self.page_size]
            behind = self.shop.records[actor_type][part[-1]].version if part else behind
            last = len(part) == len(due)
            yield Page(
                tuple(self.shown_in_page(actor_type, key, fields) for key in part),
                resume=None if last else self.cursor(mark, behind),
                watermark=mark,
                total=self.total(actor_type, part),
            )
            if last:
                return

    def begun(self, resume: str | None) -> tuple[str, int]:
        """Return the watermark of a pass, and the version behind which it goes on."""
        if resume is None:
            return self.mark(), 0
        mark, _colon, behind = resume.partition(":")
        if not mark.isdigit() or not behind.isdigit():
            raise ProtocolError("this cursor is not known, begin the pass anew")
        return mark, int(behind)

    def mark(self) -> str:
        return str(self.shop.version // CHANGES_OF_A_TICK)

    def cursor(self, mark: str, behind: int) -> str:
        return f"{mark}:{behind}"

    def due(self, actor_type: str, watermark: str | None, behind: int) -> list[str]:
        """Return the keys of what changed on or after the watermark, in the order of change."""
        records = self.shop.records[actor_type].items()
        changed = [(record.version, key) for key, record in records if record.version > behind]
        return [key for version, key in sorted(changed) if self.is_due(version // CHANGES_OF_A_TICK, watermark)]

    def is_due(self, tick: int, watermark: str | None) -> bool:
        return watermark is None or tick >= int(watermark)

    def shown_in_page(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        return self.shown(actor_type, key, fields)

    def total(self, actor_type: str, part: Sequence[str]) -> int:
        return len(self.shop.records[actor_type])

    def deletions(self, actor_type: str, watermark: str | None, resume: str | None) -> Iterator[Deletions]:
        yield Deletions(tuple(self.shop.gone[actor_type]), watermark=self.mark())


class GoodConnector(Connector):
    """Reaches a shop of its own."""

    name, label, version, contract_version = "shop", "Shop", "1.0", CONTRACT_VERSION
    session_class: type[GoodSession] = GoodSession

    def __init__(self) -> None:
        self.shop = Shop()

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        return [
            ConfigurationField("Address", "Address", FieldType.TEXT, required=True, address=True),
            ConfigurationField("Password", "Password", FieldType.PASSWORD, required=True),
            ConfigurationField(
                "Company",
                "Company",
                FieldType.LIST,
                required=True,
                list_name="companies",
                depends_on=("Address", "Password"),
            ),
        ]

    def configuration_list(self, list_name: str, configuration: Configuration, services: Services) -> Mapping[str, str]:
        return LISTS[list_name]

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        self.check_address(configuration)
        self.check_password(configuration)
        return Tested()

    def check_address(self, configuration: Configuration) -> None:
        if configuration.get("Address") != CONFIGURATION["Address"]:
            raise ConfigurationError("there is no such shop", fields={"Address": "is not known"})

    def check_password(self, configuration: Configuration) -> None:
        if configuration.get("Password") != CONFIGURATION["Password"]:
            raise AuthenticationError("the password was refused", fields={"Password": "was refused"})

    def open(self, guid: str, configuration: Configuration, services: Services) -> GoodSession:
        self.test_configuration(configuration, services)
        return self.session_class(self)
