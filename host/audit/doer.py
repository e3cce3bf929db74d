"""Who does something, as the audit log and the origin of a change name them."""

from dataclasses import dataclass
from typing import Literal

Channel = Literal["page", "api", "cli", "job"]


@dataclass(frozen=True)
class Doer:
    """The one on whose behalf an operation runs.

    Attributes:
        user_id: The user, or None for a command of the system's administrator or a job.
        name: How the audit log shows the doer, also when the user is gone.
        channel: Over what the operation was asked for.
        address: The client's address, or empty where there is none.
        request_id: The id under which the log shows the request, or empty.
    """

    user_id: int | None
    name: str
    channel: Channel
    address: str = ""
    request_id: str = ""
