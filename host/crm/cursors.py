"""The place in a sorted list where a page ends: the value that was sorted by, and the id behind it."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from host.crm.values import LARGEST_INTEGER, to_json
from host.errors import InvalidInputError

LONGEST_CURSOR = 4_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list.

    Attributes:
        sort: What the list is sorted by, as `Sort.text` has it; a cursor means nothing in another order.
        value: The sorted value of the record at this place; None where it has none.
        record_id: The id of that record.
    """

    sort: str
    value: Any
    record_id: int

    def encode(self) -> str:
        """Return the cursor as an opaque text that is safe in addresses."""
        kind = next((name for name, of_type in _KINDS.items() if isinstance(self.value, of_type)), "plain")
        plain = json.dumps([self.sort, kind, to_json(self.value), self.record_id], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, sort: str, value_type: type) -> "Cursor":
        """Return the cursor of a text that `encode` made for the same order, whose values are of `value_type`.

        Raises:
            InvalidInputError: it is not one, or one of a list in another order.
        """
        try:
            return cls._decoded(text, sort, value_type)
        except (ValueError, TypeError, InvalidOperation, binascii.Error, RecursionError):
            raise InvalidInputError({"after": [_("is not a place in this list, start at its beginning")]}) from None

    @classmethod
    def _decoded(cls, text: str, sort: str, value_type: type) -> "Cursor":
        if len(text) > LONGEST_CURSOR:
            raise ValueError("too long")
        made_for, kind, stored, record_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        value = _PARSERS[kind](stored) if kind in _PARSERS and isinstance(stored, str) else stored
        if made_for != sort or type(record_id) is not int or abs(record_id) > LARGEST_INTEGER:
            raise ValueError("not of this list")
        if value is not None and (type(value) is not value_type or not _is_storable(value)):
            raise ValueError("not a value of this list")
        return cls(sort, value, record_id)


def _is_storable(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and value.encode("utf-8", "ignore").decode() == value
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return not isinstance(value, int) or abs(value) <= LARGEST_INTEGER


_KINDS: dict[str, type] = {"decimal": Decimal, "datetime": datetime, "date": date}
_PARSERS: dict[str, Any] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}
