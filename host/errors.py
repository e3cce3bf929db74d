"""The errors that operations raise for pages, API and commands alike; each edge shows them in its own form."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus


class TielineError(Exception):
    """Something that cannot be done, worded for the one who asked for it.

    Attributes:
        text: What happened; lower case, no full stop, never with a secret.
        instruction: What to do next, or empty.
        status: The HTTP status on pages.
        api_status: The HTTP status in the API; the same one unless the class says otherwise.
        code: A stable name of the kind of error, for programs.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    api_status: HTTPStatus | None = None
    code = "internal"

    def __init__(self, text: str, instruction: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.instruction = instruction

    def __str__(self) -> str:
        return f"{self.text}, {self.instruction}" if self.instruction else self.text


class NotFoundError(TielineError):
    """The thing is not there, or the one who asks may not know that it is."""

    status = HTTPStatus.NOT_FOUND
    code = "not-found"


class ForbiddenError(TielineError):
    """The thing may be known, but not done, by the one who asks."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class NotSignedInError(TielineError):
    """Nobody has said who is asking, or the session or token no longer counts."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not-signed-in"


class InvalidInputError(TielineError):
    """One or more fields hold what cannot be taken.

    Attributes:
        errors: Per field every fault in words; the field "" holds what concerns the whole input.
    """

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid-input"

    def __init__(self, errors: Mapping[str, list[str]], text: str = "", instruction: str = "") -> None:
        self.errors = {field: list(faults) for field, faults in errors.items()}
        super().__init__(text or _faults_in_one_line(self.errors), instruction)


class ConflictError(TielineError):
    """The present state does not allow it: a name is taken, something is in use, a run is under way."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class StaleVersionError(TielineError):
    """Somebody saved the thing after the one who asks has read it; nothing was overwritten.

    Attributes:
        changed_by: Who saved it, or empty where that is not known or not to be seen.
        changed_at: When, or None where that is not known.
    """

    status = HTTPStatus.CONFLICT
    api_status = HTTPStatus.PRECONDITION_FAILED
    code = "stale-version"

    def __init__(self, changed_by: str = "", changed_at: datetime | None = None) -> None:
        self.changed_by = changed_by
        self.changed_at = changed_at
        by_whom = f" by {changed_by}" if changed_by else ""
        super().__init__(f"changed{by_whom} meanwhile", "load it again and repeat the change")


class PreconditionRequiredError(TielineError):
    """A change over the API came without the version that it is meant for."""

    status = HTTPStatus.PRECONDITION_REQUIRED
    code = "precondition-required"


class TooManyRequestsError(TielineError):
    """Asked too often.

    Attributes:
        retry_after: Seconds after which asking again makes sense.
    """

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too-many-requests"

    def __init__(self, text: str, retry_after: int, instruction: str = "") -> None:
        super().__init__(text, instruction)
        self.retry_after = retry_after


class UpstreamError(TielineError):
    """A system that Tieline calls did not answer, or not usefully."""

    status = HTTPStatus.BAD_GATEWAY
    code = "upstream"


def _faults_in_one_line(errors: Mapping[str, list[str]]) -> str:
    return "; ".join(f"{field}: {fault}" if field else fault for field, faults in errors.items() for fault in faults)
