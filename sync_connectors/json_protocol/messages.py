"""Parts of requests and answers: the contract's objects as JSON and back.

Whoever reads an answer still has it checked by the guard around every connector; here only the form counts.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sync_connectors.codec import marked_value_from_json, marked_value_to_json
from sync_connectors.contract.actors import Actor, ActorReference
from sync_connectors.contract.answers import Actors, Notice, NoticeLevel, Rejection, Saved, Tested
from sync_connectors.contract.connector import Configuration
from sync_connectors.contract.search import Operator, Restriction
from sync_connectors.json_protocol.reading import (
    MessageError,
    read_each,
    read_list,
    read_object,
    read_pairs,
    read_text,
)
from sync_connectors.json_protocol.records import records_from_json, records_to_json


def configuration_to_json(configuration: Configuration) -> dict[str, Any]:
    """Return the values of a configuration, marked with their types."""
    return {key: marked_value_to_json(value) for key, value in configuration.items()}


def configuration_from_json(json: Any) -> Configuration:
    """Return the values of a configuration.

    Raises:
        MessageError: It is none; likewise of all readers here.
    """
    try:
        return {key: marked_value_from_json(value) for key, value in read_object(json, "configuration").items()}
    except ValueError:
        raise MessageError("configuration is malformed") from None


def time_zone_from_json(json: Any) -> ZoneInfo:
    """Return the time zone of a name."""
    try:
        return ZoneInfo(read_text(json, "time_zone"))
    except (ValueError, OSError):  # OSError: the name of a folder; an unknown one is a KeyError of its own
        raise MessageError("time_zone is no time zone") from None
    except KeyError:
        raise MessageError("time_zone is no time zone that is known here") from None


def restrictions_to_json(restrictions: Sequence[Restriction]) -> list[dict[str, Any]]:
    """Return the conditions of an advanced search."""
    return [
        {"field": one.field, "operator": one.operator.value, "values": list(map(marked_value_to_json, one.values))}
        for one in restrictions
    ]


def restrictions_from_json(json: Any) -> tuple[Restriction, ...]:
    """Return the conditions of an advanced search."""
    return read_each(json, "restrictions", _restriction)


def reference_to_json(reference: ActorReference) -> list[str]:
    """Return the pair of type and key."""
    return [reference.actor_type, reference.key]


def reference_from_json(json: Any) -> ActorReference:
    """Return the record that a pair names."""
    pair = read_list(json, "parent")
    if len(pair) != 2:
        raise MessageError("parent is no pair of type and key")
    return ActorReference(read_text(pair[0], "parent"), read_text(pair[1], "parent"))


def actor_to_json(actor: Actor) -> dict[str, Any]:
    """Return one record, as columns of one."""
    return records_to_json([actor])


def actor_from_json(json: Any) -> Actor:
    """Return the one record of its columns."""
    actors = records_from_json(json)
    if len(actors) != 1:
        raise MessageError("it does not hold one record")
    return actors[0]


def items_to_json(items: Mapping[str, str]) -> list[list[str]]:
    """Return pairs, which keep their order whatever reads them."""
    return [[key, text] for key, text in items.items()]


def items_from_json(json: Any) -> dict[str, str]:
    """Return the mapping of pairs."""
    return read_pairs(json, "items")


def tested_to_json(tested: Tested) -> dict[str, Any]:
    """Return the answer to a test."""
    return {"details": items_to_json(tested.details)} | _notices_to_json(tested.notices)


def tested_from_json(json: Mapping[str, Any]) -> Tested:
    """Return the answer to a test."""
    return Tested(notices_from_json(json), read_pairs(json.get("details", []), "details"))


def actors_to_json(actors: Actors) -> dict[str, Any]:
    """Return the answer to a search."""
    return {"records": records_to_json(actors.actors)} | _notices_to_json(actors.notices)


def actors_from_json(json: Mapping[str, Any]) -> Actors:
    """Return the answer to a search."""
    return Actors(records_from_json(json.get("records")), notices_from_json(json))


def saved_to_json(saved: Saved) -> dict[str, Any]:
    """Return the answer to a save."""
    return {"records": records_to_json(saved.actors)} | outcome_to_json(saved.rejections, saved.notices)


def saved_from_json(json: Mapping[str, Any]) -> Saved:
    """Return the answer to a save."""
    return Saved(records_from_json(json.get("records")), rejections_from_json(json), notices_from_json(json))


def outcome_to_json(rejections: Sequence[Rejection], notices: Sequence[Notice]) -> dict[str, Any]:
    """Return what surrounds the records of an answer; nothing where there is nothing to tell."""
    told = [
        {"key": one.key, "text": one.text}
        | {name: value for name in _REJECTION if (value := getattr(one, name))}
        | ({"stale": True} if one.stale else {})
        for one in rejections
    ]
    return ({"rejections": told} if told else {}) | _notices_to_json(notices)


def rejections_from_json(json: Mapping[str, Any]) -> tuple[Rejection, ...]:
    """Return the refused records of an answer."""
    return read_each(json.get("rejections", []), "rejections", _rejection)


def notices_from_json(json: Mapping[str, Any]) -> tuple[Notice, ...]:
    """Return the notices of an answer."""
    return read_each(json.get("notices", []), "notices", _notice)


_REJECTION = ("instruction", "technical", "field")


def _notices_to_json(notices: Sequence[Notice]) -> dict[str, Any]:
    told = [
        {"level": NoticeLevel(one.level).value, "text": one.text}
        | ({"technical": one.technical} if one.technical else {})
        for one in notices
    ]
    return {"notices": told} if told else {}


def _notice(json: Any) -> Notice:
    return Notice(
        NoticeLevel(json["level"]), read_text(json["text"], "text"), read_text(json.get("technical", ""), "technical")
    )


def _rejection(json: Any) -> Rejection:
    instruction, technical, field = (read_text(json.get(name, ""), name) for name in _REJECTION)
    key, text = read_text(json["key"], "key"), read_text(json["text"], "text")
    return Rejection(key, text, instruction, technical, field, json.get("stale") is True)


def _restriction(json: Any) -> Restriction:
    values = tuple(map(marked_value_from_json, read_list(json["values"], "values")))
    return Restriction(read_text(json["field"], "field"), Operator(json["operator"]), values)
