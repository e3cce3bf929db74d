"""What one credential may use of a server, so that none can take it from the others."""

from dataclasses import dataclass
from typing import Self

LEAST_PARALLEL = 4
"""Sessions that every credential and every link is granted at least."""
MOST_SESSIONS = 24
"""Sessions of all links together; each keeps a thread, and the guard has 32 of them for one connector."""
CALLS_WITHOUT_SESSION = 8
_LEAST_CALLS_WITHOUT_SESSION = 2


@dataclass(frozen=True, slots=True)
class Share:
    """Most sessions that a credential may have open, and most calls that it may have under way."""

    sessions: int
    calls: int

    @classmethod
    def of(cls, credentials: int) -> Self:
        """Return the share of each of so many credentials; one that is alone has the whole server.

        Of seven and more each has the least share, and all of them together may meet the limit of the server.
        """
        sessions = max(LEAST_PARALLEL, MOST_SESSIONS // credentials)
        return cls(sessions, sessions + max(_LEAST_CALLS_WITHOUT_SESSION, CALLS_WITHOUT_SESSION // credentials))
