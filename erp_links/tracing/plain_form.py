"""What the contract passes as JSON that people read: without secrets, and cut where it is long."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import islice
from typing import Any

from host.logs.redaction import MASK, is_secret_name, redacted
from sync_connectors import ListKey, Restriction, Rows
from sync_connectors.codec import marked_value_to_json, value_to_json

LEFT_OUT = "left_out"
"""Names the number of what was left out: in the last item of a list or an object, or behind a text."""


@dataclass(frozen=True, slots=True)
class PlainForm:
    """Makes JSON of arguments and answers.

    Values have the form of `sync_connectors.codec` with marks, so that a text can be told from a number. What is left
    out is not looked at: a page of many records costs no more than what is kept of it.

    Attributes:
        secret_names: Names whose values are secret, beside those that tell it themselves.
        most_parts: How much of a list is kept, and four times as much of an object.
        longest_text: Characters of a text that are kept.
    """

    secret_names: AbstractSet[str] = frozenset()
    most_parts: int = 50
    longest_text: int = 2_000

    def of(self, value: Any) -> Any:
        """Return the form of a value, a record, an answer, or a list or mapping of such; null for anything else."""
        match value:
            case None | bool() | float():
                return value
            case Enum():
                return value.value
            case str():
                text = self._text(value)
                return {"list": text} if isinstance(value, ListKey) else text
            case int() | Decimal() | date():
                # a secret of digits may come back as a number
                text = str(value_to_json(value))
                return marked_value_to_json(value) if redacted(text) == text else MASK
        return self._compound(value)

    def _compound(self, value: Any) -> Any:
        match value:
            case Rows():
                return {"rows": self._list(value, ((key, row) for key, row in value.items()))}
            case Mapping():
                return self._object(value)
            case Sequence() | AbstractSet():
                return self._list(value, value)
            case Restriction() if self._is_secret(value.field):
                return {"field": value.field, "operator": value.operator.value, "values": MASK}
        return self._attributes(value) if is_dataclass(value) else None

    def _text(self, value: str) -> str:
        """Return a text without secrets, cut only then, so that no half of one is left."""
        kept = redacted(value)
        too_many = len(kept) - self.longest_text
        return kept if too_many <= 0 else f"{kept[: self.longest_text]}… ({LEFT_OUT}: {too_many})"

    def _list(self, value: Sized, parts: Iterable[Any]) -> list[Any]:
        kept = [self.of(part) for part in islice(parts, self.most_parts)]
        left_out = len(value) - len(kept)
        return [*kept, {LEFT_OUT: left_out}] if left_out > 0 else kept

    def _object(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        kept = islice(value.items(), 4 * self.most_parts)
        plain = {
            self._text(str(name)): MASK if part and self._is_secret(str(name)) else self.of(part) for name, part in kept
        }
        left_out = len(value) - 4 * self.most_parts
        return plain | {LEFT_OUT: left_out} if left_out > 0 else plain

    def _attributes(self, value: Any) -> dict[str, Any]:
        """Return what of a declaration, a record or an answer is not at its default."""
        plain = {}
        for attribute in fields(value):
            default = attribute.default if attribute.default_factory is MISSING else attribute.default_factory()
            if (part := getattr(value, attribute.name)) != default:
                plain[attribute.name] = self.of(part)
        return plain

    def _is_secret(self, name: str) -> bool:
        return name in self.secret_names or is_secret_name(name)
