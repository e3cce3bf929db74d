"""Watching the calls of a link as the contract sees them: whoever traces a link is told of each one that has ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class WatchedCall:
    """A call that has ended. Arguments, answer and error hold secrets in clear.

    Attributes:
        name: Name of the contract's method.
        arguments: By the contract's names, without the services.
        started_at: In UTC.
        seconds: How long it was waited for.
        page: For a stream the number of the page, from 1; each page is a call, and one without an answer is its end.
        answer: What the method returned, checked; None where it raised.
        error: What it raised.
    """

    name: str
    arguments: Mapping[str, Any] = field(repr=False)
    started_at: datetime
    seconds: float
    page: int | None = None
    answer: Any = field(default=None, repr=False)
    error: BaseException | None = field(default=None, repr=False)


class CallWatcher(Protocol):
    """Is told of the calls of one link, on the thread that waited for them. What it raises is logged and ends there."""

    def saw(self, call: WatchedCall) -> None:
        """Take note of a call."""
