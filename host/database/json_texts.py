"""The JSON of the database's JSON columns, made and read by orjson wherever that is exact."""

import json
import re
from typing import Any

import orjson

# orjson makes a float of a whole number beyond 64 bits
_BEYOND_64_BITS = re.compile(r"[0-9]{19}")


def dump_json(value: Any) -> str:
    """Return the JSON text of a value.

    Raises:
        TypeError: It has no JSON form.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    except TypeError:  # a number beyond 64 bits, half of a surrogate pair or a key that is no text
        return json.dumps(value)


def load_json(text: str | bytes) -> Any:
    """Return the value of a JSON text."""
    if isinstance(text, str) and _BEYOND_64_BITS.search(text):
        return json.loads(text)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # half of a surrogate pair
        return json.loads(text)
