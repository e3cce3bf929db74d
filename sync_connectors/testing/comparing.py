"""Whether two values are the same to the host."""

from collections.abc import Mapping

from sync_connectors.contract.values import Rows, Value
from sync_connectors.testing.outcomes import require

_SHOWN = 60


def same(one: Value, other: Value) -> bool:
    """Whether two values are equal: blank text is no value, and rows have the same columns in the same order."""
    if isinstance(one, Rows) and isinstance(other, Rows):
        return len(one) == len(other) and all(
            _same_row(row, other_row) for row, other_row in zip(one.values(), other.values(), strict=True)
        )
    if one in (None, "", Rows()) or other in (None, "", Rows()):
        return one in (None, "", Rows()) and other in (None, "", Rows())
    return one == other


def shown(value: Value) -> str:
    """Return a short form of a value for messages."""
    text = f"“{value}”" if isinstance(value, str) else "blank" if value is None else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def require_told(sent: Mapping[str, Value], returned: Mapping[str, Value], stored: Mapping[str, Value]) -> None:
    """Demand that each value was kept as it was sent, or that the answer told what became of it.

    Raises:
        CheckFailedError: The ERP holds another value than was sent, and the answer does not say so.
    """
    for key, value in sent.items():
        kept = stored.get(key)
        was_told = key in returned and same(returned[key], kept)
        require(
            same(value, kept) or was_told,
            f"{key} was sent as {shown(value)}, is {shown(kept)}, and the answer does not tell",
        )


def _same_row(row: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    return all(same(row[key], other[key]) for key in row.keys() & other.keys()) and all(
        row[key] in (None, "") for key in row.keys() - other.keys()
    )
