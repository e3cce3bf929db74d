"""The connector plugin of the benchmark's ERP. It uses the public contract and nothing else of Tieline."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson

from benchmarks.customers import COLUMNS
from benchmarks.erp.batches import BATCH, PARALLEL_CALLS
from sync_connectors import (
    CONTRACT_VERSION,
    Access,
    Actor,
    ActorReference,
    Actors,
    ActorType,
    Capabilities,
    Configuration,
    ConfigurationField,
    Connector,
    ConnectorRegister,
    Field,
    FieldType,
    LinkSession,
    ListKey,
    Page,
    Restriction,
    Saved,
    Services,
    Tested,
    UnavailableError,
    Value,
    hookimpl,
)

TYPE = "Customer"
LISTS = {"CATEGORY": "categories", "COUNTRY": "countries", "CURRENCY": "currencies", "PAYMENTTERMS": "terms"}
_TYPES = {"CREDITLIMIT": FieldType.DOUBLE, "BLOCKED": FieldType.CHECKBOX, **dict.fromkeys(LISTS, FieldType.LIST)}
_NAMES = ("CATEGORY", "COUNTRY", "CURRENCY", "PAYMENTTERMS")


class CustomerSession(LinkSession):
    """Answers for the server at one address."""

    def __init__(self, address: str, services: Services) -> None:
        self._address = address
        self._http = services.http

    def test(self) -> Tested:
        self._get("/statistics")
        return Tested()

    def actor_types(self) -> Sequence[ActorType]:
        can = Capabilities(save=True, paging=True, maximum_batch=BATCH, maximum_parallel_calls=PARALLEL_CALLS)
        return [ActorType(TYPE, "Customer", "Customers", entity="company", capabilities=can)]

    def fields(self, actor_type: str) -> Sequence[Field]:
        return [
            Field(
                key,
                key.capitalize(),
                _TYPES.get(key, FieldType.TEXT),
                list_name=LISTS.get(key, ""),
                rank=rank,
                access=Access.MANDATORY if key == "NAME" else Access.NORMAL,
                decimals=2 if key == "CREDITLIMIT" else None,
            )
            for rank, key in enumerate(COLUMNS)
        ]

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        return ()

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        answer = self._post("/customers/read", {"keys": list(keys)})
        return Actors(tuple(_actor(record) for record in answer["records"]))

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        raise UnavailableError("the benchmark's ERP does not search")

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        raise UnavailableError("the benchmark's ERP does not search")

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        raise UnavailableError("the benchmark's ERP does not search")

    def create(self, actor: Actor) -> Actor:
        raise UnavailableError("the benchmark's ERP creates nothing")

    def save(self, actors: Sequence[Actor]) -> Saved:
        records = [{"key": actor.key, "values": dict(actor.values)} for actor in actors]
        answer = self._post("/customers/save", {"records": records})
        return Saved(tuple(_actor(record) for record in answer["records"]))

    def list_items(self, list_name: str) -> Mapping[str, str]:
        return {}

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        return {}

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        after: int | None = int(resume or 0)
        while after is not None:
            answer = self._get(f"/customers?since={watermark or 0}&after={after}")
            after = answer["next"]
            yield Page(
                tuple([_actor(record) for record in answer["records"]]),
                resume=None if after is None else str(after),
                watermark=str(answer["watermark"]),
                total=answer["total"],
            )

    def _get(self, path: str) -> Any:
        answer = self._http.get(self._address + path)
        answer.raise_for_status()
        return orjson.loads(answer.content)

    def _post(self, path: str, sent: Mapping[str, Any]) -> Any:
        body = orjson.dumps(sent, default=str)
        answer = self._http.post(self._address + path, data=body, headers={"Content-Type": "application/json"})
        answer.raise_for_status()
        return orjson.loads(answer.content)


def _actor(record: dict[str, Any]) -> Actor:
    values: dict[str, Value] = record["values"]
    for name in _NAMES:
        key = values[name]
        if key is not None:
            values[name] = ListKey(key)
    credit = values["CREDITLIMIT"]
    if credit is not None:
        values["CREDITLIMIT"] = Decimal(str(credit))
    return Actor(TYPE, record["key"], values, str(record["changed"]))


class BenchmarkErp(Connector):
    """The connector `plugin:benchmark`."""

    name, label, version, contract_version = "benchmark", "The benchmark's ERP", "1", CONTRACT_VERSION

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        return [ConfigurationField("Address", "Address", FieldType.TEXT, required=True, address=True)]

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        with self.open("", configuration, services) as session:
            return session.test()

    def open(self, guid: str, configuration: Configuration, services: Services) -> LinkSession:
        return CustomerSession(str(configuration["Address"]), services)


@hookimpl
def register_connectors(register: ConnectorRegister) -> None:
    """Register the connector."""
    register.add(BenchmarkErp)
