"""Whatever a connector raises, as an error of the contract."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from host.logs.redaction import redacted
from sync_connectors.contract.errors import ConfigurationError, ConnectorError, ProtocolError, RateLimitedError

_Result = TypeVar("_Result")
_LONGEST_TEXT = 2_000
_LONGEST_TECHNICAL = 20_000
_LONGEST_WAIT = 86_400.0

_logger = logging.getLogger(__name__)


def guarded(owner: str, call: str, function: Callable[[], _Result]) -> Callable[[], _Result]:
    """Return the function with its errors translated and its duration logged.

    Args:
        owner: How messages name the connector.
        call: Name of the contract's method, for messages.
        function: The call with the check of its answer.
    """

    def run() -> _Result:
        began = time.monotonic()
        with only_contract_errors(owner, call):
            result = function()
        _logger.debug("%s: %s took %.3f s", owner, call, time.monotonic() - began)
        return result

    return run


@contextmanager
def only_contract_errors(owner: str, call: str) -> Iterator[None]:
    """Let errors of the contract pass, in a form that can be shown and stored; make a `ProtocolError` of all others."""
    try:
        yield
    except ConnectorError as error:
        _tidy(error)
        _logger.info("%s: %s raised %s: %s", owner, call, type(error).__name__, error.text)
        raise
    except BaseException as error:  # noqa: BLE001 - a plugin may raise SystemExit, and only the call is to end
        technical = redacted("".join(traceback.format_exception(error)))[-_LONGEST_TECHNICAL:]
        _logger.warning("%s: %s raised %s\n%s", owner, call, type(error).__name__, technical)
        raise ProtocolError(
            f"the connector {owner} failed in {call} with an error of its own, {type(error).__name__}",
            instruction="tell whoever wrote the connector, with the technical details",
            technical=technical,
        ) from None  # the original may hold a secret, and is in the details redacted


def _tidy(error: ConnectorError) -> None:
    """Make the attributes of an error what they are declared to be; a subclass may have put anything there."""
    error.text = _text(getattr(error, "text", ""), _LONGEST_TEXT) or type(error).__name__
    error.instruction = _text(getattr(error, "instruction", ""), _LONGEST_TEXT)
    error.technical = _text(getattr(error, "technical", ""), _LONGEST_TECHNICAL)
    error.args = (error.text,)
    if isinstance(error, ConfigurationError):
        fields = getattr(error, "fields", None)
        pairs = fields.items() if isinstance(fields, dict) else ()
        error.fields = {_text(key, 254): _text(words, _LONGEST_TEXT) for key, words in pairs}
    if isinstance(error, RateLimitedError):
        wait = getattr(error, "retry_after", None)
        usable = isinstance(wait, int | float) and not isinstance(wait, bool) and 0 <= wait <= _LONGEST_WAIT
        error.retry_after = float(wait) if usable and wait is not None else None


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    kept = value[:longest].replace("\x00", "").encode("utf-8", "replace").decode()
    return redacted(kept)
