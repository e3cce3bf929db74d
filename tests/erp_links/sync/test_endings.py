import threading

import pytest

from erp_links.links.models import LinkState
from erp_links.sync.models import RunStatus
from erp_links.sync.requesting import cancel_run
from host.errors import ConflictError, NotFoundError
from host.jobs import leases
from sync_connectors import (
    Actor,
    ConfigurationError,
    Page,
    ProtocolError,
    RateLimitedError,
    Rejection,
    UnavailableError,
)
from tests.erp_links.sync.stage import IDA, Stage

CUSTOMER = {"NAME": "name", "CUSTNO": "number"}


def ready(stage: Stage, records: int = 5, page_size: int = 2) -> None:
    stage.map("Customer", CUSTOMER)
    stage.server.page_size = page_size
    for number in range(records):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})


def seconds_until_next(stage: Stage) -> float:
    run, due = stage.runs()[-1], stage.link().next_run_at
    assert run.finished_at is not None
    assert due is not None
    return (due - run.finished_at).total_seconds()


def test_refused_credentials_fail_the_run_and_pause_the_link(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    sqlite_stage.server.password = "changed"
    run = sqlite_stage.run()
    assert (run.outcome, run.error_class, run.message) == ("failed", "AuthenticationError", "the password was refused")
    assert run.instruction == "enter the secrets of the link again and test it"
    link = sqlite_stage.link()
    assert (link.state, link.paused_reason) == (LinkState.ACTIVE, "authentication")
    with pytest.raises(ConflictError, match="paused"):
        sqlite_stage.request()


def test_an_outage_aborts_the_run_keeps_its_pages_and_backs_off_longer_each_time(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    sqlite_stage.server.fail["next_page"] = UnavailableError("closed for stock-taking")

    run = sqlite_stage.run()

    assert (run.outcome, run.message, run.counts["created"]) == ("aborted", "closed for stock-taking", 2)
    assert len(sqlite_stage.hub()) == 2
    assert 290 < seconds_until_next(sqlite_stage) < 310
    sqlite_stage.run()
    assert 590 < seconds_until_next(sqlite_stage) < 610

    sqlite_stage.server.fail.clear()
    healed = sqlite_stage.run()
    assert (healed.outcome, healed.counts["created"]) == ("success", 1)
    assert len(sqlite_stage.hub()) == 5
    assert seconds_until_next(sqlite_stage) < 310


def test_a_rate_limit_is_waited_for_as_long_as_told(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    sqlite_stage.server.fail["changes"] = RateLimitedError("60 calls a minute", retry_after=4000)
    assert sqlite_stage.run().outcome == "aborted"
    assert 3990 < seconds_until_next(sqlite_stage) < 4010


@pytest.mark.parametrize(
    ("error", "error_class"),
    [
        (ConfigurationError("no such company"), "ConfigurationError"),
        (ProtocolError("garbage"), "ProtocolError"),
        (RuntimeError("a bug of the plugin"), "ProtocolError"),
    ],
)
def test_what_is_not_a_matter_of_time_fails_the_run(sqlite_stage: Stage, error: Exception, error_class: str) -> None:
    ready(sqlite_stage)
    sqlite_stage.server.fail["changes"] = error
    run = sqlite_stage.run()
    assert (run.status, run.outcome, run.error_class) == ("finished", "failed", error_class)
    assert sqlite_stage.link().paused_reason is None


def test_a_record_that_cannot_be_read_is_kept_with_the_connectors_words(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    rejected = Rejection("C7", "the credit limit is “much”", "write a number", "cell F9", "CREDIT")
    fine = Actor("Customer", "C8", {"NAME": "Beta", "CUSTNO": "C8"}, timestamp="1")
    sqlite_stage.server.answer["changes"] = lambda *_asked: iter([Page((fine,), watermark="1", rejections=(rejected,))])
    run = sqlite_stage.run()
    assert (run.outcome, run.counts["created"], run.counts["failed"], run.counts["read"]) == ("partial", 1, 1, 2)
    failed = sqlite_stage.failed()[0]
    assert (failed.reason, failed.message, failed.instruction) == (
        "unreadable",
        "the credit limit is “much”",
        "write a number",
    )
    assert (failed.technical, failed.field, failed.erp_key) == ("cell F9", "CREDIT", "C7")


def endless(_actor_type: str, _watermark: str | None, _resume: str | None, _fields: object) -> object:
    number = 0
    while True:
        number += 1
        yield Page((Actor("Customer", f"C{number}", {"NAME": "Alfa"}, timestamp="1"),), resume="always the same")


def test_a_cursor_that_does_not_advance_ends_the_run(sqlite_stage: Stage) -> None:
    ready(sqlite_stage, 0)
    sqlite_stage.server.answer["changes"] = endless
    run = sqlite_stage.run()
    assert (run.outcome, run.error_class) == ("failed", "ProtocolError")
    assert "the same resume cursor twice" in run.message
    assert run.counts["read"] == 1


def test_a_page_that_names_a_record_twice_is_refused_whole(sqlite_stage: Stage) -> None:
    ready(sqlite_stage, 0)
    twice = (Actor("Customer", "C1", {"NAME": "Alfa"}, timestamp="1"),) * 2
    sqlite_stage.server.answer["changes"] = lambda *_asked: iter([Page(twice, watermark="1")])
    run = sqlite_stage.run()
    assert (run.outcome, run.error_class) == ("failed", "ProtocolError")
    assert sqlite_stage.hub() == []


def test_an_expired_cursor_begins_the_pass_anew_and_loses_nothing(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    sqlite_stage.server.fail["next_page"] = UnavailableError("closed")
    sqlite_stage.run()
    sqlite_stage.server.fail.clear()
    resumed: list[str | None] = []

    def forgetful(actor_type: str, _watermark: str | None, resume: str | None, fields: list[str]) -> object:
        resumed.append(resume)
        if resume is not None:
            raise ProtocolError("this cursor has expired")
        actors = tuple(
            Actor(actor_type, key, {name: record.values.get(name) for name in fields}, timestamp="1")
            for key, record in sqlite_stage.server.records[actor_type].items()
        )
        yield Page(actors, watermark="5")

    sqlite_stage.server.answer["changes"] = forgetful
    run = sqlite_stage.run()
    assert (run.outcome, run.counts) == ("success", {"read": 5, "equal": 2, "created": 3})
    assert resumed[0] is not None
    assert resumed[1] is None


def test_a_cancelled_run_ends_after_the_page_in_hand_and_the_next_goes_on_behind_it(stage: Stage) -> None:
    ready(stage)
    run_id = stage.request()

    def cancel(point: str) -> None:
        if point == "page committed" and len(stage.hub()) == 2:
            with stage.database.writing() as session:
                cancel_run(session, run_id, IDA)

    stage.work(cancel)

    run = stage.run_row(run_id)
    assert (run.status, run.outcome, run.message) == ("finished", "aborted", "cancelled")
    assert len(stage.hub()) == 2
    assert stage.type_row().watermark is None
    stage.server.calls.clear()
    again = stage.run()
    assert (again.outcome, again.counts) == ("success", {"read": 3, "created": 3})


def test_a_run_that_nobody_has_taken_can_be_cancelled(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    run_id = sqlite_stage.request()
    with sqlite_stage.database.writing() as session:
        cancel_run(session, run_id, IDA)
    sqlite_stage.work()
    assert sqlite_stage.run_row(run_id).outcome == "aborted"
    assert sqlite_stage.hub() == []
    with sqlite_stage.database.writing() as session, pytest.raises(ConflictError):
        cancel_run(session, run_id, IDA)
    with sqlite_stage.database.writing() as session, pytest.raises(NotFoundError):
        cancel_run(session, 4711, IDA)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"state": "inactive"}, "the ERP link was deactivated during the run"),
        ({"paused_reason": "administrator"}, "the ERP link was paused during the run"),
        ({"state": "deleted"}, "the ERP link was deleted during the run"),
    ],
)
def test_a_link_that_is_closed_in_the_middle_ends_its_run_cleanly(
    sqlite_stage: Stage, values: dict[str, str], message: str
) -> None:
    ready(sqlite_stage)

    def close(point: str) -> None:
        if point == "page committed":
            sqlite_stage.change_link(**values)

    run = sqlite_stage.run(close)
    assert (run.outcome, run.message) == ("aborted", message)
    assert len(sqlite_stage.hub()) == 2


def test_a_worker_that_stops_finishes_its_page_and_the_next_one_goes_on_with_the_same_run(stage: Stage) -> None:
    ready(stage)
    run_id, stopping = stage.request(), threading.Event()
    stage.work(lambda point: stopping.set() if point == "page committed" else None, stopping)
    assert stage.run_row(run_id).status == RunStatus.QUEUED
    assert len(stage.hub()) == 2
    assert stage.work()
    run = stage.run_row(run_id)
    assert (run.outcome, run.counts) == ("success", {"read": 5, "created": 5})
    assert [each.run_id for each in stage.passes()] == [run_id]


def test_a_run_that_lost_its_lease_writes_nothing_more(stage: Stage) -> None:
    ready(stage)
    run_id = stage.request()

    def steal(point: str) -> None:
        if point == "page fetched" and len(stage.hub()) == 2:
            with stage.database.writing() as session:
                session.connection().exec_driver_sql("UPDATE lease SET holder = 'other', fence = fence + 1")

    stage.work(steal)
    assert len(stage.hub()) == 2
    run = stage.run_row(run_id)
    assert (run.status, run.outcome) == ("running", None)


def test_a_second_run_of_a_link_is_refused_with_the_time_of_the_first(stage: Stage) -> None:
    ready(stage)
    stage.request()
    with pytest.raises(ConflictError, match="already running since"):
        stage.request()


@pytest.mark.parametrize("state", ["draft", "inactive"])
def test_only_active_links_run(sqlite_stage: Stage, state: str) -> None:
    sqlite_stage.change_link(state=state)
    with pytest.raises(ConflictError, match="not active"):
        sqlite_stage.request()


def test_a_connector_that_does_not_know_the_link_is_told_again(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    sqlite_stage.server.forget_links()
    assert sqlite_stage.run().outcome == "success"
    assert sqlite_stage.connector_calls.count("save_link") == 1


def test_a_run_of_a_link_whose_plugin_is_gone_says_so_and_works_again_when_it_is_back(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    with sqlite_stage.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE sync_connector SET url = 'plugin:uninstalled'")
    run = sqlite_stage.run()
    assert run.outcome == "failed"
    assert "uninstalled" in run.message
    with sqlite_stage.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE sync_connector SET url = 'plugin:plain-erp'")
    assert sqlite_stage.run().outcome == "success"


def test_a_mapping_to_a_user_defined_field_that_was_deleted_is_passed_over(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    sqlite_stage.map("Customer", {**CUSTOMER, "EMAIL": "x_deleted"})
    run = sqlite_stage.run()
    assert (run.outcome, run.counts["created"]) == ("success", 5)


def locked_out(stage: Stage) -> bool:
    with stage.database.writing() as session:
        return leases.acquire(session, f"erp_link:{stage.link_id}", "other", 30) is None


def test_while_a_run_is_under_way_no_other_worker_gets_it(stage: Stage) -> None:
    ready(stage)
    run_id = stage.request()
    seen: list[bool] = []

    def look(point: str) -> None:
        if point == "page fetched":
            seen.append(locked_out(stage) and not stage.in_another_process().work())

    stage.work(look)
    assert seen
    assert all(seen)
    assert stage.run_row(run_id).outcome == "success"


def test_a_pass_that_broke_off_begins_anew_under_another_mapping(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    sqlite_stage.server.fail["next_page"] = UnavailableError("closed")
    sqlite_stage.run()
    sqlite_stage.server.fail.clear()
    sqlite_stage.server.put("Customer", "C0", {"EMAIL": "a@b.example"})
    sqlite_stage.server.records["Customer"]["C0"].changed = 1
    sqlite_stage.map("Customer", {**CUSTOMER, "EMAIL": "email"})
    run = sqlite_stage.run()
    told = {"read": 5, "changed": 1, "fields_changed": 1, "equal": 1, "created": 3}
    assert (run.outcome, run.counts) == ("success", told)
    assert sqlite_stage.hub()[0]["email"] == "a@b.example"


def test_a_record_deleted_in_the_hub_while_its_page_is_fetched_is_not_written(stage: Stage) -> None:
    ready(stage, 2)
    stage.run()
    for number in range(2):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Beta {number}"})

    def delete(point: str) -> None:
        if point == "page fetched":
            stage.delete("company", stage.hub()[0]["id"])

    stage.server.page_size = 10
    run = stage.run(delete)
    assert (run.outcome, run.counts) == ("success", {"read": 2, "changed": 1, "fields_changed": 1, "skipped": 1})
    assert [row["name"] for row in stage.hub()] == ["Beta 1"]
    assert {pairing.state for pairing in stage.pairings().values()} == {"paired", "tombstone"}


def test_the_hub_record_of_a_person_deleted_in_the_middle_of_a_page_is_looked_at_anew(stage: Stage) -> None:
    ready(stage, 1)
    stage.map("Person", {"LASTNAME": "last_name"})
    stage.server.put("Person", "P1", {"LASTNAME": "Berg"}, parent="C0")

    def delete(point: str) -> None:
        if point == "page fetched" and stage.hub():
            stage.delete("company", stage.hub()[0]["id"])

    run = stage.run(delete)
    # the company that the person would lie under is gone, so the person waits
    assert (run.outcome, run.counts) == ("success", {"read": 2, "created": 1, "waiting": 1})
    assert stage.hub("person") == []
