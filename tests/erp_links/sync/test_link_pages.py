from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from erp_links.mapping.models import LinkActorType
from erp_links.sync.models import Run, RunStatus
from erp_links.sync.views.charts import THEMES, Chart
from host.accounts.models import TokenScope, User
from host.audit.models import AuditEntry
from host.crm.models import OutboxEntry
from tests.accounts import api_client, client_of, make_user
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "CUSTNO": "number", "EMAIL": "email"}


@pytest.fixture
def page(sqlite_stage: Stage) -> str:
    sqlite_stage.map("Customer", CUSTOMER, two_way=("NAME", "EMAIL"))
    return f"/sync/links/{sqlite_stage.link_id}"


def synced(stage: Stage, count: int = 1) -> None:
    """Pair some customers."""
    for number in range(count):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "EMAIL": f"a{number}@alfa.example"})
    stage.run()


def mark(stage: Stage, **due: str) -> None:
    with stage.database.writing() as session:
        row = session.scalars(select(LinkActorType).where(LinkActorType.name == "Customer")).one()
        for name, reason in due.items():
            setattr(row, name, reason)


def actions(stage: Stage) -> set[str]:
    with stage.database.reading() as session:
        return set(session.scalars(select(AuditEntry.action)))


def test_a_link_that_never_ran_says_so(browser: FlaskClient, page: str) -> None:
    text = browser.get(page).text
    assert "No run yet" in text
    assert "never read" in text
    assert "<img" not in text


def test_the_page_tells_success_lag_and_what_waits(sqlite_stage: Stage, browser: FlaskClient, page: str) -> None:
    synced(sqlite_stage)
    with sqlite_stage.database.writing() as session:
        for entry in session.scalars(select(OutboxEntry)):
            session.delete(entry)
        row = session.scalars(select(LinkActorType).where(LinkActorType.name == "Customer")).one()
        row.watermark_moved_at = datetime.now(UTC) - timedelta(hours=3)
    company = sqlite_stage.hub()[0]["id"]
    sqlite_stage.edit("company", company, name="Alfa A/S")
    text = browser.get(page).text
    for part in ("last run: success", "3 hours ago", "1 record", "the oldest changed", f"{page}/charts/lag-dark.svg"):
        assert part in text
    assert f'/sync/pairings?link={sqlite_stage.link_id}&amp;state=paired">1</a>' in text


def test_charts_are_pictures_without_scripts_whose_figures_stand_beside_them(
    sqlite_stage: Stage, browser: FlaskClient, page: str
) -> None:
    synced(sqlite_stage, 3)
    for chart in Chart:
        for theme in THEMES:
            answer = browser.get(f"{page}/charts/{chart}-{theme}.svg")
            assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"
            assert answer.text.startswith("<?xml")
            assert "<script" not in answer.text
            assert b"http://" not in answer.data.replace(b"http://www.w3.org/", b"")
    text = browser.get(page).text
    assert "as a chart; the table below it has the same figures" in text
    (run,) = sqlite_stage.runs()
    row = text.partition("The runs as a table")[2].partition("</tbody>")[0]
    assert f'/sync/runs/{run.id}"' in row
    assert ">3</td>" in row
    for odd in ("records-blue.svg", "speed-dark.svg", "records-dark.png", "records"):
        assert browser.get(f"{page}/charts/{odd}").status_code == 404


def test_full_reads_that_are_due_are_announced_with_reason_and_effect(
    sqlite_stage: Stage, browser: FlaskClient, page: str
) -> None:
    synced(sqlite_stage, 2)
    assert "Full reads due" not in browser.get(page).text
    mark(sqlite_stage, full_read_due="mapping", full_push_due="unpaired")
    text = browser.get(page).text
    for part in (
        "The mapping takes in more data than before",
        "Reads all Customers from the ERP and compares the 2 that are paired.",
        "or created",
        "Looks at all 2 records of the CRM",
        "Do it now",
    ):
        assert part in text
    assert "full read due" in browser.get("/sync").text


def test_everything_is_read_again_now_or_after_the_run_that_is_under_way(
    sqlite_stage: Stage, browser: FlaskClient, page: str
) -> None:
    synced(sqlite_stage)
    started = browser.post(f"{page}/full-read")
    assert started.headers["Location"] == f"/sync/runs/{sqlite_stage.runs()[-1].id}"
    assert sqlite_stage.type_row().full_read_due == "requested"
    again = browser.post(f"{page}/full-read", data={"actor_type": "Customer"})
    assert again.headers["Location"] == page
    assert len(sqlite_stage.runs()) == 2
    sqlite_stage.work()
    assert (sqlite_stage.type_row().full_read_due, sqlite_stage.runs()[-1].counts["read"]) == (None, 1)
    assert browser.post(f"{page}/full-read", data={"actor_type": "Ghost"}).status_code == 404


def test_a_resync_is_confirmed_with_the_number_of_records_before_it_begins(
    sqlite_stage: Stage, browser: FlaskClient, page: str
) -> None:
    synced(sqlite_stage, 2)
    asked = browser.get(f"{page}/resync?side=crm&keep_blanks=1").text
    assert "What the ERP has for 2 paired records is overwritten" in asked
    assert "Overwrite 2 records" in asked
    assert len(sqlite_stage.runs()) == 1
    started = browser.post(f"{page}/resync", data={"side": "crm", "keep_blanks": "1"})
    run = sqlite_stage.runs()[-1]
    assert started.headers["Location"] == f"/sync/runs/{run.id}"
    assert (run.mode, run.keep_blanks, run.scope) == ("resync_from_crm", True, None)
    shown = browser.get(f"/sync/runs/{run.id}").text
    assert "The CRM wins in every mapped field, blanks overwrite nothing" in shown
    assert "A run is under way" in browser.get(f"{page}/resync?side=crm").text
    assert browser.post(f"{page}/resync", data={"side": "crm"}).status_code == 409
    assert "run.request" in actions(sqlite_stage)


def test_a_resync_of_chosen_records_writes_those_only(sqlite_stage: Stage, browser: FlaskClient, page: str) -> None:
    synced(sqlite_stage, 3)
    chosen = sqlite_stage.pairings()["C1"]
    for company in sqlite_stage.hub():
        sqlite_stage.edit("company", company["id"], f"link:{sqlite_stage.link_id}", name="overwritten")
    asked = browser.get(f"{page}/resync?side=erp&chosen=1&pairing={chosen.id}").text
    assert "What the CRM has for 1 paired record is overwritten" in asked
    sent = {"side": "erp", "chosen": "1", "pairing": str(chosen.id)}
    assert browser.post(f"{page}/resync", data=sent).status_code == 302
    assert sqlite_stage.runs()[-1].scope == [chosen.id]
    sqlite_stage.work()
    names = {company["id"]: company["name"] for company in sqlite_stage.hub()}
    assert names.pop(chosen.entity_id) == "Alfa 1"
    assert set(names.values()) == {"overwritten"}


def test_a_selection_of_nothing_is_no_resync_of_everything(
    sqlite_stage: Stage, browser: FlaskClient, page: str
) -> None:
    synced(sqlite_stage)
    assert "No record is ticked" in browser.get(f"{page}/resync?side=erp&chosen=1").text
    assert browser.post(f"{page}/resync", data={"side": "erp", "chosen": "1"}).status_code == 422
    refused = browser.post(f"{page}/resync", data={"side": "erp", "chosen": "1", "pairing": "4711"})
    assert refused.status_code == 422
    assert "1 of them are not paired on this ERP link" in refused.text
    assert len(sqlite_stage.runs()) == 1


def test_the_brake_is_set_for_a_link(sqlite_stage: Stage, browser: FlaskClient, page: str) -> None:
    version = sqlite_stage.link().version
    sent = {"brake_percent": "50", "brake_least": "5", "version": str(version)}
    assert browser.post(f"{page}/brake", data=sent).status_code == 302
    assert (sqlite_stage.link().brake_percent, sqlite_stage.link().brake_least) == (50, 5)
    assert browser.post(f"{page}/brake", data=sent).status_code == 409
    odd = browser.post(f"{page}/brake", data={**sent, "brake_percent": "0", "version": str(version + 1)})
    assert odd.status_code == 422
    assert "erp_link.brake" in actions(sqlite_stage)


@pytest.mark.parametrize("lifted", [True, False])
def test_a_link_that_the_brake_stopped_goes_on_with_or_without_it(
    sqlite_stage: Stage, browser: FlaskClient, page: str, *, lifted: bool
) -> None:
    sqlite_stage.server.fail["changes"] = RuntimeError("stands for the run that was stopped")
    stopped = sqlite_stage.run()
    sqlite_stage.change_link(paused_reason="brake", paused_detail="33 % of the paired customers")
    text = browser.get(page).text
    assert "The brake stopped the sync of this link" in text
    assert "33 % of the paired customers" in text
    assert f'/sync/runs/{stopped.id}"' in text
    sent = {"version": str(sqlite_stage.link().version), **({"lift_brake": "1"} if lifted else {})}
    assert browser.post(f"{page}/resume", data=sent).status_code == 302
    assert (sqlite_stage.link().paused_reason, sqlite_stage.link().brake_lifted) == (None, lifted)
    assert ("The brake is off" in browser.get(page).text) is lifted
    version = {"version": str(sqlite_stage.link().version), "lift_brake": "1"}
    assert browser.post(f"{page}/resume", data=version).status_code == 409


def test_the_api_lets_a_link_go_on_without_its_brake(sqlite_stage: Stage, app: Flask, ida: User) -> None:
    sqlite_stage.change_link(paused_reason="brake", paused_detail="33 % of the paired customers")
    client = api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)
    resume = f"/erp-links/{sqlite_stage.link_id}/resume"
    assert client.post(resume, json={"lift_brake": True}).json["paused"] is None
    assert sqlite_stage.link().brake_lifted
    sqlite_stage.change_link(paused_reason="administrator")
    assert client.post(resume, json={"lift_brake": True}).status_code == 409
    assert client.post(resume).json["paused"] is None


def test_the_settings_of_a_link_lead_to_what_the_brake_stopped(
    sqlite_stage: Stage, browser: FlaskClient, page: str
) -> None:
    sqlite_stage.change_link(paused_reason="brake")
    text = browser.get(f"/settings/sync/links/{sqlite_stage.link_id}").text
    assert f'href="{page}">Look at what it stopped</a>' in text
    assert "/resume" not in text


def test_users_see_the_page_of_a_link_and_get_no_buttons(sqlite_stage: Stage, app: Flask, page: str) -> None:
    synced(sqlite_stage)
    client = client_of(app, make_user(sqlite_stage.database, "ola"))
    text = client.get(page).text
    assert "Where it stands" in text
    assert "Set brake" not in text
    assert "Resync" not in text


def test_the_api_tells_how_a_link_stands(sqlite_stage: Stage, app: Flask, ida: User, page: str) -> None:
    link = f"/erp-links/{sqlite_stage.link_id}/sync"
    client = api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)
    fresh = client.get(link).json
    assert (fresh["last_success"], fresh["seconds_behind"], fresh["queued"]) == (None, None, 0)
    synced(sqlite_stage, 2)
    mark(sqlite_stage, full_read_due="mapping")
    sqlite_stage.edit("company", sqlite_stage.hub()[0]["id"], name="Alfa A/S")
    told = client.get(link).json
    assert told["last_success"] is not None
    assert 0 <= told["seconds_behind"] < 60
    assert (told["queued"], told["waiting"]["paired"], told["waiting"]["failed"]) == (1, 2, 0)
    assert [(due["reason"], due["records"], due["to_erp"]) for due in told["full_reads_due"]] == [("mapping", 2, False)]
    tag = f'"{told["version"]}"'
    sent = {"brake_percent": 40, "brake_least": 7}
    assert client.put(f"{link}/brake", json=sent).status_code == 428
    assert client.put(f"{link}/brake", json=sent, headers={"If-Match": tag}).json["brake_percent"] == 40
    assert client.put(f"{link}/brake", json=sent, headers={"If-Match": tag}).status_code == 412
    assert client.post(f"{link}/full-reads", json={"actor_type": "Customer"}).json == {"actor_types": ["Customer"]}
    assert sqlite_stage.type_row().full_push_due == "requested"
    assert page


def test_the_api_asks_for_resyncs(sqlite_stage: Stage, app: Flask, ida: User, page: str) -> None:
    synced(sqlite_stage, 2)
    assert page
    runs = f"/erp-links/{sqlite_stage.link_id}/runs"
    client = api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)
    pairing = sqlite_stage.pairings()["C1"].id
    for odd in (
        {"keep_blanks": True},
        {"pairings": [pairing]},
        {"mode": "resync_from_erp", "pairings": []},
        {"mode": "resync_from_erp", "pairings": [4711]},
        {"mode": "resync"},
    ):
        assert client.post(runs, json=odd).status_code == 422, odd
    asked = client.post(runs, json={"mode": "resync_from_erp", "keep_blanks": True, "pairings": [pairing]})
    assert (asked.status_code, asked.json["mode"], asked.json["keep_blanks"], asked.json["pairings"]) == (
        201,
        "resync_from_erp",
        True,
        [pairing],
    )
    assert client.post(runs, json={"mode": "resync_from_erp"}).status_code == 409


def test_a_run_counts_as_lag_and_pace_only_when_it_has_ended(
    sqlite_stage: Stage, browser: FlaskClient, page: str
) -> None:
    with sqlite_stage.database.writing() as session:
        now = datetime.now(UTC)
        session.add(
            Run(
                link_id=sqlite_stage.link_id,
                cause="schedule",
                requested_at=now,
                started_at=now,
                status=RunStatus.RUNNING.value,
            )
        )
    text = browser.get(page).text
    assert "Show progress" in text
    assert "No run yet" in text
