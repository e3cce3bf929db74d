"""How long and how large traces get."""

from datetime import timedelta

MINUTES = (15, 60, 1440)
"""How long a trace may be on; the first one is proposed."""

KEPT_FOR = timedelta(days=7)
"""How long a trace is kept after its end."""

MOST_CALLS = 20_000
MOST_BYTES = 32 * 1024 * 1024
"""Of all calls of a trace together, as they are downloaded; the trace ends before the call that would exceed it."""

LARGEST_CALL = 64 * 1024
"""Most bytes of one call."""

MOST_WAITING = 1_000
MOST_BYTES_WAITING = 8 * 1024 * 1024
"""What a process holds while the database takes nothing; further calls are lost, and counted."""
