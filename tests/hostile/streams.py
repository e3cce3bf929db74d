"""The ways in which a stream of changes is wrong although all its lines are JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.hostile.line import Good, Line

Message = dict[str, Any]


def _lines(change: Callable[[list[Message]], list[Message]]) -> Callable[[Line, Callable[[], Good]], bool]:
    """Return the behaviour that sends other lines in place of those between beginning and end."""

    def behave(line: Line, good: Callable[[], Good]) -> bool:
        told = good()
        begin, *pages, end = [json.loads(text) for text in told.body.splitlines()]
        sent = [begin, *change(pages), end]
        line.send(replace(told, body=b"".join(json.dumps(one).encode() + b"\n" for one in sent)).sent())
        return True

    return behave


def _records(**changes: Any) -> Callable[[Line, Callable[[], Good]], bool]:
    """Return the behaviour whose second page has other columns; a function gets the former value."""

    def change(pages: list[Message]) -> list[Message]:
        records = pages[1]["page"]["records"]
        for name, value in changes.items():
            records[name] = value(records[name]) if callable(value) else value
        return pages

    return _lines(change)


def _column(name: str, type_: str, *values: Any) -> Callable[[Line, Callable[[], Good]], bool]:
    """Return the behaviour whose second page holds values of a field, the last of them again and again."""

    def change(pages: list[Message]) -> list[Message]:
        records = pages[1]["page"]["records"]
        records["types"][name] = type_
        records["values"][name] = [*values, *[values[-1]] * len(records["keys"])][: len(records["keys"])]
        return pages

    return _lines(change)


def _page(**changes: Any) -> Callable[[Line, Callable[[], Good]], bool]:
    def change(pages: list[Message]) -> list[Message]:
        pages[1]["page"] |= changes
        return pages

    return _lines(change)


def _unordered(pages: list[Message]) -> list[Message]:
    """Exchange the records of the first two pages, and turn them round."""
    one, two = pages[0]["page"], pages[1]["page"]
    one["records"], two["records"] = two["records"], one["records"]
    for page in (one, two):
        records = page["records"]
        for column in (records["keys"], records["timestamps"], *records["values"].values()):
            column.reverse()
    return pages


def _overlapping(pages: list[Message]) -> list[Message]:
    records, more = pages[1]["page"]["records"], pages[0]["page"]["records"]
    for name in ("keys", "timestamps"):
        records[name] += more[name]
    for name in records["values"]:
        records["values"][name] += more["values"][name]
    return pages


def _stuck(pages: list[Message]) -> list[Message]:
    for page in pages[1:]:
        page["page"]["resume"] = pages[0]["page"]["resume"]
    return pages


def _twice(column: list[Any]) -> list[Any]:
    return [*column[:-1], column[0]]


def _without_end(line: Line, good: Callable[[], Good]) -> bool:
    told = good()
    line.send(replace(told, body=told.body.removesuffix(b'{"end":true}\n')).sent())
    return True


STREAM_BEHAVIOURS: Mapping[str, Callable[[Line, Callable[[], Good]], Any]] = {
    "pages out of order": _lines(_unordered),
    "pages that overlap": _lines(_overlapping),
    "a page repeated": _lines(lambda pages: [pages[0], *pages]),
    "a cursor that never advances": _lines(_stuck),
    "a page behind the last one": _lines(lambda pages: [*pages, {"end": True}, pages[0]]),
    "no end": _without_end,
    "another stream": _lines(lambda pages: [{"stream": "deletions"}, *pages]),
    "a record twice in a page": _records(keys=_twice),
    "a key that is a number": _records(keys=lambda keys: [7, *keys[1:]]),
    "an empty key": _records(keys=lambda keys: ["", *keys[1:]]),
    "records of another type": _records(actor_type="Person"),
    "columns of different lengths": _records(timestamps=lambda column: column[:-1]),
    "values that are a list": _records(values=[]),
    "an absent value that is not there": _records(absent={"NAME": [10_000]}),
    "a cursor that is a number": _page(resume=7),
    "a total that is a text": _page(total="many"),
    "a total of 1e30": _page(total=10**30),
    "text with a null character": _column("NAME", "text", "a\x00b"),
    "text of 2 MB": _column("NAME", "text", "x" * 2_000_000, "y"),
    "text that is a number": _column("NAME", "text", 7),
    "number that is a text": _column("ORDERS", "integer", "7"),
    "integer beyond 64 bits": _column("ORDERS", "integer", 2**70),
    "integer beyond 63 bits": _column("ORDERS", "integer", 2**63),
    "decimal that is NaN": _column("CREDIT", "double", "NaN"),
    "decimal that is infinite": _column("CREDIT", "double", "-Infinity"),
    "decimal of 1e1000000000": _column("CREDIT", "double", "1e1000000000"),
    "decimal of 1e-1000000000": _column("CREDIT", "double", "1e-1000000000"),
    "decimal of 10 million digits": _column("CREDIT", "double", "9" * 10_000_000, "1"),
    "decimal that is a float": _column("CREDIT", "double", 0.1),
    "date that is none": _column("SINCE", "date", "2026-02-30"),
    "time beyond the calendar": _column("CHANGED", "datetime", "0001-01-01T00:00:00+14:00"),
    "time without a zone": _column("CHANGED", "datetime", "2026-01-01T00:00:00"),
    "type that there is not": _column("NAME", "colour", "blue"),
    "field that nobody declared": _column("COLOUR", "text", "blue"),
    "mark that there is not": _column("NAME", "mixed", {"colour": "blue"}),
    "marks in one another": _column("NAME", "mixed", {"rows": [["1", {"a": {"rows": [["1", {"b": 1}]]}}]]}),
}
