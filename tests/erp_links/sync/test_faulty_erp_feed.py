"""An ERP that answers badly while it is read: nothing is lost or doubled, and two quiet runs later all is equal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from erp_links.links.models import ErpLink, PauseReason
from tests.erp_links.sync.deadlines import let_deadlines_pass_at
from tests.erp_links.sync.ledger_stage import LedgerStage

Stager = Callable[..., LedgerStage]

CUSTOMER = {"NAME": ("name", "to_crm"), "CUSTNO": ("number", "to_crm"), "CREDIT": ("credit_limit", "to_crm")}
PERSON = {"LASTNAME": ("last_name", "to_crm"), "BORN": ("birth_date", "to_crm")}
NUMBERS = range(1, 8)


def fill(stage: LedgerStage) -> None:
    stage.map(0, "Customer", CUSTOMER)
    stage.map(0, "Person", PERSON)
    for number in NUMBERS:
        stage.ledgers[0].books.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "CREDIT": f"{number}.50"})
        stage.ledgers[0].books.put("Person", f"P{number}", {"LASTNAME": f"Berg {number}"}, parent=f"C{number}")


def edit(stage: LedgerStage, tag: str) -> None:
    """Do what users of the ERP do meanwhile: change, add and delete."""
    books = stage.ledgers[0].books
    for number in (2, 3, 5):
        books.put("Customer", f"C{number}", {"NAME": f"Alfa {number} {tag}"})
        books.put("Person", f"P{number}", {"BORN": f"197{number}-02-28"})
    books.put("Customer", f"N{tag}", {"NAME": f"New {tag}"})
    books.put("Person", f"M{tag}", {"LASTNAME": f"Holm {tag}"}, parent=f"N{tag}")


def assert_converges(stage: LedgerStage) -> None:
    stage.ledgers[0].faults.off()
    stage.let_retries_come_due()
    stage.run_until_quiet(limit=2)
    stage.assert_equal_everywhere()
    stage.assert_none_lost_or_doubled()
    books = stage.ledgers[0].books
    assert len(stage.hub("company")) == len(books.tables["Customer"])
    assert len(stage.hub("person")) == len(books.tables["Person"])
    assert stage.failed() == []


@dataclass(frozen=True)
class Trouble:
    """A fault of the feed, and how a run that meets it ends."""

    kind: str
    outcome: str = "success"
    error: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


TROUBLES = {
    "rows that come twice": Trouble("repeat"),
    "rows in no order": Trouble("shuffle"),
    "pages that overlap": Trouble("overlap", options={"records": 2}),
    "a cursor that never advances": Trouble("stuck", "failed", "ProtocolError"),
    "a cursor that has expired at once": Trouble("expired", "failed", "ProtocolError"),
    "records that cannot be read": Trouble("unreadable", "partial", options={"keys": ["C2", "P4"]}),
    "a warning and nothing": Trouble("nothing", "partial"),
    "a link that is forgotten all the time": Trouble("forgotten", "failed", "UnknownLinkError"),
    "an error": Trouble("status", "aborted", "UnavailableError", {"status": 500}),
    "closed": Trouble("status", "aborted", "UnavailableError", {"status": 503}),
    "a request to wait": Trouble("status", "aborted", "RateLimitedError", {"status": 429, "retry_after": 7}),
    "no JSON": Trouble("garbage", "aborted", "UnavailableError"),
    "a line that breaks": Trouble("drop", "aborted", "UnavailableError"),
    "an answer that is lost": Trouble("lost", "aborted", "UnavailableError"),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_feed_in_trouble_converges_in_two_runs(sqlite_ledgers: Stager, trouble: Trouble) -> None:
    stage = sqlite_ledgers({"PageSize": "3"})
    fill(stage)
    calls = ["changes"]
    fault = stage.ledgers[0].faults.on(trouble.kind, calls=calls, **trouble.options)
    first = stage.run()
    assert (first.outcome, first.error_class) == (trouble.outcome, trouble.error)
    assert fault.struck
    edit(stage, "A")
    stage.run()
    assert_converges(stage)

    # the same once everything is paired, and only now and then
    stage.ledgers[0].faults.on(trouble.kind, calls=calls, probability=0.5, seed=3, **trouble.options)
    for tag in ("B", "C", "D"):
        edit(stage, tag)
        stage.run()
    assert_converges(stage)


@pytest.mark.parametrize("able", [{"Feed": "clock"}, {"Paging": "false"}, {"Inclusive": "false"}], ids=str)
@pytest.mark.parametrize("seed", range(2))
def test_all_troubles_at_once(sqlite_ledgers: Stager, able: dict[str, str], seed: int) -> None:
    stage = sqlite_ledgers({"PageSize": "3", **able})
    fill(stage)
    faults = stage.ledgers[0].faults
    for place, trouble in enumerate(TROUBLES.values()):
        faults.on(trouble.kind, calls=["changes", "get"], probability=0.06, seed=seed * 100 + place, **trouble.options)
    outcomes = set()
    for tag in "ABCDEFGH":
        edit(stage, tag)
        outcomes.add(stage.run().outcome)
    assert outcomes - {"success"}
    assert_converges(stage)


def test_all_troubles_at_once_on_both_databases(ledgers: Stager) -> None:
    stage = ledgers({"PageSize": "3"})
    fill(stage)
    for place, trouble in enumerate(TROUBLES.values()):
        stage.ledgers[0].faults.on(trouble.kind, calls=["changes"], probability=0.1, seed=place, **trouble.options)
    for tag in "ABCDE":
        edit(stage, tag)
        stage.run()
    assert_converges(stage)


def test_the_pages_before_the_trouble_stay_and_the_next_run_goes_on_behind_them(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({"PageSize": "3"})
    fill(stage)
    fault = stage.ledgers[0].faults.on("status", calls=["changes"], skip=2, times=1, status=503)
    assert stage.run().outcome == "aborted"
    assert (fault.struck, len(stage.hub())) == (1, 6)
    run = stage.run()
    assert run.counts["created"] == 1 + 7
    assert_converges(stage)


def test_a_cursor_that_expired_between_two_runs_lets_the_pass_begin_anew(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({"PageSize": "3"})
    fill(stage)
    faults = stage.ledgers[0].faults
    faults.on("status", calls=["changes"], skip=2, times=1, status=503)
    assert stage.run().outcome == "aborted"
    assert stage.passes()[0].resume_cursor
    expired = faults.on("expired", calls=["changes"], times=1)
    run = stage.run()
    assert (expired.struck, run.outcome) == (1, "success")
    assert_converges(stage)


@pytest.mark.parametrize("by", ["version", "clock"])
def test_rows_that_are_committed_late_are_met_by_an_overlap(sqlite_ledgers: Stager, by: str) -> None:
    stage = sqlite_ledgers({"Feed": by, "Overlap": "30"})
    fill(stage)
    stage.run_until_quiet()
    books = stage.ledgers[0].books
    for number in range(8, 12):
        books.put("Customer", f"C{number}", {"NAME": f"Late {number}"}, late=3 * (number - 7))
        books.put("Customer", "C1", {"NAME": f"Late {number}"}, late=20)
        stage.run()
    assert_converges(stage)
    # what is read again because of the overlap is not written again
    read = stage.run_until_quiet()[0].counts
    assert read["read"] == read["equal"] > 0


def test_rows_that_are_committed_later_than_any_overlap_come_with_a_full_read(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({})
    fill(stage)
    stage.run_until_quiet()
    stage.ledgers[0].books.put("Customer", "C8", {"NAME": "Very late"}, late=5)
    stage.run()
    assert len(stage.hub()) == 7
    with stage.database.writing() as session:
        session.merge(stage.type_row()).full_read_due = "requested"
    assert_converges(stage)


def test_changes_within_one_step_of_a_coarse_clock_are_not_passed_over(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({"Feed": "clock", "PageSize": "2"})
    stage.ledgers[0].books.clock.step = timedelta(hours=24)
    fill(stage)
    for tag in "ABC":
        stage.run()
        edit(stage, tag)  # at the same time as the watermark
    assert_converges(stage)


@pytest.mark.parametrize("seconds", [-7200, 7200, -3 * 86400])
def test_a_clock_that_jumps_loses_no_change(sqlite_ledgers: Stager, seconds: int) -> None:
    stage = sqlite_ledgers({"Feed": "clock", "PageSize": "3"})
    fill(stage)
    stage.run_until_quiet()
    clock = stage.ledgers[0].books.clock
    clock.move(seconds)
    edit(stage, "A")
    stage.run()
    edit(stage, "B")
    clock.move(-seconds)
    edit(stage, "C")
    assert_converges(stage)


@pytest.mark.parametrize("touched", [True, False])
def test_records_that_vanish_and_return_are_the_same_records(sqlite_ledgers: Stager, touched: bool) -> None:
    stage = sqlite_ledgers({"PageSize": "3"})
    fill(stage)
    stage.run_until_quiet()
    ids = set(stage.hub())
    books = stage.ledgers[0].books
    for key in ("C2", "C3"):
        books.hide("Customer", key)
    edit(stage, "A")
    stage.run()
    for key in ("C2", "C3"):
        books.show("Customer", key, touched=touched)
    if not touched:
        # whoever hides changes from us and gives them no new version needs a full read
        with stage.database.writing() as session:
            session.merge(stage.type_row()).full_read_due = "requested"
    assert_converges(stage)
    assert ids < set(stage.hub())


@pytest.mark.parametrize("deletions", ["true", "false"])
def test_a_failed_record_that_vanishes_comes_back_with_its_next_try(sqlite_ledgers: Stager, deletions: str) -> None:
    stage = sqlite_ledgers({"Deletions": deletions})
    fill(stage)
    ledger = stage.ledgers[0]
    ledger.faults.on("unreadable", calls=["changes"], keys=["C3"])
    stage.run()
    ledger.faults.off()
    ledger.books.hide("Customer", "C3")
    stage.let_retries_come_due()
    stage.run()
    # an ERP that does not report deletions has to touch the record, else we know nothing of it
    ledger.books.show("Customer", "C3", touched=deletions == "false")
    assert_converges(stage)


def test_a_forgotten_link_is_saved_again_and_the_run_goes_on(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({"PageSize": "3"})
    fill(stage)
    fault = stage.ledgers[0].faults.on("forgotten", calls=["changes"], times=1)
    run = stage.run()
    assert (fault.struck, run.outcome) == (1, "success")
    assert stage.ledgers[0].desk.counts()["save_link"] == 1
    assert_converges(stage)


def test_a_warning_with_nothing_concludes_nothing(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({})
    fill(stage)
    stage.run_until_quiet()
    mark = stage.type_row().watermark
    edit(stage, "A")
    stage.ledgers[0].faults.on("nothing", calls=["changes", "get"], times=2)
    run = stage.run()
    assert run.outcome == "partial"
    assert "maintained" in run.message
    assert stage.type_row().watermark == mark
    assert {each.state for each in stage.pairings().values()} == {"paired"}
    assert_converges(stage)


def test_refused_connections_and_a_refused_token(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({"PageSize": "3"})
    fill(stage)
    ledger = stage.ledgers[0]
    ledger.close_door()
    run = stage.run()
    assert (run.outcome, run.error_class, run.message) == ("aborted", "UnavailableError", "Ledger refuses connections")
    ledger.open_door()
    ledger.faults.on("status", calls=["changes"], times=1, status=401)
    run = stage.run()
    assert (run.outcome, run.error_class) == ("failed", "AuthenticationError")
    assert stage.link_row().paused_reason == PauseReason.AUTHENTICATION
    with stage.database.writing() as session:
        session.execute(update(ErpLink).values(paused_reason=None))
    assert_converges(stage)


def test_answers_that_come_too_late_end_the_run_and_the_next_one_goes_on(
    sqlite_ledgers: Stager, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = sqlite_ledgers({"PageSize": "3"})
    fill(stage)
    fault = stage.ledgers[0].faults.on("slow", calls=["changes"], tables=["Person"], times=1)
    let_deadlines_pass_at(monkeypatch, fault)
    run = stage.run()
    assert (run.outcome, run.error_class) == ("aborted", "UnavailableError")
    assert len(stage.hub("company")) == 7
    assert_converges(stage)
