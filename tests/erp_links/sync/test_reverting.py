"""Taking back what a run wrote into the hub."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from erp_links.sync.models import Run
from erp_links.sync.reverting import revertible
from erp_links.sync.reverting.operations import Reverted, revert
from erp_links.sync.reverting.revertible import count_revertible
from erp_links.sync.views.changes import ChangeFilter
from host.accounts.models import TokenScope, User
from host.audit.doer import Doer
from host.audit.models import AuditEntry
from tests.accounts import api_client, make_administrator
from tests.erp_links.sync.stage import Stage
from tests.erp_links.sync.test_pages import hide

CUSTOMER = {"NAME": "name", "CUSTNO": "number", "EMAIL": "email", "COUNTRY": "country"}
EVERYTHING = ChangeFilter()


class KilledError(Exception):
    """Stands for the end of the process."""


def changed(stage: Stage, count: int = 3, **mapped: Any) -> Run:
    """A run that changed name and e-mail of all customers, each told apart by its number."""
    stage.map("Customer", CUSTOMER, **mapped)
    for number in range(count):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Before {number}", "EMAIL": "before@b.example"})
    stage.run()
    for number in range(count):
        stage.server.put("Customer", f"C{number}", {"NAME": f"After {number}", "EMAIL": None})
    return stage.run()


def ida(stage: Stage) -> Doer:
    user = make_administrator(stage.database)
    return Doer(user.id, "Ida Holm", "page")


def names(stage: Stage) -> list[str]:
    return [row["name"] for row in stage.hub()]


def test_all_fields_go_back_as_a_change_of_the_person_with_log_and_audit(stage: Stage) -> None:
    run, doer = changed(stage), ida(stage)
    assert revert(stage.database, run.id, EVERYTHING, doer) == Reverted(6, 0, 0, None)
    assert names(stage) == ["Before 0", "Before 1", "Before 2"]
    company = stage.hub()[0]
    assert company["email"] == "before@b.example"
    assert company["updated_by"] == f"user:{doer.user_id}"
    assert company["field_meta"]["name"][2] == f"user:{doer.user_id}"
    told = stage.log("reverted")
    assert {(entry.run_id, entry.target, entry.reason, entry.done_by) for entry in told} == {
        (run.id, "crm", "reverted", doer.user_id)
    }
    of_first = {entry.crm_field: (entry.old, entry.new) for entry in told if entry.erp_key == "C0"}
    assert of_first == {"name": ("After 0", "Before 0"), "email": (None, "before@b.example")}
    assert {entry.reverts for entry in told} == {entry.id for entry in stage.log("changed") if entry.run_id == run.id}
    with stage.database.reading() as session:
        (noted,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "run.revert"))
    assert (noted.user_id, noted.object_id) == (doer.user_id, str(run.id))


def test_what_somebody_changed_since_stays_and_is_listed(stage: Stage) -> None:
    run, doer = changed(stage), ida(stage)
    _first, second, third = (row["id"] for row in stage.hub())
    stage.edit("company", second, name="Typed by Ola")
    stage.delete("company", third)
    assert revert(stage.database, run.id, EVERYTHING, doer) == Reverted(3, 1, 2, None)
    assert names(stage) == ["Before 0", "Typed by Ola"]
    kept = {(entry.entity_id, entry.crm_field): (entry.reason, entry.new) for entry in stage.log("not_reverted")}
    assert kept == {
        (second, "name"): ("changed_since", "Typed by Ola"),
        (third, "name"): ("no_longer_possible", None),
        (third, "email"): ("no_longer_possible", None),
    }
    # what has the run's value again can be taken back by asking again, and nothing is told twice
    stage.edit("company", second, name="After 1")
    assert revert(stage.database, run.id, EVERYTHING, doer) == Reverted(1, 0, 2, None)
    assert names(stage) == ["Before 0", "Before 1"]
    assert len(stage.log("reverted")) == 4
    assert len(stage.log("not_reverted")) == 2


def test_only_what_the_filter_leaves_goes_back(stage: Stage) -> None:
    run, doer = changed(stage), ida(stage)
    assert revert(stage.database, run.id, ChangeFilter(field="email"), doer).fields == 3
    assert names(stage) == ["After 0", "After 1", "After 2"]
    assert revert(stage.database, run.id, ChangeFilter(text="After 1"), doer).fields == 1
    assert names(stage) == ["After 0", "Before 1", "After 2"]
    assert revert(stage.database, run.id, ChangeFilter(target="erp"), doer).fields == 0
    with stage.database.reading() as session:
        count = count_revertible(session, run.id, EVERYTHING)
    assert (count.fields, count.records, count.reverted, count.made, count.erp_values) == (2, 2, 4, 0, 0)


def test_a_field_that_the_run_wrote_twice_goes_back_to_what_was_before_both(stage: Stage) -> None:
    run, doer = changed(stage, 1), ida(stage)
    with stage.database.writing() as session:
        first = next(entry for entry in stage.log("changed") if entry.crm_field == "name")
        again = type(first)(
            **{
                column.key: getattr(first, column.key)
                for column in type(first).__table__.columns
                if column.key not in {"id", "old", "new"}
            },
            old="After 0",
            new="Once more",
        )
        session.add(again)
    stage.edit("company", stage.hub()[0]["id"], origin=f"link:{stage.link_id}", name="Once more")
    assert revert(stage.database, run.id, ChangeFilter(field="name"), doer).fields == 2
    assert names(stage) == ["Before 0"]


def test_what_went_back_goes_to_the_erp_of_a_two_way_field_and_stays_in_a_one_way_field(stage: Stage) -> None:
    run, doer = changed(stage, two_way=["NAME"]), ida(stage)
    assert stage.outbox() == []
    revert(stage.database, run.id, EVERYTHING, doer)
    assert len(stage.outbox()) == 3
    after = stage.run()
    assert (after.outcome, after.counts["erp_changed"]) == ("success", 3)
    assert [record.values["NAME"] for _key, record in sorted(stage.server.records["Customer"].items())] == [
        "Before 0",
        "Before 1",
        "Before 2",
    ]
    assert {row["email"] for row in stage.hub()} == {"before@b.example"}
    assert names(stage) == ["Before 0", "Before 1", "Before 2"]


def test_a_process_that_dies_in_the_middle_leaves_whole_batches_and_the_rest_is_done_by_asking_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revertible, "RECORDS_PER_TRANSACTION", 2)
    run, doer = changed(stage, 5), ida(stage)
    passed: list[str] = []

    def die(point: str) -> None:
        passed.append(point)
        if passed.count("revert about to be committed") == 2:
            raise KilledError

    with pytest.raises(KilledError):
        revert(stage.database, run.id, EVERYTHING, doer, reached=die)
    left = [row["name"] for row in stage.hub() if row["name"].startswith("After")]
    assert len(left) == 3
    told = {entry.entity_id for entry in stage.log("reverted")}
    assert told == {row["id"] for row in stage.hub() if row["name"].startswith("Before")}
    assert revert(stage.database, run.id, EVERYTHING, doer) == Reverted(6, 0, 0, None)
    assert names(stage) == [f"Before {number}" for number in range(5)]
    assert len(stage.log("reverted")) == 10
    assert revert(stage.database, run.id, EVERYTHING, doer) == Reverted(0, 0, 0, None)


def test_a_call_stops_after_its_time_and_says_where_to_go_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revertible, "RECORDS_PER_TRANSACTION", 2)
    run, doer = changed(stage, 5), ida(stage)
    first = revert(stage.database, run.id, EVERYTHING, doer, seconds=0)
    assert (first.fields, first.next is not None) == (4, True)
    second = revert(stage.database, run.id, EVERYTHING, doer, first.next)
    assert (second.fields, second.next) == (6, None)
    with stage.database.reading() as session:
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "run.revert")).all()) == 1


def test_statements_do_not_grow_with_the_records(stage: Stage) -> None:
    def statements(count: int) -> int:
        run, counted = changed(stage, count), []
        listener = lambda *_args: counted.append(1)  # noqa: E731 -- the event system takes a plain callable
        event.listen(stage.database.engine, "before_cursor_execute", listener)
        try:
            assert revert(stage.database, run.id, EVERYTHING, doer).fields == 2 * count
        finally:
            event.remove(stage.database.engine, "before_cursor_execute", listener)
        return len(counted)

    stage.change_link(brake_percent=100)
    doer = ida(stage)
    assert statements(2) == statements(60)


def test_a_record_goes_back_below_its_parent_unless_that_is_gone(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    stage.map("Person", {"LASTNAME": "last_name"})
    for key in ("C1", "C2"):
        stage.server.put("Customer", key, {"NAME": key})
    for key in ("P1", "P2"):
        stage.server.put("Person", key, {"LASTNAME": key}, parent="C1")
    stage.run()
    one, two = (row["id"] for row in stage.hub())
    for key in ("P1", "P2"):
        stage.server.put("Person", key, {}, parent="C2")
    run = stage.run()
    assert {row["company"] for row in stage.hub("person")} == {two}
    doer = ida(stage)
    assert revert(stage.database, run.id, ChangeFilter(text="P1"), doer).fields == 1
    assert {row["last_name"]: row["company"] for row in stage.hub("person")} == {"P1": one, "P2": two}
    stage.run()
    assert {row["last_name"]: row["company"] for row in stage.hub("person")} == {"P1": one, "P2": two}
    stage.edit("person", stage.hub("person")[0]["id"], company=two)
    stage.delete("company", one)
    assert revert(stage.database, run.id, EVERYTHING, doer) == Reverted(0, 0, 1, None)


def test_the_page_counts_asks_and_leads_to_what_went_back(sqlite_stage: Stage, browser: FlaskClient, ida: User) -> None:
    run = changed(sqlite_stage)
    sqlite_stage.edit("company", sqlite_stage.hub()[0]["id"], name="Typed by Ola")
    assert f"/sync/runs/{run.id}/revert" in browser.get(f"/sync/runs/{run.id}").text
    asked = browser.get(f"/sync/runs/{run.id}/revert?field=name").text
    assert "3 values of the CRM go back" in asked
    assert "Only what the filter of the list of changes leaves" in asked
    answer = browser.post(f"/sync/runs/{run.id}/revert", data={"field": "name"}, follow_redirects=True)
    assert names(sqlite_stage) == ["Typed by Ola", "Before 1", "Before 2"]
    for text in ("2 values went back", "1 changed since", "A person took back what the run wrote", ida.name):
        assert text in answer.text
    listed = browser.get(f"/sync/runs/{run.id}?kind=not_reverted").text
    assert "Typed by Ola" in listed
    assert "Changed since the run" in listed
    browser.post(f"/sync/runs/{run.id}/revert", data={})
    assert "There is nothing to revert" in browser.get(f"/sync/runs/{run.id}/revert?field=email").text


def test_created_records_and_values_of_the_erp_stay_and_are_led_to(sqlite_stage: Stage, browser: FlaskClient) -> None:
    sqlite_stage.map("Customer", {"NAME": "name"}, two_way=["NAME"])
    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    created = sqlite_stage.run()
    page = browser.get(f"/sync/runs/{created.id}/revert").text
    assert "Records that the run created or paired are not deleted" in page
    assert "kind=created&amp;target=crm" in page
    assert "actor_type=Customer&amp;erp_key=C1" in browser.get(f"/sync/runs/{created.id}?kind=created").text
    browser.post(f"/sync/runs/{created.id}/revert")
    assert names(sqlite_stage) == ["Alfa"]
    sqlite_stage.edit("company", sqlite_stage.hub()[0]["id"], name="Beta")
    pushed = sqlite_stage.run()
    assert (
        "What the run wrote in the ERP is not reverted from here" in browser.get(f"/sync/runs/{pushed.id}/revert").text
    )


def test_a_run_under_way_and_one_whose_values_are_hidden_cannot_be_reverted(
    sqlite_stage: Stage, browser: FlaskClient
) -> None:
    run = changed(sqlite_stage)
    waiting = sqlite_stage.request()
    assert browser.post(f"/sync/runs/{waiting}/revert").status_code == 409
    hide(sqlite_stage)
    assert browser.get(f"/sync/runs/{run.id}/revert").status_code == 404
    assert browser.post(f"/sync/runs/{run.id}/revert").status_code == 404
    assert "/revert" not in browser.get(f"/sync/runs/{run.id}").text
    assert names(sqlite_stage) == ["After 0", "After 1", "After 2"]


def test_the_api_counts_and_takes_back(sqlite_stage: Stage, app: Flask, ida: User) -> None:
    run = changed(sqlite_stage)
    client = api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)
    address = f"/erp-links/{sqlite_stage.link_id}/runs/{run.id}"
    counted = client.get(f"{address}/revert?field=name").json
    assert counted == {"fields": 3, "records": 3, "reverted": 0, "made": 0, "erp_values": 0}
    done = client.post(f"{address}/revert", json={"field": "name"}).json
    assert done == {"fields": 3, "changed_since": 0, "not_possible": 0, "next": None}
    assert {row["updated_by"] for row in sqlite_stage.hub()} == {f"api:{ida.id}"}
    (told, *_others) = client.get(f"{address}/changes?kind=reverted").json["items"]
    assert (told["done_by"], told["old"][:5], told["new"][:6]) == (ida.id, "After", "Before")
    assert client.post(f"{address}/revert", json={"before": "soon"}).status_code == 422
