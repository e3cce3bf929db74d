"""Where a host can die: the moments at which Tieline kills its own workers in tests."""

from collections import Counter
from enum import StrEnum


class Moment(StrEnum):
    """A moment between two things that a host does."""

    PAGE_FETCHED = "page fetched"
    """A page has come and nothing of it is stored: it comes again."""
    PAGE_STORED = "page stored"
    """Its records and its cursor are stored: the next session goes on behind it."""
    INTENT_STORED = "intent stored"
    """What is about to be created or saved is stored, and was not sent."""
    SENT = "sent"
    """The ERP has done it, and its answer is lost."""


class HostDiedError(Exception):
    """The fake host died where it was told to. What it had stored is kept; the connector's memory is not."""


class Deaths:
    """The deaths that lie ahead."""

    def __init__(self) -> None:
        self._ahead: Counter[Moment] = Counter()

    def plan(self, moment: Moment, count: int) -> None:
        """Die when a moment comes for the `count`-th time from now.

        Raises:
            ValueError: `count` is below 1.
        """
        if count < 1:
            raise ValueError(f"a host dies at the first {moment} or a later one, not at number {count}")
        self._ahead[moment] = count

    def reach(self, moment: Moment) -> None:
        """Say that a moment has come.

        Raises:
            HostDiedError: It was the one to die at.
        """
        if self._ahead[moment]:
            self._ahead[moment] -= 1
            if not self._ahead[moment]:
                raise HostDiedError(f"the fake host died: {moment}")
