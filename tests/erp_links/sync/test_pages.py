from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from erp_links.links.models import LinkAccess, Visibility
from erp_links.sync.models import Run
from host.accounts.models import TokenScope, User
from host.audit.models import AuditEntry
from sync_connectors import UnavailableError
from tests.accounts import api_client, client_of, make_user
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "CUSTNO": "number", "EMAIL": "email", "COUNTRY": "country"}


def hide(stage: Stage, *seeing: User) -> None:
    """Let only these see the link."""
    stage.change_link(visibility=Visibility.SELECTED.value)
    with stage.database.writing() as session:
        session.add_all(LinkAccess(link_id=stage.link_id, user_id=user.id) for user in seeing)


def ran(stage: Stage) -> Run:
    """A run that has changed a field and has not settled a record."""
    stage.map("Customer", CUSTOMER)
    stage.server.put("Customer", "C1", {"NAME": "Van Dijk", "EMAIL": "info@vandijk.example", "COUNTRY": "DK"})
    stage.run()
    stage.server.put("Customer", "C1", {"EMAIL": "canary@vandijk.example", "COUNTRY": "NO"})
    stage.server.put("Customer", "C2", {"EMAIL": "nameless@canary.example"})
    return stage.run()


def test_a_finished_run_shows_counts_old_and_new_values_reasons_and_what_failed(
    sqlite_stage: Stage, browser: FlaskClient
) -> None:
    run = ran(sqlite_stage)
    page = browser.get(f"/sync/runs/{run.id}")
    assert page.status_code == 200
    assert "data-poll" not in page.text
    for text in (
        "Partial",
        "Van Dijk",
        "info@vandijk.example",
        "canary@vandijk.example",
        "Only the ERP changed",
        "The CRM needs a value for Name",
        "C2",
    ):
        assert text in page.text


def test_a_run_under_way_is_polled_and_can_be_cancelled(sqlite_stage: Stage, browser: FlaskClient) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    sqlite_stage.server.page_size = 1
    for number in range(3):
        sqlite_stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    run_id = sqlite_stage.request()
    seen: list[str] = []

    def look(point: str) -> None:
        if point == "page committed" and not seen:
            progress = browser.get(f"/sync/runs/{run_id}/progress")
            again = browser.get(f"/sync/runs/{run_id}/progress", headers={"If-None-Match": progress.headers["ETag"]})
            seen.extend([progress.text, str(again.status_code), progress.headers.get("X-Poll", "")])
            assert browser.post(f"/sync/runs/{run_id}/cancel").status_code == 302

    assert "data-poll" in browser.get(f"/sync/runs/{run_id}").text
    sqlite_stage.work(look)

    assert "1 of 3 Customer" in seen[0]
    assert "Cancel after this page" in seen[0]
    # a second may have passed between the two looks
    assert seen[1] in {"304", "200"}
    assert seen[2] == ""
    finished = browser.get(f"/sync/runs/{run_id}/progress")
    assert finished.headers["X-Poll"] == "stop"
    assert "Aborted" in finished.text


def test_who_may_not_see_a_link_finds_no_trace_of_its_runs(sqlite_stage: Stage, app: Flask, ida: User) -> None:
    inside, outside = make_user(sqlite_stage.database, "inside"), make_user(sqlite_stage.database, "outside")
    run = ran(sqlite_stage)
    hide(sqlite_stage, inside)
    seeing, other = client_of(app, inside), client_of(app, outside)
    assert "canary@vandijk.example" in seeing.get(f"/sync/runs/{run.id}").text
    assert "nameless@canary.example" not in seeing.get("/sync").text
    for path in (f"/sync/runs/{run.id}", f"/sync/runs/{run.id}/progress", f"/sync/runs/{run.id}/details"):
        assert other.get(path).status_code == 404
    for path in ("/sync", "/sync/runs", "/sync/failed-records"):
        text = other.get(path).text
        assert "Nordwind" not in text
        assert "C2" not in text
    # an administrator manages runs without thereby seeing the ERP's values
    managing = client_of(app, ida).get(f"/sync/runs/{run.id}")
    assert "Partial" in managing.text
    assert "not visible to you" in managing.text
    assert "canary" not in managing.text


def test_users_see_runs_and_failed_records_and_get_no_buttons(sqlite_stage: Stage, app: Flask) -> None:
    user = make_user(sqlite_stage.database, "ola")
    run = ran(sqlite_stage)
    client = client_of(app, user)
    for path in ("/sync", f"/sync/runs/{run.id}", "/sync/failed-records"):
        text = client.get(path).text
        assert "Nordwind" in text or "C2" in text
        assert "/dismiss" not in text
        assert "/retry" not in text
        assert "Sync now" not in text
    assert client.post(f"/sync/links/{sqlite_stage.link_id}/run").status_code == 403


def test_the_overview_tells_state_before_settings(sqlite_stage: Stage, browser: FlaskClient) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    assert "never" in browser.get("/sync").text
    sqlite_stage.server.fail["changes"] = UnavailableError("closed for stock-taking")
    sqlite_stage.run()
    text = browser.get("/sync").text
    assert "Closed for stock-taking" in text
    assert "No worker is running" in text
    assert "Sync now" in text


def test_a_run_is_started_by_a_button_and_a_second_press_says_that_one_is_under_way(
    sqlite_stage: Stage, browser: FlaskClient
) -> None:
    started = browser.post(f"/sync/links/{sqlite_stage.link_id}/run")
    assert started.headers["Location"] == f"/sync/runs/{sqlite_stage.runs()[0].id}"
    again = browser.post(f"/sync/links/{sqlite_stage.link_id}/run")
    assert again.status_code == 409
    assert "lready running since" in again.text


def test_failed_records_are_filtered_tried_again_and_dismissed(sqlite_stage: Stage, browser: FlaskClient) -> None:
    ran(sqlite_stage)
    failed = sqlite_stage.failed()[0]
    assert "C2" in browser.get("/sync/failed-records?reason=required_missing").text
    assert "C2" not in browser.get("/sync/failed-records?reason=ambiguous_match").text
    assert browser.post(f"/sync/failed-records/{failed.id}/retry").status_code == 302
    assert sqlite_stage.failed()[0].retry_at < failed.retry_at
    assert browser.post(f"/sync/failed-records/{failed.id}/dismiss").status_code == 302
    assert (sqlite_stage.failed()[0].state, sqlite_stage.failed()[0].retry_at) == ("dismissed", None)
    assert "C2" not in browser.get("/sync/failed-records").text
    assert "C2" in browser.get("/sync/failed-records?state=dismissed").text
    sqlite_stage.run()
    assert sqlite_stage.failed()[0].state == "dismissed"


def test_the_list_of_runs_is_paged_and_filtered(sqlite_stage: Stage, browser: FlaskClient) -> None:
    ran(sqlite_stage)
    first, second = (f"/sync/runs/{run.id}" for run in sqlite_stage.runs())
    listed = browser.get("/sync/runs?limit=1").text
    assert second in listed
    assert f'{first}"' not in listed
    assert "Next page" in listed
    assert first in browser.get("/sync/runs?outcome=success").text
    assert f'{second}"' not in browser.get("/sync/runs?outcome=success").text
    assert browser.get("/sync/runs?outcome=splendid").status_code == 422


def test_the_api_starts_follows_and_cancels_runs(sqlite_stage: Stage, app: Flask, ida: User) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    client = api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)
    runs = f"/erp-links/{sqlite_stage.link_id}/runs"

    started = client.post(runs, headers={"Idempotency-Key": "first"})
    assert started.status_code == 201
    run_id = started.json["id"]
    assert client.post(runs, headers={"Idempotency-Key": "first"}).json["id"] == run_id
    assert client.post(runs).status_code == 409
    waiting = client.get(f"{runs}/{run_id}")
    assert waiting.json["status"] == "queued"
    assert client.get(f"{runs}/{run_id}", headers={"If-None-Match": waiting.headers["ETag"]}).status_code == 304
    sqlite_stage.work()
    done = client.get(f"{runs}/{run_id}")
    assert (done.json["outcome"], done.json["counts"]) == ("success", {"read": 1, "created": 1})
    assert done.headers["ETag"] != waiting.headers["ETag"]
    assert client.post(f"{runs}/{run_id}/cancel").status_code == 409
    assert [run["id"] for run in client.get(runs).json["items"]] == [run_id]
    changes = client.get(f"{runs}/{run_id}/changes").json["items"]
    assert [(change["kind"], change["title"], change["new"]) for change in changes] == [("created", "Alfa", None)]
    assert client.get(f"/erp-links/4711/runs/{run_id}").status_code == 404


def test_the_api_keeps_erp_values_from_an_administrator_who_may_not_see_the_link(
    sqlite_stage: Stage, app: Flask, ida: User
) -> None:
    run = ran(sqlite_stage)
    hide(sqlite_stage)
    client = api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)
    link = f"/erp-links/{sqlite_stage.link_id}"
    answers = [client.get(f"{link}/runs/{run.id}/changes"), client.get(f"{link}/failed-records")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all(item["values_hidden"] for answer in answers for item in answer.json["items"])
    assert not any("canary" in answer.text for answer in answers)


def test_the_api_tries_failed_records_again_by_reason(sqlite_stage: Stage, app: Flask, ida: User) -> None:
    ran(sqlite_stage)
    client = api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)
    failed = f"/erp-links/{sqlite_stage.link_id}/failed-records"
    assert client.post(f"{failed}/retry", json={"reason": "ambiguous_match"}).json == {"records": 0}
    assert client.post(f"{failed}/retry", json={}).json == {"records": 1}
    item = client.get(failed).json["items"][0]
    assert (item["erp_key"], item["reason_text"]) == ("C2", "a required field is empty")
    assert client.post(f"{failed}/{item['id']}/dismiss").json["state"] == "dismissed"
    assert client.post(f"{failed}/{item['id']}/dismiss").status_code == 409
    assert client.get(failed).json["items"] == []


def test_starting_and_cancelling_is_in_the_audit_log(sqlite_stage: Stage, browser: FlaskClient) -> None:

    browser.post(f"/sync/links/{sqlite_stage.link_id}/run")
    browser.post(f"/sync/runs/{sqlite_stage.runs()[0].id}/cancel")
    with sqlite_stage.database.reading() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"run.request", "run.cancel"} <= actions


def both_ways(stage: Stage) -> Run:
    """A run with a value written on each side, a new record on each, and a record that waits for its parent."""
    stage.map("Customer", CUSTOMER, match=["name"], two_way=("NAME", "EMAIL"), push="create")
    stage.map("Person", {"LASTNAME": "last_name"})
    stage.server.put("Customer", "C1", {"NAME": "Van Dijk", "EMAIL": "first@vandijk.example", "COUNTRY": "DK"})
    stage.server.put("Customer", "C2", {"NAME": "Fjord", "EMAIL": "first@fjord.example", "COUNTRY": "DK"})
    stage.run()
    van_dijk, _fjord = stage.hub()
    stage.edit("company", van_dijk["id"], email="crm@vandijk.example")
    stage.server.put("Customer", "C2", {"EMAIL": "erp@fjord.example"})
    stage.server.put("Customer", "C3", {"NAME": "New of the ERP"})
    stage.server.put("Person", "P1", {"LASTNAME": "Berg"}, parent="C9")
    stage.add("company", name="New of the CRM")
    return stage.run()


def changes_of(browser: FlaskClient, run: Run, **filters: str) -> str:
    """The part of a run's page below the heading of its changes."""
    page = browser.get(f"/sync/runs/{run.id}", query_string=filters)
    assert page.status_code == 200
    return page.text.partition('id="changes-heading"')[2]


def test_a_run_goes_both_ways_and_its_counts_lead_to_the_records(sqlite_stage: Stage, browser: FlaskClient) -> None:
    run = both_ways(sqlite_stage)
    text = browser.get(f"/sync/runs/{run.id}").text
    here = f"/sync/runs/{run.id}?kind"
    for kind, target in (("created", "crm"), ("changed", "crm"), ("created", "erp"), ("changed", "erp")):
        assert f'<a href="{here}={kind}&amp;target={target}#changes-heading">1</a>' in text, (kind, target)
    assert f'/sync/failed-records?run={run.id}&amp;kind=waiting&amp;direction=pull">1</a>' in text
    assert "CRM to ERP" in text.partition(" passes</summary>")[2]


def test_the_changes_of_a_run_are_narrowed_by_kind_side_field_reason_and_text(
    sqlite_stage: Stage, browser: FlaskClient
) -> None:
    run = both_ways(sqlite_stage)
    changed = changes_of(browser, run, kind="changed")
    assert "crm@vandijk.example" in changed
    assert "erp@fjord.example" in changed
    to_erp = changes_of(browser, run, kind="changed", target="erp")
    assert "first@vandijk.example" in to_erp
    assert "Only the CRM changed" in to_erp
    assert "fjord" not in to_erp
    assert "New of the CRM" in changes_of(browser, run, kind="created", target="erp")
    assert "New of the ERP" in changes_of(browser, run, kind="created", target="crm")
    for narrowed in ({"reason": "only_erp_changed"}, {"q": "fjord"}, {"q": "C2"}, {"q": "erp@fjord"}):
        found = changes_of(browser, run, **narrowed)
        assert ("erp@fjord.example" in found, "vandijk" in found) == (True, False), narrowed
    # a record that was created is found by what it has, and each side tells which one it is
    created = changes_of(browser, run, kind="created", q="new of the erp")
    assert ("New of the ERP" in created, "New of the CRM" in created) == (True, False)
    assert '<td data-label="ERP">C3</td>' in created
    assert "vandijk" in changes_of(browser, run, field="email")
    assert "Nothing fits this filter" in changes_of(browser, run, field="phone")
    assert browser.get(f"/sync/runs/{run.id}?kind=exploded").status_code == 422


def test_the_changes_of_a_run_are_paged_under_their_filter(sqlite_stage: Stage, browser: FlaskClient) -> None:
    run = both_ways(sqlite_stage)
    first = changes_of(browser, run, kind="changed", limit="1")
    following = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "kind=changed" in following
    second = browser.get(following).text.partition('id="changes-heading"')[2]
    assert 'rel="next"' not in second
    # each of the two values stands on a page of its own
    assert [("vandijk" in part, "fjord" in part) for part in (first, second)] in (
        [(True, False), (False, True)],
        [(False, True), (True, False)],
    )


def test_who_waits_is_no_failure_and_stands_apart(sqlite_stage: Stage, browser: FlaskClient) -> None:
    run = both_ways(sqlite_stage)
    assert run.outcome == "success"
    assert "Nothing failed" in browser.get("/sync/failed-records?kind=failed").text
    waiting = browser.get("/sync/failed-records?kind=waiting").text
    assert "Waiting records" in waiting
    assert "P1" in waiting
    assert "P1" in browser.get(f"/sync/failed-records?run={run.id}&direction=pull&q=berg").text
    for narrowed in ("direction=push", "q=ghost", "run=4711", "actor_type=Customer"):
        assert "P1" not in browser.get(f"/sync/failed-records?{narrowed}").text, narrowed


def test_failed_records_are_dismissed_by_reason_and_restored(sqlite_stage: Stage, browser: FlaskClient) -> None:
    ran(sqlite_stage)
    link = f"/sync/links/{sqlite_stage.link_id}/failed-records"
    assert browser.post(f"{link}/dismiss", data={}).status_code == 422
    assert browser.post(f"{link}/dismiss", data={"reason": "rejected"}).status_code == 302
    assert [each.state for each in sqlite_stage.failed()] == ["open"]
    assert browser.post(f"{link}/dismiss", data={"reason": "required_missing"}).status_code == 302
    (failed,) = sqlite_stage.failed()
    assert (failed.state, failed.retry_at) == ("dismissed", None)
    assert "Restore" in browser.get("/sync/failed-records?state=dismissed").text
    assert browser.post(f"/sync/failed-records/{failed.id}/restore").status_code == 302
    (failed,) = sqlite_stage.failed()
    assert (failed.state, failed.retry_at is not None) == ("open", True)
    assert browser.post(f"/sync/failed-records/{failed.id}/restore").status_code == 409


def test_the_api_narrows_changes_and_failed_records_as_the_pages_do(sqlite_stage: Stage, app: Flask, ida: User) -> None:
    run = both_ways(sqlite_stage)
    client = api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)
    link = f"/erp-links/{sqlite_stage.link_id}"
    changes = client.get(f"{link}/runs/{run.id}/changes?kind=changed&target=erp").json["items"]
    assert [(each["old"], each["new"], each["reason"]) for each in changes] == [
        ("first@vandijk.example", "crm@vandijk.example", "only_crm_changed")
    ]
    assert [each["erp_key"] for each in client.get(f"{link}/failed-records?kind=waiting").json["items"]] == ["P1"]
    assert client.get(f"{link}/failed-records?kind=failed").json["items"] == []
    assert client.get(f"{link}/failed-records?direction=push").json["items"] == []
    failed = client.get(f"{link}/failed-records").json["items"][0]
    assert client.post(f"{link}/failed-records/dismiss", json={"reason": "waiting_for_parent"}).json == {"records": 1}
    assert client.post(f"{link}/failed-records/{failed['id']}/restore").json["state"] == "open"
