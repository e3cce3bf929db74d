"""Plain ERP: a small ERP that lives in the memory of the test, and the connector plugin that reaches it.

    server = PlainServer("nordwind", password="s3cret")      # an ERP that listens under the name "nordwind"
    server.put("Customer", "C1", {"NAME": "Alfa"})           # a user of the ERP writes a record
    server.put("Person", "P1", {"LASTNAME": "Berg"}, parent="C1")
    server.fail["changes"] = UnavailableError("closed for stock-taking")     # every call of that name raises
    server.fail_once["save"] = UnavailableError("…")        # the next call of that name raises
    server.slow["test_configuration"] = 5.0                  # ... takes so many seconds
    server.answer["fields"] = lambda actor_type: [...]       # ... returns whatever is wanted, garbage too
    server.page_size = 2                                     # changes come in pages of two
    server.keep["NAME"] = str.upper                          # what connectors write is kept in another form
    server.lost.add("create")                               # the next create is done, and its answer is lost
    server.forget_links()                                    # calls raise UnknownLinkError until save_link
    server.calls                                             # ("save_link", "<guid>"), … in the order they came
    server.records["Customer"]["C1"].values["NAME"]

The server counts its changes; the count is the timestamp and the watermark ("17"), and deletions are reported.
`PlainServer` lies in `tests.emulators.plain_server`. `installed(tmp_path, monkeypatch)` makes the plugin
findable by the real loader through an entry point.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

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
    ConnectorRegister,
    Deletions,
    Field,
    FieldType,
    LinkSession,
    ListKey,
    Operator,
    Page,
    RejectedRecordError,
    Rejection,
    Restriction,
    Saved,
    Services,
    ShowIf,
    Tested,
    UnknownLinkError,
    Value,
    hookimpl,
)
from tests.emulators.plain_server import ACTOR_TYPES, FIELDS, SEARCHABLE, SERVERS, PlainRecord, PlainServer

CONFIGURATION_FIELDS = (
    ConfigurationField(
        "Server", "Server", FieldType.TEXT, required=True, address=True, rank=1, step="Access", max_length=60
    ),
    ConfigurationField("Login", "Login", FieldType.TEXT, default="<login>", required=True, rank=2, step="Access"),
    ConfigurationField("Password", "Password", FieldType.PASSWORD, required=True, rank=3, step="Access"),
    ConfigurationField("Token", "Token", FieldType.TEXT, secret=True, rank=4, step="Access"),
    ConfigurationField(
        "Company",
        "Company",
        FieldType.LIST,
        "The company whose books are linked",
        required=True,
        list_name="companies",
        depends_on=("Server", "Login", "Password"),
        rank=5,
        step="Company",
    ),
    ConfigurationField(
        "Warehouse",
        "Warehouse",
        FieldType.LIST,
        list_name="warehouses",
        depends_on=("Company",),
        rank=6,
        step="Company",
    ),
    ConfigurationField(
        "Mode",
        "Mode",
        FieldType.LIST,
        default="simple",
        choices={"simple": "Simple", "advanced": "Advanced"},
        rank=7,
        step="Company",
        group="Reading",
    ),
    ConfigurationField(
        "Batch",
        "Records in one call",
        FieldType.INTEGER,
        default="20",
        minimum=1,
        maximum=500,
        required=True,
        show_if=ShowIf("Mode", ("advanced",)),
        rank=8,
        step="Company",
        group="Reading",
    ),
    ConfigurationField(
        "OnlyActive",
        "Only active customers",
        FieldType.CHECKBOX,
        default="true",
        rank=9,
        step="Company",
        group="Reading",
    ),
)
WAREHOUSES = {"1": {"A": "Aarhus", "K": "Copenhagen"}, "2": {"O": "Odense"}}


def server_of(configuration: Configuration, call: str, about: str = "") -> PlainServer:
    """Return the ERP that a configuration leads to, once it has let the caller in."""
    server = SERVERS.get(str(configuration.get("Server", "")))
    if server is None:
        raise ConfigurationError(
            "no such server", fields={"Server": "there is no server of this name"}, instruction="check the name"
        )
    server.seen.append(dict(configuration))
    server.arrive(call, about)
    if configuration.get("Password") != server.password:
        raise AuthenticationError("the password was refused", fields={"Password": "refused by the server"})
    return server


class PlainErp(Connector):
    """The connector of Plain ERP."""

    name, label, version, contract_version = "plain-erp", "Plain ERP", "1.0", CONTRACT_VERSION

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        return CONFIGURATION_FIELDS

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        server = server_of(configuration, "test_configuration")
        if "test_configuration" in server.answer:
            return server.answer["test_configuration"](configuration)
        company = str(configuration.get("Company"))
        if company not in server.lists["companies"]:
            raise ConfigurationError("no such company", fields={"Company": "choose one of the server's companies"})
        return Tested(details={"Company": server.lists["companies"][company]})

    def configuration_list(self, list_name: str, configuration: Configuration, services: Services) -> Mapping[str, str]:
        if list_name == "warehouses" and "Password" not in configuration:
            return WAREHOUSES.get(str(configuration.get("Company")), {})
        server = server_of(configuration, "configuration_list", list_name)
        if list_name == "warehouses":
            return WAREHOUSES.get(str(configuration.get("Company")), {})
        return server.lists[list_name]

    def save_link(self, guid: str, configuration: Configuration, services: Services) -> Tested:
        server = server_of(configuration, "save_link", guid)
        if server.known_links is not None:
            server.known_links.add(guid)
        return Tested()

    def delete_link(self, guid: str, services: Services) -> None:
        for server in SERVERS.values():
            server.arrive("delete_link", guid)

    def open(self, guid: str, configuration: Configuration, services: Services) -> LinkSession:
        return PlainSession(guid, configuration)


class PlainSession(LinkSession):
    """A session on one link of Plain ERP."""

    def __init__(self, guid: str, configuration: Configuration) -> None:
        self.guid = guid
        self.configuration = configuration

    def _server(self, call: str, about: str = "") -> PlainServer:
        server = server_of(self.configuration, call, about)
        if server.known_links is not None and self.guid not in server.known_links:
            raise UnknownLinkError("this link is not known here")
        return server

    def test(self) -> Tested:
        self._server("test")
        return Tested(details={"Company": str(self.configuration.get("Company"))})

    def actor_types(self) -> Sequence[ActorType]:
        server = self._server("actor_types")
        return server.answer["actor_types"]() if "actor_types" in server.answer else ACTOR_TYPES

    def fields(self, actor_type: str) -> Sequence[Field]:
        server = self._server("fields", actor_type)
        return server.answer["fields"](actor_type) if "fields" in server.answer else FIELDS[actor_type]

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        self._server("searchable_fields", actor_type)
        return SEARCHABLE[actor_type]

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        server = self._server("get", actor_type)
        if "get" in server.answer:
            return server.answer["get"](actor_type, keys, fields)
        present = server.records[actor_type]
        return Actors(tuple(_actor(actor_type, key, present[key], fields) for key in keys if key in present))

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        return self._found(actor_type, fields, lambda record: _contains(record, text))

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        return self._found(actor_type, fields, lambda record: all(_suits(record, one) for one in restrictions))

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        return self._found(
            actor_type,
            fields,
            lambda record: record.parent == parent.key and _contains(record, text),
            "search_by_parent",
        )

    def _found(
        self, actor_type: str, fields: Sequence[str], suits: Callable[[PlainRecord], bool], call: str = "search"
    ) -> Actors:
        server = self._server(call, actor_type)
        if call in server.answer:
            return server.answer[call](actor_type, fields)
        found = [(key, record) for key, record in server.records[actor_type].items() if suits(record)]
        return Actors(tuple(_actor(actor_type, key, record, fields) for key, record in found))

    def create(self, actor: Actor) -> Actor:
        server = self._server("create", actor.actor_type)
        for named in actor.values.values():
            if str(named) in server.refuse:
                raise RejectedRecordError(server.refuse[str(named)])
        for field in FIELDS[actor.actor_type]:
            if field.access is Access.MANDATORY and not actor.values.get(field.key):
                raise RejectedRecordError(f"{field.label} must be given", field=field.key)
        key = f"{actor.actor_type[0]}{len(server.records[actor.actor_type]) + 1000}"
        record = server.write(actor.actor_type, key, actor.values, actor.parent.key if actor.parent else None)
        server.lose_answer("create")
        return _actor(actor.actor_type, key, record, list(record.values))

    def save(self, actors: Sequence[Actor]) -> Saved:
        server = self._server("save", actors[0].actor_type if actors else "")
        if server.before_save is not None:
            server.before_save()
        if "save" in server.answer:
            return server.answer["save"](actors)
        saved, rejections = [], []
        for actor in actors:
            present = server.records[actor.actor_type].get(actor.key)
            if server.conditional and present is not None and str(present.changed) != actor.timestamp:
                rejections.append(Rejection(actor.key, "changed by somebody else", stale=True))
                continue
            if actor.key in server.refuse or actor.key not in server.records[actor.actor_type]:
                rejections.append(Rejection(actor.key, server.refuse.get(actor.key, "there is no such record")))
                continue
            parent = actor.parent.key if actor.parent and server.moves else None
            record = server.write(actor.actor_type, actor.key, actor.values, parent)
            saved.append(_actor(actor.actor_type, actor.key, record, list(actor.values)))
        server.lose_answer("save")
        return Saved(tuple(saved), tuple(rejections))

    def list_items(self, list_name: str) -> Mapping[str, str]:
        return self._server("list_items", list_name).lists[list_name]

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        items = self._server("list_items_by_key", list_name).lists[list_name]
        return {key: items[key] for key in keys if key in items}

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        server = self._server("changes", actor_type)
        if "changes" in server.answer:
            yield from server.answer["changes"](actor_type, watermark, resume, fields)
            return
        latest = str(server.count)
        since = (int(watermark), "") if watermark else (0, "")
        changed = sorted(
            (record.changed, key) for key, record in server.records[actor_type].items() if record.changed >= since[0]
        )
        if resume:
            count, _, key = resume.partition(":")
            changed = [one for one in changed if one > (int(count), key)]
        total = len(changed)
        for start in range(0, max(total, 1), server.page_size):
            part = changed[start : start + server.page_size]
            last = start + server.page_size >= total
            yield Page(
                tuple(_actor(actor_type, key, server.records[actor_type][key], fields) for _count, key in part),
                resume=None if last else f"{part[-1][0]}:{part[-1][1]}",
                watermark=latest,
                total=total,
            )
            if not last:
                server.arrive("next_page", actor_type)

    def deletions(self, actor_type: str, watermark: str | None, resume: str | None) -> Iterator[Deletions]:
        server = self._server("deletions", actor_type)
        since = int(watermark or 0)
        keys = tuple(key for key, count in server.deleted[actor_type].items() if count >= since)
        yield Deletions(keys, watermark=str(server.count))


def _actor(actor_type: str, key: str, record: PlainRecord, fields: Sequence[str]) -> Actor:
    return Actor(
        actor_type,
        key,
        {name: _typed(actor_type, name, record.values.get(name)) for name in fields},
        timestamp=str(record.changed),
        parent=ActorReference("Customer", record.parent) if record.parent else None,
    )


def _typed(actor_type: str, name: str, value: Value) -> Value:
    kinds = {declared.key: declared.type for declared in FIELDS[actor_type]}
    return ListKey(value) if kinds.get(name) is FieldType.LIST and isinstance(value, str) else value


def _contains(record: PlainRecord, text: str) -> bool:
    return any(text.lower() in str(value).lower() for value in record.values.values())


def _suits(record: PlainRecord, restriction: Restriction) -> bool:
    value = _folded(record.values.get(restriction.field))
    wanted = [_folded(one) for one in restriction.values]
    match restriction.operator:
        case Operator.ONE_OF:
            return value in wanted
        case Operator.NOT_ONE_OF:
            return value not in wanted
        case Operator.EQUALS:
            return value == wanted[0]
        case Operator.IS_NOT:
            return value != wanted[0]
        case Operator.BETWEEN:
            return value is not None and wanted[0] <= value <= wanted[1]
    text, part = str(value or ""), str(wanted[0])
    parts = {
        Operator.CONTAINS: part in text,
        Operator.NOT_CONTAINS: part not in text,
        Operator.BEGINS: text.startswith(part),
        Operator.NOT_BEGINS: not text.startswith(part),
        Operator.ENDS: text.endswith(part),
        Operator.NOT_ENDS: not text.endswith(part),
    }
    return parts[restriction.operator]


def _folded(value: Value) -> Any:
    return value.casefold() if isinstance(value, str) else value


@hookimpl
def register_connectors(register: ConnectorRegister) -> None:
    register.add(PlainErp)


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, *, plugin: str = "plain-erp") -> None:
    """Make the plugin findable as an installed distribution, through an entry point in `folder`."""
    info = folder / "tests_plain_erp-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tests-plain-erp\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[tieline]\n{plugin} = tests.emulators.plain_erp\n")
    monkeypatch.syspath_prepend(str(folder))
    SERVERS.clear()
