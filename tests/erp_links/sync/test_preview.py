"""Finding out what a full read would do, and what that means for the brake."""

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from erp_links.sync.models import Run, RunMode
from erp_links.sync.pull import previewing
from erp_links.sync.requesting import Cause, Wanted, request_run
from host.accounts.models import TokenScope, User
from host.errors import InvalidInputError
from sync_connectors import UnavailableError
from tests.accounts import api_client, client_of, make_user
from tests.erp_links.sync.stage import IDA, Stage
from tests.erp_links.sync.test_pages import hide

CUSTOMER = {"NAME": "name", "EMAIL": "email"}


def ready(stage: Stage, count: int = 4) -> None:
    """Pair customers by their names; then the e-mail is mapped too, and everything has to be read again."""
    stage.map("Customer", {"NAME": "name"})
    for number in range(count):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "EMAIL": f"{number}@b.example"})
    stage.run()
    for row in stage.hub():
        stage.edit("company", row["id"], email="typed@hub.example")
    stage.map("Customer", CUSTOMER)
    mark(stage)


def mark(stage: Stage, **marks: str | None) -> None:
    with stage.database.writing() as session:
        row = session.merge(stage.type_row())
        for name, reason in (marks or {"full_read_due": "mapping"}).items():
            setattr(row, name, reason)


def ask(stage: Stage, actor_type: str = "Customer") -> int:
    with stage.database.writing() as session:
        wanted = Wanted(RunMode.PREVIEW, actor_type=actor_type)
        return request_run(session, stage.link_id, Cause.PERSON, IDA, wanted).id


def previewed(stage: Stage) -> Run:
    run_id = ask(stage)
    assert stage.work()
    return stage.run_row(run_id)


def everything(stage: Stage) -> tuple[Any, ...]:
    """All that a full read would write."""
    row = stage.type_row()
    pairings = {
        key: (each.id, each.base_erp, each.base_hub, each.content_hash, each.state, each.erp_timestamp)
        for key, each in stage.pairings().items()
    }
    return (
        stage.hub(),
        pairings,
        len(stage.log()),
        stage.failed(),
        stage.outbox(),
        len(stage.conflicts()),
        (row.watermark, row.full_read_due, row.full_push_due),
        {key: dict(record.values) for key, record in stage.server.records["Customer"].items()},
    )


def test_everything_is_counted_and_nothing_is_written(stage: Stage) -> None:
    ready(stage)
    stage.server.put("Customer", "C0", {"EMAIL": None})
    stage.server.put("Customer", "C9", {"NAME": "New"})
    stage.server.put("Customer", "C8", {"EMAIL": "nameless@b.example"})
    before = everything(stage)
    run = previewed(stage)
    assert everything(stage) == before
    assert (run.outcome, run.mode, run.actor_type) == ("success", "preview", "Customer")
    counts = {name: run.counts.get(name, 0) for name in ("read", "created", "changed", "failed", "equal")}
    assert counts == {"read": 6, "created": 1, "changed": 4, "failed": 1, "equal": 0}
    assert (run.counts["fields_changed"], run.counts["cleared"]) == (4, 1)
    (told,) = (each for each in stage.passes() if each.direction == "preview")
    assert told.finished_at is not None
    assert told.sample is not None
    sampled = {each["erp_key"]: (each["crm_field"], each["old"], each["new"], each["reason"]) for each in told.sample}
    assert sampled["C0"] == ("email", "typed@hub.example", None, "first_time")
    assert sampled["C1"] == ("email", "typed@hub.example", "1@b.example", "first_time")
    # what was foretold is what happens
    real = stage.run()
    for name in ("read", "created", "changed", "failed", "fields_changed"):
        assert real.counts[name] == run.counts[name], name


def test_what_would_be_owed_to_the_erp_and_asked_is_counted(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER, two_way=["NAME", "EMAIL"], policy="ask")
    for number in range(3):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "EMAIL": "a@b.example"})
    stage.run()
    for number, row in enumerate(stage.hub()):
        stage.edit("company", row["id"], name=f"Hub {number}")
    stage.server.put("Customer", "C0", {"NAME": "Erp 0"})
    before = everything(stage)
    run = previewed(stage)
    assert everything(stage) == before
    assert run.counts["conflicts"] == 1
    assert "save" not in stage.connector_calls


def test_the_sample_is_bounded_and_nothing_else_is(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "MOST_SAMPLED", 3)
    ready(stage, 8)
    stage.server.page_size = 2
    run = previewed(stage)
    assert run.counts["fields_changed"] == 8
    (told,) = (each for each in stage.passes() if each.direction == "preview")
    assert [each["erp_key"] for each in told.sample or ()] == ["C0", "C1", "C2"]


def test_a_preview_that_is_cancelled_or_dies_holds_nothing_and_the_next_begins_anew(stage: Stage) -> None:
    ready(stage)
    stage.server.page_size = 1
    run_id = ask(stage)
    pages: list[str] = []

    def cancel(point: str) -> None:
        pages.append(point)
        if pages.count("page committed") == 2:
            with stage.database.writing() as session:
                session.get_one(Run, run_id).cancelled_at = stage.runs()[0].requested_at

    assert stage.work(cancel)
    given_up = stage.run_row(run_id)
    assert (given_up.outcome, given_up.counts["read"]) == ("aborted", 2)
    again = previewed(stage)
    assert (again.outcome, again.counts["read"]) == ("success", 4)
    assert len([each for each in stage.passes() if each.direction == "preview"]) == 1


def test_another_worker_counts_from_the_beginning(stage: Stage) -> None:
    ready(stage)
    stage.server.page_size = 1
    run_id = ask(stage)
    stopping = threading.Event()

    def stop(point: str) -> None:
        if point == "page committed":
            stopping.set()

    assert stage.work(stop, stopping)
    assert stage.run_row(run_id).status == "queued"
    assert stage.work()
    assert (stage.run_row(run_id).outcome, stage.run_row(run_id).counts["read"]) == ("success", 4)


def test_the_brake_stops_a_full_read_that_nobody_has_looked_at(stage: Stage) -> None:
    stage.change_link(brake_least=2)
    ready(stage)
    run = stage.run()
    assert (run.outcome, stage.link().paused_reason) == ("failed", "brake")
    assert {row["email"] for row in stage.hub()} == {"typed@hub.example"}


def test_the_brake_lets_a_previewed_full_read_through(stage: Stage) -> None:
    stage.change_link(brake_least=2)
    ready(stage)
    previewed(stage)
    run = stage.run()
    assert (run.outcome, run.counts["changed"]) == ("success", 4)
    # it held for that full read only
    for number in range(4):
        stage.server.put("Customer", f"C{number}", {"EMAIL": f"other{number}@b.example"})
    assert stage.run().outcome == "failed"


def test_a_preview_of_another_mapping_does_not_count(stage: Stage) -> None:
    stage.change_link(brake_least=2)
    ready(stage)
    previewed(stage)
    stage.map("Customer", {**CUSTOMER, "PHONE": "phone"})
    assert stage.run().outcome == "failed"


def test_the_brake_lets_through_what_an_administrator_asked_for_also_when_the_run_is_interrupted(stage: Stage) -> None:
    stage.change_link(brake_least=2)
    ready(stage)
    mark(stage, full_read_due="requested")
    stage.server.page_size = 1
    stopped: list[str] = []

    def fail(point: str) -> None:
        stopped.append(point)
        if stopped.count("page committed") == 1:
            stage.server.fail["changes"] = UnavailableError("closed")

    first = stage.run(fail)
    assert first.outcome in {"aborted", "success"}
    stage.server.fail.clear()
    second = stage.run()
    assert (second.outcome, {row["email"] for row in stage.hub()} & {"typed@hub.example"}) == ("success", set())


def test_a_full_push_is_expected_when_it_was_asked_for(stage: Stage) -> None:
    stage.change_link(brake_least=2)
    stage.map("Customer", {"NAME": "name"}, two_way=["NAME"])
    for number in range(4):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.run()
    for number, row in enumerate(stage.hub()):
        stage.edit("company", row["id"], name=f"Hub {number}")
    mark(stage, full_push_due="mapping")
    assert stage.run().outcome == "failed"
    stage.change_link(paused_reason=None)
    mark(stage, full_push_due="requested")
    run = stage.run()
    assert (run.outcome, run.counts["erp_changed"]) == ("success", 4)


def test_only_a_preview_has_an_actor_type_and_it_has_to_fill_the_hub(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    for wanted in (
        Wanted(RunMode.PREVIEW),
        Wanted(RunMode.PREVIEW, actor_type="Person"),
        Wanted(RunMode.PREVIEW, actor_type="Customer", keep_blanks=True),
        Wanted(actor_type="Customer"),
    ):
        with pytest.raises(InvalidInputError), sqlite_stage.database.writing() as session:
            request_run(session, sqlite_stage.link_id, Cause.PERSON, IDA, wanted)


def test_a_preview_is_no_success_of_the_link_and_does_not_use_up_a_lifted_brake(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    sqlite_stage.change_link(brake_lifted=True)
    due = sqlite_stage.link().next_run_at
    previewed(sqlite_stage)
    assert sqlite_stage.link().brake_lifted
    assert sqlite_stage.link().next_run_at == due


def test_the_pages_lead_from_what_is_due_over_the_preview_to_reading_everything(
    sqlite_stage: Stage, browser: FlaskClient
) -> None:
    ready(sqlite_stage)
    page = f"/sync/links/{sqlite_stage.link_id}"
    assert "Without a preview the brake may stop it" in browser.get(page).text
    started = browser.post(f"{page}/preview", data={"actor_type": "Customer"})
    address = started.headers["Location"]
    assert "data-poll" in browser.get(address).text
    sqlite_stage.work()
    shown = browser.get(address).text
    for text in (
        "Preview of",
        "Nothing was written",
        "typed@hub.example",
        "1@b.example",
        "holds for the present mapping",
    ):
        assert text in shown
    assert "/revert" not in shown
    assert "Without a preview" not in browser.get(page).text
    assert address in browser.get(page).text
    listed = browser.get("/sync/runs").text
    assert "writes nothing" in listed
    sqlite_stage.map("Customer", {**CUSTOMER, "PHONE": "phone"})
    assert "does not hold any more" in browser.get(address).text
    read = browser.post(f"{page}/full-read", data={"actor_type": "Customer"})
    sqlite_stage.work()
    assert "1@b.example" in browser.get(read.headers["Location"]).text


def test_who_may_not_see_the_values_sees_the_counts(sqlite_stage: Stage, app: Flask, browser: FlaskClient) -> None:
    ready(sqlite_stage)
    run = previewed(sqlite_stage)
    hide(sqlite_stage)
    text = browser.get(f"/sync/runs/{run.id}").text
    assert "not visible to you" in text
    assert "typed@hub.example" not in text
    assert client_of(app, make_user(sqlite_stage.database, "ola")).get(f"/sync/runs/{run.id}").status_code == 404


def test_the_api_previews(sqlite_stage: Stage, app: Flask, ida: User) -> None:
    ready(sqlite_stage, 2)
    client = api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)
    link = f"/erp-links/{sqlite_stage.link_id}"
    assert client.post(f"{link}/runs", json={"mode": "preview"}).status_code == 422
    asked = client.post(f"{link}/runs", json={"mode": "preview", "actor_type": "Customer"})
    assert (asked.status_code, asked.json["actor_type"]) == (201, "Customer")
    sqlite_stage.work()
    found = client.get(f"{link}/runs/{asked.json['id']}/preview").json
    assert (found["actor_type"], found["is_present"], found["values_hidden"]) == ("Customer", True, False)
    assert [(each["erp_key"], each["old"], each["new"]) for each in found["sample"]] == [
        ("C0", "typed@hub.example", "0@b.example"),
        ("C1", "typed@hub.example", "1@b.example"),
    ]
    (due,) = client.get(f"{link}/sync").json["full_reads_due"]
    assert due["preview_run_id"] == asked.json["id"]
    first = sqlite_stage.runs()[0].id
    assert client.get(f"{link}/runs/{first}/preview").status_code == 409
    hide(sqlite_stage)
    hidden = client.get(f"{link}/runs/{asked.json['id']}/preview").json
    assert (hidden["values_hidden"], hidden["sample"][0]["old"]) == (True, None)
