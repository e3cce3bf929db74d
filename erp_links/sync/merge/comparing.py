"""The form in which values of the hub are kept as bases and compared: equal values have one form."""

from decimal import Decimal
from typing import Any

from host.crm.values import CrmValue, to_json


def form_of(value: CrmValue) -> Any:
    """Return the JSON form of a value of the hub, in which 29 and 29.00 are the same; rows are a list of pairs."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dict):
        return [[key, {name: form_of(cell) for name, cell in row.items()}] for key, row in value.items()]
    return to_json(value)
