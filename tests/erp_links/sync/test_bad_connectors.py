"""What a connector may do wrong during a run: always a clear outcome, and nothing of it in the hub."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sync_connectors import Actor, ListKey, Page
from tests.erp_links.sync.deadlines import let_deadlines_pass_when
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "CREDIT": "credit_limit", "SINCE": "description", "COUNTRY": "country"}


def customer(key: Any, values: Any, timestamp: Any = "1", actor_type: str = "Customer") -> Actor:
    return Actor(actor_type, key, values, timestamp=timestamp)


GARBAGE = {
    "no page": "garbage",
    "no actor": Page(("garbage",), watermark="1"),  # type: ignore[arg-type]  # garbage is the point
    "no key": Page((customer("", {"NAME": "Alfa"}),), watermark="1"),
    "key of another type": Page((customer(7, {"NAME": "Alfa"}),), watermark="1"),
    "no timestamp": Page((customer("C1", {"NAME": "Alfa"}, timestamp=""),), watermark="1"),
    "number as text": Page((customer("C1", {"NAME": "Alfa", "CREDIT": "12,50"}),), watermark="1"),
    "a float": Page((customer("C1", {"NAME": "Alfa", "CREDIT": 0.1}),), watermark="1"),
    "not a number": Page((customer("C1", {"NAME": "Alfa", "CREDIT": Decimal("NaN")}),), watermark="1"),
    "infinite": Page((customer("C1", {"NAME": "Alfa", "CREDIT": Decimal("Infinity")}),), watermark="1"),
    "date as text": Page((customer("C1", {"NAME": "Alfa", "SINCE": "yesterday"}),), watermark="1"),
    "another actor type": Page((customer("P1", {"NAME": "Alfa"}, actor_type="Person"),), watermark="1"),
    "a watermark of another type": Page((customer("C1", {"NAME": "Alfa"}),), watermark=5),  # type: ignore[arg-type]  # likewise
    "values of another type": Page((customer("C1", ["Alfa"]),), watermark="1"),
}


@pytest.mark.parametrize("page", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_fails_the_run_and_names_the_connector(sqlite_stage: Stage, page: Any) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    sqlite_stage.server.answer["changes"] = lambda *_asked: iter([page])
    run = sqlite_stage.run()
    assert (run.outcome, run.error_class) == ("failed", "ProtocolError")
    assert "plain-erp" in run.message
    assert sqlite_stage.hub() == []
    assert sqlite_stage.type_row().watermark is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"NAME": "x" * 1_000_000}, "must not be longer than 254 characters"),
        ({"NAME": "Alfa\nBeta"}, "must not contain control characters or line breaks"),
        ({"NAME": "Alfa", "CREDIT": Decimal("1e40")}, "must have at most 38 digits"),
    ],
)
def test_a_value_that_the_hub_cannot_hold_is_told_and_harms_no_other_record(
    sqlite_stage: Stage, values: dict[str, Any], words: str
) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    page = Page((customer("C1", values), customer("C2", {"NAME": "Beta"})), watermark="1")
    sqlite_stage.server.answer["changes"] = lambda *_asked: iter([page])
    run = sqlite_stage.run()
    assert (run.outcome, run.counts["failed"]) == ("partial", 1)
    failed = sqlite_stage.failed()[0]
    assert failed.erp_key == "C1"
    assert words in failed.message or failed.reason == "required_missing"
    assert "Beta" in {row["name"] for row in sqlite_stage.hub()}


def test_dates_at_the_ends_of_the_calendar_and_odd_list_keys_are_no_trouble(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    page = Page(
        (
            customer("C1", {"NAME": "Alfa", "SINCE": date(1, 1, 1), "COUNTRY": ListKey("")}),
            customer("C2", {"NAME": "Beta", "SINCE": date(9999, 12, 31), "COUNTRY": ListKey("'; --")}),
        ),
        watermark="1",
    )
    sqlite_stage.server.answer["changes"] = lambda *_asked: iter([page])
    run = sqlite_stage.run()
    assert (run.outcome, run.counts["created"], run.counts["unmapped"]) == ("success", 2, 1)
    assert [row["description"] for row in sqlite_stage.hub()] == ["0001-01-01", "9999-12-31"]


def test_a_connector_that_never_answers_ends_the_run_by_its_deadline(
    sqlite_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = replace(
        sqlite_stage,
        runtime=replace(sqlite_stage.runtime, settings=replace(sqlite_stage.runtime.settings, sync_call_seconds=77)),
    )
    stage.map("Customer", CUSTOMER)
    asked, released = threading.Event(), threading.Event()
    let_deadlines_pass_when(monkeypatch, asked.is_set)

    def never(*_asked: object) -> Iterator[Page]:
        yield Page((customer("C1", {"NAME": "Alfa"}),), resume="2", watermark="1")
        asked.set()
        released.wait()

    stage.server.answer["changes"] = never
    run = stage.run()
    released.set()
    assert (run.outcome, run.error_class) == ("aborted", "UnavailableError")
    assert "did not answer within 77 seconds" in run.message
    assert [row["name"] for row in stage.hub()] == ["Alfa"]


def test_pages_that_overlap_and_come_unordered_end_in_the_same_hub(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    first = Page((customer("C2", {"NAME": "Beta"}), customer("C1", {"NAME": "Alfa"})), resume="a", watermark="1")
    second = Page((customer("C3", {"NAME": "Gamma"}), customer("C2", {"NAME": "Beta B"}, "2")), watermark="2")
    sqlite_stage.server.answer["changes"] = lambda *_asked: iter([first, second])
    run = sqlite_stage.run()
    assert (run.outcome, run.counts) == ("success", {"read": 4, "created": 3, "changed": 1, "fields_changed": 1})
    assert sorted(row["name"] for row in sqlite_stage.hub()) == ["Alfa", "Beta B", "Gamma"]


@pytest.mark.parametrize("text", ["Al\x00fa", "Al\ud800fa", "\x00"])
def test_texts_that_no_database_stores_never_reach_one(stage: Stage, text: str) -> None:
    stage.map("Customer", {**CUSTOMER, "EMAIL": "email"})
    page = Page((customer("C1", {"NAME": "Alfa", "EMAIL": text}), customer("C2", {"NAME": "Beta"})), watermark="1")
    stage.server.answer["changes"] = lambda *_asked: iter([page])
    run = stage.run()
    assert run.outcome in {"partial", "failed"}
    assert run.error_class != "InternalError"
    assert all(row["email"] is None for row in stage.hub())


def test_an_error_of_our_own_fails_the_run_and_is_told_as_such(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa"})

    def break_down(point: str) -> None:
        if point == "page fetched":
            raise LookupError("a bug")

    run = sqlite_stage.run(break_down)
    assert (run.outcome, run.error_class) == ("failed", "InternalError")
    assert run.technical == "LookupError: a bug"
