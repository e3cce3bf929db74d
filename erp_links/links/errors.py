"""What can stand in the way of work on a link, beside the host's own errors."""

from collections.abc import Sequence
from http import HTTPStatus

from erp_links.links.models import PauseReason
from erp_links.links.results import TestResult
from host.errors import ConflictError, InvalidInputError


class TestFailedError(InvalidInputError):
    """The test that opens the gate did not pass, so nothing was saved.

    Attributes:
        result: What the connector answered.
    """

    __test__ = False  # pytest would take the name for a test class
    code = "test-failed"

    def __init__(self, result: TestResult) -> None:
        errors = {f"configuration.{key}": [text] for key, text in result.fields.items()}
        super().__init__(errors or {"": [result.text]}, result.text, result.instruction)
        self.result = result


class LinkPausedError(ConflictError):
    """The link rests for a reason that forbids calling its ERP.

    Attributes:
        reason: Why it rests.
    """

    code = "link-paused"

    def __init__(self, reason: PauseReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class NotActivatedError(InvalidInputError):
    """The link cannot be activated yet; no single field is at fault, so all reasons stand under the field "".

    Attributes:
        reasons: Everything that has to be mended first, in words.
    """

    status = HTTPStatus.CONFLICT
    code = "not-activated"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__({"": list(reasons)})
        self.reasons = tuple(reasons)
