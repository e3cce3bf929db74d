"""Whether a value that an ERP holds is its own form of what it was sent."""

from decimal import Decimal, InvalidOperation
from typing import Any

_LEAST_CUT = 3
"""A text is taken for a cut form of a longer one only where that much of it is left."""


def is_form_of(sent: Any, held: Any) -> bool:
    """Return whether `held` may be what an ERP made of `sent`: equal, or in other case, trimmed, padded, cut, rounded.

    Asked only where a save was under way when its answer was lost; both values are in their JSON form.
    """
    if sent == held:
        return True
    if not isinstance(sent, str) or not isinstance(held, str):
        return sent in (None, "") and held in (None, "")
    one, other = sent.strip().casefold(), held.strip().casefold()
    if one == other or (len(other) >= _LEAST_CUT and one.startswith(other)):
        return True
    return _is_rounded(one, other)


def _is_rounded(sent: str, held: str) -> bool:
    try:
        number, rounded = Decimal(sent), Decimal(held)
    except InvalidOperation:
        return False
    if not (number.is_finite() and rounded.is_finite()):
        return False
    exponent = rounded.as_tuple().exponent
    return isinstance(exponent, int) and abs(number - rounded) < Decimal(1).scaleb(exponent)
