"""The sessions that one session of ours has at the server."""

import secrets
from contextlib import suppress

from sync_connectors.contract.errors import ConnectorError
from sync_connectors.json_protocol.client.transport import Caller
from sync_connectors.json_protocol.media import CALL_HEADER, SESSION_HEADER, SESSIONS


class ServedSession:
    """One session at the server, which it opens with the first call; it does one call at a time."""

    def __init__(self) -> None:
        self.id = secrets.token_urlsafe(24)
        self._calls = 0

    def headers(self) -> dict[str, str]:
        """Return the headers of the next call; each has a number, so that none can be replayed."""
        self._calls += 1
        return {SESSION_HEADER: self.id, CALL_HEADER: str(self._calls)}


class ServedSessions:
    """Nearly always one: another one is opened while a stream is being read, or after a call whose end nobody knows.

    In process a caller may well ask something else between two pages; at the server a stream is one call.

    Args:
        caller: Makes the calls that end sessions.
        link: Path of the link.
    """

    def __init__(self, caller: Caller, link: str) -> None:
        self._caller = caller
        self._link = link
        self._free: list[ServedSession] = []

    def take(self) -> ServedSession:
        """Return a session that is at no call; give it back, or drop it."""
        return self._free.pop() if self._free else ServedSession()

    def give_back(self, served: ServedSession) -> None:
        """Take back a session whose call has ended."""
        self._free.append(served)

    def drop(self, served: ServedSession) -> None:
        """End a session that may still be at its call; whether the server hears of it does not matter."""
        with suppress(ConnectorError):
            self._end(served)

    def close(self) -> None:
        """End all sessions.

        Raises:
            ConnectorError: The server did not take note.
        """
        while self._free:
            self._end(self._free.pop())

    def _end(self, served: ServedSession) -> None:
        self._caller.ask("DELETE", f"{self._link}/{SESSIONS}/{served.id}")
