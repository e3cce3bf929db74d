"""Long reading in a process of its own: the same result as in one process, whatever becomes of the other one."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from erp_links.sync.pull import change_pages
from host.jobs.companion import Companion
from sync_connectors import Page, ProtocolError, UnavailableError
from tests.erp_links.sync.stage import Stage, reader_of

CUSTOMER = {"NAME": "name", "CUSTNO": "number", "EMAIL": "email", "CREDIT": "credit_limit", "COUNTRY": "country"}
RECORDS, PAGE = 23, 4
PAGES = 6
HERE = os.getpid()

Beside = Callable[[], Stage]


class OwnError(UnavailableError):
    """An error of a connector's own, which another process cannot make again."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{words} {code}")


@pytest.fixture
def beside(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    """Return a function that lets the ERP be read by processes forked now; whatever changes in it later they miss."""
    monkeypatch.setattr(change_pages, "WORTH_RECORDS", 5)
    stage.map("Customer", CUSTOMER)
    for number in range(RECORDS):
        values = {"NAME": f"Alfa {number}", "CREDIT": Decimal("10.50"), "COUNTRY": "DK" if number % 2 else "NO"}
        stage.server.put("Customer", f"C{number:03d}", values)
    stage.server.page_size = PAGE
    started: list[Companion] = []

    def fork_now() -> Stage:
        started.append(reader_of(stage))
        stage.runtime = replace(stage.runtime, reader=started[-1])
        return stage

    yield fork_now
    for each in started:
        each.close()


def pages_asked_here(stage: Stage) -> int:
    return sum(call in {"changes", "next_page"} for call in stage.connector_calls)


def elsewhere(stage: Stage, do: Callable[[int], None]) -> None:
    """Have something done before each page that another process asks for, with the number of those before."""
    arrive, asked = stage.server.arrive, []

    def arriving(call: str, about: str = "") -> None:
        arrive(call, about)
        if os.getpid() != HERE and call in {"changes", "next_page"}:
            do(len(asked))
            asked.append(call)

    stage.server.arrive = arriving  # type: ignore[method-assign] # of this one server


def assert_all_there(stage: Stage) -> None:
    assert [row["name"] for row in stage.hub()] == [f"Alfa {number}" for number in range(RECORDS)]
    assert stage.hub()[1]["country"], stage.hub()[1]["credit_limit"] == ("DK", Decimal("10.50"))
    assert len(stage.pairings()) == RECORDS
    assert stage.type_row().watermark == str(RECORDS)


def test_behind_the_first_page_another_process_reads_and_translates(beside: Beside) -> None:
    stage = beside()
    run = stage.run()
    assert (run.outcome, run.counts) == ("success", {"read": RECORDS, "created": RECORDS})
    assert pages_asked_here(stage) == 1
    assert_all_there(stage)
    quiet = stage.run()
    assert (quiet.outcome, quiet.counts) == ("success", {"read": 1, "equal": 1})


def test_what_is_read_again_elsewhere_is_equal_here(beside: Beside) -> None:
    stage = beside()
    stage.run()
    before = stage.hub(), len(stage.log())
    with stage.database.writing() as session:
        session.merge(stage.type_row()).full_read_due = "activation"
    again = stage.run()
    assert again.counts == {"read": RECORDS, "equal": RECORDS}
    assert (stage.hub(), len(stage.log())) == before


def test_few_records_are_read_here(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_pages, "WORTH_RECORDS", RECORDS)
    stage = beside()
    stage.run()
    assert pages_asked_here(stage) == PAGES
    assert_all_there(stage)


def test_a_value_that_the_hub_cannot_hold_is_told_from_there(beside: Beside, stage: Stage) -> None:
    stage.server.put("Customer", "C020", {"EMAIL": "x" * 300})
    stage.server.put("Customer", "C021", {"COUNTRY": "unheard of"})
    run = beside().run()
    assert (run.outcome, run.counts["created"], run.counts["unmapped"]) == ("partial", RECORDS - 1, 1)
    assert [(each.erp_key, each.reason) for each in stage.failed()] == [("C020", "value_refused")]
    assert stage.hub()[-2]["name"] == "Alfa 20"


def test_what_a_connector_raises_there_is_the_outcome_here(beside: Beside, stage: Stage) -> None:
    def fail(number: int) -> None:
        if number == 2:
            raise UnavailableError("closed for lunch", instruction="come back later")

    elsewhere(stage, fail)
    run = beside().run()
    assert (run.outcome, run.message, run.instruction) == ("aborted", "closed for lunch", "come back later")
    assert len(stage.hub()) == 3 * PAGE
    assert pages_asked_here(stage) == 1


def test_an_error_of_a_connectors_own_class_comes_over_as_one_of_the_contract(beside: Beside, stage: Stage) -> None:
    def fail(number: int) -> None:
        if number == 1:
            raise OwnError(17, "shut")

    elsewhere(stage, fail)
    run = beside().run()
    assert (run.outcome, run.message) == ("aborted", "shut 17")


@pytest.mark.parametrize("dies_at", [0, 1, 3])
def test_when_the_other_process_dies_the_rest_is_read_here(
    beside: Beside, stage: Stage, dies_at: int, caplog: pytest.LogCaptureFixture
) -> None:
    def die(number: int) -> None:
        if number == dies_at:
            os._exit(9)

    elsewhere(stage, die)
    run = beside().run()
    assert (run.outcome, run.counts["created"]) == ("success", RECORDS)
    assert "read in this process" in caplog.text
    # a page that was under way may be lost, never one that came
    assert pages_asked_here(stage) >= PAGES - dies_at
    assert_all_there(stage)


def test_a_second_session_that_is_refused_is_not_needed(
    beside: Beside, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_number: int) -> None:
        raise UnavailableError("one session per user")

    elsewhere(stage, refuse)
    run = beside().run()
    assert run.outcome == "success"
    assert "one session per user" in caplog.text
    assert_all_there(stage)


def test_a_mapping_that_was_changed_meanwhile_is_not_mixed_with_the_old_one(
    beside: Beside, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    beside()

    def change(point: str) -> None:
        if point == "pass opened":
            stage.map("Customer", {**CUSTOMER, "PHONE": "phone"})

    run = stage.run(change)
    assert run.outcome == "success"
    assert "the mapping has changed meanwhile" in caplog.text
    assert_all_there(stage)


def test_garbage_that_comes_from_there_is_the_connectors_fault(beside: Beside, stage: Stage) -> None:
    def twice(_type: str, _watermark: str | None, resume: str | None, _fields: Any) -> Iterator[Page]:
        number = int(resume or 0)
        while True:
            number = min(number + 1, 3)
            yield Page((), resume=str(number), watermark="1", total=100)

    stage.server.answer["changes"] = twice
    run = beside().run()
    assert (run.outcome, run.error_class) == ("failed", ProtocolError.__name__)
