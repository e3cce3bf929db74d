"""Telling a link's watcher of each call, whatever became of it."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from sync_connectors.contract.services import Services
from sync_connectors.services import watcher_of
from sync_connectors.watching import CallWatcher, WatchedCall

_logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")
END_OF_STREAM = object()
"""What a stream's call returns behind the last page."""


def watched(
    services: Services | None,
    name: str,
    arguments: Mapping[str, Any],
    call: Callable[[], _Result],
    *,
    page: int | None = None,
    only_errors: bool = False,
) -> _Result:
    """Make a call and tell the link's watcher of it, if it has one; the call goes as it would have gone without.

    Args:
        services: Of the session, or of the call; None where the call is about no link.
        name: Name of the contract's method.
        arguments: By the contract's names.
        call: Makes the call.
        page: Number of a stream's page.
        only_errors: Whether the call is part of another one, which is told of in its place unless this one fails.
    """
    watcher = watcher_of(services)
    if watcher is None:
        return call()
    started_at, began = datetime.now(UTC), time.monotonic()
    try:
        answer = call()
    except BaseException as error:
        seconds = time.monotonic() - began
        _tell(watcher, WatchedCall(name, arguments, started_at, seconds, page, error=error))
        raise
    if not only_errors:
        told = None if answer is END_OF_STREAM else answer
        _tell(watcher, WatchedCall(name, arguments, started_at, time.monotonic() - began, page, told))
    return answer


def _tell(watcher: CallWatcher, call: WatchedCall) -> None:
    try:
        watcher.saw(call)
    except Exception as error:  # noqa: BLE001 - whoever watches must not change what is watched
        # its text may hold what the call held
        _logger.warning("a call of %s is missing in the trace: %s", call.name, type(error).__name__)
