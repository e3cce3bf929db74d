"""Composition: the only place, beside the command line, that knows everything."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from host.app.factory import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """Import the web application when it is asked for: a worker, which has none, is smaller by all of it."""
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from host.app.factory import create_app  # noqa: PLC0415 - see above

    return create_app
