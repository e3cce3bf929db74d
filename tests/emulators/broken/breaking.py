"""Where the variations are collected."""

from collections.abc import Callable
from typing import TypeVar

from tests.emulators.broken.good import GoodConnector, GoodSession

BROKEN: dict[str, list[type[GoodConnector]]] = {}
"""The connectors that fail a check, by its name."""

_Part = TypeVar("_Part", type[GoodSession], type[GoodConnector])


def breaks(check: str) -> Callable[[_Part], _Part]:
    """Register a session or a connector that fails just this check."""

    def register(part: _Part) -> _Part:
        if issubclass(part, GoodConnector):
            BROKEN.setdefault(check, []).append(part)
        else:
            BROKEN.setdefault(check, []).append(type(part.__name__, (GoodConnector,), {"session_class": part}))
        return part

    return register
