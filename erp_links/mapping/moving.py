"""Moving one entry of an ordered list by a button, as the pages do without a script."""

from collections.abc import Sequence


def moved(order: Sequence[str], move: str) -> list[str]:
    """Return the order with one entry moved.

    Args:
        order: The entries as the form sent them.
        move: `up:3` or `down:3`, the direction and the place of the entry; anything else moves nothing.
    """
    result = list(order)
    direction, _, place = move.partition(":")
    if direction not in {"up", "down"} or not place.isdecimal() or len(place) > 6:
        return result
    here = int(place)
    there = here - 1 if direction == "up" else here + 1
    if 0 <= here < len(result) and 0 <= there < len(result):
        result[here], result[there] = result[there], result[here]
    return result
