"""Names, versions and limits that both ends of the wire agree on."""

from enum import StrEnum

PROTOCOL = "tieline-connector"
PROTOCOL_VERSION = "0.1"

DESCRIPTOR_TYPE = "application/vnd.tieline.connector+json"
MESSAGE_TYPE = "application/json"
STREAM_TYPE = "application/x-ndjson"

PROTOCOL_HEADER = "Tieline-Protocol"
SESSION_HEADER = "Tieline-Session"
CALL_HEADER = "Tieline-Call"
"""Number of a call within its session, higher with each one: a server refuses one that was told before."""
DEADLINE_HEADER = "Tieline-Deadline"
"""Seconds that the caller still waits; of a stream: for each of its pages."""

HEALTH = "health"
LINKS = "links"
SESSIONS = "sessions"

LARGEST_MESSAGE = 64 * 2**20
"""Most bytes, unpacked, of a request, of an answer and of each line of a stream."""
MOST_VALUES = 5_000_000
"""Most commas in one of them, which bounds what it becomes in memory; `MOST_CONTAINERS` bounds `{` and `[`."""
MOST_CONTAINERS = 1_000_000
DEEPEST_NESTING = 32
MOST_RECORDS = 100_000
"""Most records in one page or answer: a protocol without paging sends all of them in one."""
MOST_COLUMNS = 2_000
MOST_PAGES = 1_000_000
"""Most pages of one stream: with ever new cursors it would never end."""


class Stream(StrEnum):
    """The calls of a session whose answer is a stream of pages."""

    CHANGES = "changes"
    DELETIONS = "deletions"
