"""What a thread is working on, so that its log records can say so."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_bound: ContextVar[Mapping[str, str]] = ContextVar("tieline_log_context", default=_NOTHING)


@contextmanager
def bind(**fields: str) -> Iterator[None]:
    """Put fields, `request_id` or `run_id` for one, on every record logged inside the block."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def bound() -> Mapping[str, str]:
    """Return the fields that hold at this place."""
    return _bound.get()


def request_id() -> str:
    """Return the id of the request that is being answered, or an empty text outside of one."""
    return _bound.get().get("request_id", "")
