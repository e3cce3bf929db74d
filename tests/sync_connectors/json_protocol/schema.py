"""The published JSON schema, with which the tests check every message."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

SCHEMA: dict[str, Any] = json.loads((files("sync_connectors.json_protocol") / "schema.json").read_bytes())


@cache
def _validator(definition: str) -> Any:
    wanted = {"$schema": SCHEMA["$schema"], "$ref": f"#/$defs/{definition}", "$defs": SCHEMA["$defs"]}
    return jsonschema_rs.Draft202012Validator(wanted)


def checked(definition: str, message: bytes | dict[str, Any]) -> dict[str, Any]:
    """Return a message, which must be one of this definition."""
    json_ = json.loads(message) if isinstance(message, bytes) else json.loads(json.dumps(message))
    _validator(definition).validate(json_)
    return json_
