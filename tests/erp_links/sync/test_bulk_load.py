"""A pull that fills an empty entity does without indexes meanwhile; however it ends, they come back."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select

from erp_links.links.models import LinkState
from erp_links.sync.left_indexes import LeftIndexes
from erp_links.sync.models import Run, RunMode, RunStatus
from erp_links.sync.pull import bulk_load
from erp_links.sync.requesting import Cause, Wanted, request_run
from host.crm.models import LiftedIndex
from host.database import Database
from host.jobs.clock import clock_of
from sync_connectors import Actor, Page, UnavailableError
from tests.erp_links.sync.conftest import Stager
from tests.erp_links.sync.stage import IDA, Stage
from tests.erp_links.sync.test_crashes import let_lease_expire, work_and_die
from tests.host.database.plans import index_definitions

CUSTOMER = {"NAME": "name", "CUSTNO": "number"}
RECORDS, PAGE = 20, 4
LEFT = {"ix_company_number_folded"}
"""What stays where companies are recognised by their number."""
ALL = {*LEFT, "ix_company_name_folded", "ix_company_email_folded", "ix_company_updated_at"}


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_load, "WORTH_RECORDS", RECORDS)


@pytest.fixture
def full(stage: Stage) -> Stage:
    """A link whose ERP has records that the empty hub is to be filled with."""
    stage.map("Customer", CUSTOMER, match=["number"])
    stage.server.page_size = PAGE
    for number in range(RECORDS):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    return stage


def indexes(database: Database) -> set[str]:
    return set(index_definitions(database, "company"))


def watched(stage: Stage, seen: list[set[str]], at: str = "page committed") -> Callable[[str], None]:
    """Return what notes the indexes whenever a run passes a point."""
    return lambda point: seen.append(indexes(stage.database)) if point == at else None


def assert_back(stage: Stage, before: dict[str, str]) -> None:
    assert index_definitions(stage.database, "company") == before
    assert stage.count(LiftedIndex) == 0


def test_a_first_import_does_without_the_indexes_that_no_match_needs(full: Stage) -> None:
    before, seen = index_definitions(full.database, "company"), list[set[str]]()
    run = full.run(watched(full, seen))
    assert (run.outcome, run.counts["created"]) == ("success", RECORDS)
    assert seen == [LEFT] * (RECORDS // PAGE)
    assert_back(full, before)
    assert set(before) == ALL


def test_match_fields_of_every_active_link_stay(ledgers: Stager) -> None:
    stage = ledgers({"PageSize": "4"}, {})
    stage.map(0, "Customer", {"NAME": ("name", "to_crm")}, match=["name"])
    stage.map(1, "Customer", {"NAME": ("name", "to_crm")}, match=["email"])
    for number in range(RECORDS):
        stage.ledgers[0].books.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    seen = list[set[str]]()
    stage.run(0, lambda point: seen.append(indexes(stage.database)) if point == "page committed" else None)
    assert seen[0] == {"ix_company_name_folded", "ix_company_email_folded"}
    assert indexes(stage.database) == ALL


def without_total(*_asked: object) -> Iterator[Page]:
    for start in range(0, RECORDS, PAGE):
        actors = tuple(
            Actor("Customer", f"C{number}", {"NAME": "Alfa", "CUSTNO": f"C{number}"}, timestamp="1")
            for number in range(start, start + PAGE)
        )
        yield Page(actors, resume=str(start) if start + PAGE < RECORDS else None, watermark="1")


def few_to_come(stage: Stage) -> None:
    stage.server.remove("Customer", "C0")


def total_unknown(stage: Stage) -> None:
    stage.server.answer["changes"] = without_total


def hub_has_many(stage: Stage) -> None:
    for number in range(RECORDS // bulk_load.EMPTY_SHARE):
        stage.add("company", name=f"Beta {number}")


def nothing_created(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER, match=["number"], unpaired="pair")


def watermark_known(stage: Stage) -> None:
    with stage.database.writing() as session:
        session.merge(stage.type_row()).watermark = "0"


@pytest.mark.parametrize("prepare", [few_to_come, total_unknown, hub_has_many, nothing_created, watermark_known])
def test_otherwise_the_indexes_stay(full: Stage, prepare: Callable[[Stage], None]) -> None:
    prepare(full)
    seen = list[set[str]]()
    assert full.run(watched(full, seen)).outcome == "success"
    assert len(seen) == RECORDS // PAGE
    assert all(each == ALL for each in seen)


def test_one_page_of_many_records_is_as_good_as_a_total(full: Stage) -> None:
    full.server.page_size = RECORDS
    seen = list[set[str]]()
    full.run(watched(full, seen))
    assert seen == [LEFT]
    assert indexes(full.database) == ALL


def test_a_preview_drops_nothing(full: Stage) -> None:
    with full.database.writing() as session:
        run_id = request_run(
            session, full.link_id, Cause.PERSON, IDA, Wanted(RunMode.PREVIEW, actor_type="Customer")
        ).id
    seen = list[set[str]]()
    full.work(watched(full, seen))
    assert full.run_row(run_id).counts["created"] == RECORDS
    assert set(map(frozenset, seen)) == {frozenset(ALL)}


def cancelled(stage: Stage, _stopping: threading.Event) -> None:
    with stage.database.writing() as session:
        run = session.scalars(select(Run)).one()
        run.cancelled_at = datetime.now(UTC)


def paused(stage: Stage, _stopping: threading.Event) -> None:
    stage.change_link(paused_reason="administrator")


def erp_closed(stage: Stage, _stopping: threading.Event) -> None:
    stage.server.fail["next_page"] = UnavailableError("closed for stock-taking")


def worker_stops(_stage: Stage, stopping: threading.Event) -> None:
    stopping.set()


@pytest.mark.parametrize("happens", [cancelled, paused, erp_closed, worker_stops])
def test_they_come_back_however_the_pass_ends(full: Stage, happens: Callable[[Stage, threading.Event], None]) -> None:
    before, stopping, told = index_definitions(full.database, "company"), threading.Event(), list[str]()

    def reached(point: str) -> None:
        told.append(point)
        if point == "page committed" and len(full.hub()) == PAGE:
            assert indexes(full.database) == LEFT
            happens(full, stopping)

    full.request()
    full.work(reached, stopping)
    assert PAGE <= len(full.hub()) < RECORDS
    assert_back(full, before)
    assert "pass completed" not in told
    if "run about to finish" in told:
        assert told.index("run about to finish") > told.index("index made again")


@pytest.mark.parametrize("point", ["indexes lifted", "page committed", "index made again", "pass completed"])
def test_whoever_takes_a_run_over_goes_on_without_them_and_makes_them_again(full: Stage, point: str) -> None:
    before = index_definitions(full.database, "company")
    run_id = full.request()
    work_and_die(full, point)
    left = indexes(full.database)
    assert (
        left
        == {
            "indexes lifted": LEFT,
            "page committed": LEFT,
            "index made again": {*LEFT, "ix_company_email_folded"},
            "pass completed": ALL,
        }[point]
    )
    assert not is_left(full)

    let_lease_expire(full)
    seen = list[set[str]]()
    full.work(watched(full, seen, "page fetched"))
    assert seen[0] == left
    run = full.run_row(run_id)
    assert (run.status, run.outcome, len(full.hub())) == (RunStatus.FINISHED, "success", RECORDS)
    assert_back(full, before)


def is_left(stage: Stage) -> bool:
    with stage.database.reading() as session:
        return bool(session.scalar(select(LeftIndexes(stage.database).is_due(clock_of(session)))))


def make_left_ones(stage: Stage) -> int:
    source, made = LeftIndexes(stage.database), 0
    while is_left(stage):
        assert source.work(threading.Event())
        made += 1
    assert not source.work(threading.Event())
    return made


def test_what_a_run_leaves_that_never_goes_on_is_made_again_by_any_worker(full: Stage) -> None:
    before = index_definitions(full.database, "company")
    run_id = full.request()
    work_and_die(full, "page committed")
    full.change_link(state=LinkState.INACTIVE.value)
    let_lease_expire(full)
    assert full.work()
    assert full.run_row(run_id).outcome == "aborted"
    assert indexes(full.database) == LEFT
    assert make_left_ones(full) == len(ALL - LEFT)
    assert_back(full, before)


def test_what_a_run_leaves_that_is_gone_is_made_again_too(full: Stage) -> None:
    before = index_definitions(full.database, "company")
    run_id = full.request()
    work_and_die(full, "indexes lifted")
    with full.database.writing() as session:
        session.execute(delete(Run).where(Run.id == run_id))
    assert make_left_ones(full) == len(ALL - LEFT)
    assert_back(full, before)


def test_an_index_that_cannot_be_made_spoils_no_run_and_is_left_to_later(
    full: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def spoil(point: str) -> None:
        if point == "indexes lifted":
            with full.database.writing() as session:
                row = {"name": "ix_company_zone", "entity_type": "company", "column_name": "zone"}
                session.add(LiftedIndex(**row, holder=full.runs()[0].id))

    run = full.run(spoil)
    assert (run.outcome, run.counts["created"]) == ("success", RECORDS)
    assert "made again when the run has ended" in caplog.text
    assert indexes(full.database) == ALL
    assert is_left(full)


def test_a_worker_that_lost_its_lease_leaves_them_to_the_one_that_has_it(full: Stage) -> None:
    def steal(point: str) -> None:
        if point == "page committed":
            with full.database.writing() as session:
                session.connection().exec_driver_sql("UPDATE lease SET holder = 'other', fence = fence + 1")

    full.request()
    full.work(steal)
    assert indexes(full.database) == LEFT
    assert not is_left(full)


def test_two_links_that_fill_the_same_entity_get_them_back_from_the_one_that_dropped_them(
    ledgers: Stager,
) -> None:
    stage = ledgers({"PageSize": "4"}, {"PageSize": "4"})
    for link in (0, 1):
        stage.map(link, "Customer", {"NAME": ("name", "to_crm")})
        for number in range(RECORDS):
            stage.ledgers[link].books.put("Customer", f"C{number}", {"NAME": f"Alfa {link} {number}"})
    seen = list[set[str]]()

    def reached(point: str) -> None:
        if point == "indexes lifted":
            assert stage.run(1).counts["created"] == RECORDS
        if point == "page committed":
            seen.append(indexes(stage.database))

    assert stage.run(0, reached).counts["created"] == RECORDS
    assert seen == [set()] * (RECORDS // 4)
    assert indexes(stage.database) == ALL
