"""Trying a transaction again that somebody else's work hindered."""

import time

from sqlalchemy.exc import DBAPIError

_TRIES = 5
_WAIT_SECONDS = 0.05


def wait_to_try_again(tried: int, error: Exception) -> None:
    """Wait a moment, longer after each try, because people lock, pair and change the same records meanwhile.

    Args:
        tried: How often the transaction was tried, 1 or more.
        error: What the last try raised.

    Raises:
        Exception: That error, where it was tried often enough, or the connection broke, which is not ours to heal.
    """
    if tried >= _TRIES or (isinstance(error, DBAPIError) and error.connection_invalidated):
        raise error
    time.sleep(_WAIT_SECONDS * tried)
