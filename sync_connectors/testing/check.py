"""One check: what it asks, and how to mend what fails it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from inspect import getdoc

from sync_connectors.testing.bench import Bench
from sync_connectors.testing.records import TypeBench

Part = tuple[str, Callable[[], None]]
"""An actor type, or blank, and what asks the connector about it."""


@dataclass(frozen=True, slots=True)
class Check:
    """A question to a connector.

    Attributes:
        name: Also that of its test method, behind `test_`.
        asks: What must hold, in one sentence: the docstring of its function.
        mend: What to do when it does not.
        writes: Whether it creates or changes records.
        parts: Each raises `CheckFailedError` or `DoesNotApplyError`, and lets errors of the connector pass.
    """

    name: str
    asks: str
    mend: str
    writes: bool
    parts: Callable[[Bench], Iterator[Part]]


def check(*, mend: str, writes: bool = False) -> Callable[[Callable[[Bench], None]], Check]:
    """Make a check of a function that asks the connector once."""

    def make(function: Callable[[Bench], None]) -> Check:
        def parts(bench: Bench) -> Iterator[Part]:
            yield "", partial(function, bench)

        return Check(function.__name__, getdoc(function) or "", mend, writes, parts)

    return make


def type_check(*, mend: str, writes: bool = False) -> Callable[[Callable[[TypeBench], None]], Check]:
    """Make a check of a function that asks about each actor type."""

    def make(function: Callable[[TypeBench], None]) -> Check:
        def parts(bench: Bench) -> Iterator[Part]:
            for kind in bench.types.values():
                yield kind.name, partial(function, kind)

        return Check(function.__name__, getdoc(function) or "", mend, writes, parts)

    return make
