import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from erp_links.links.models import ErpLink, LinkAccess, Visibility
from erp_links.tracing.models import LinkTrace
from host.accounts.models import TokenScope, User
from host.audit.models import AuditEntry
from sync_connectors import AuthenticationError
from tests.accounts import api_client, client_of, make_user
from tests.erp_links.sync.stage import Stage
from tests.erp_links.tracing.tracing_stage import traced, view_of


@pytest.fixture
def page(sqlite_stage: Stage) -> str:
    sqlite_stage.map("Customer", {"NAME": "name"})
    sqlite_stage.change_link(name="Nordwind / Ærø")
    return f"/settings/sync/links/{sqlite_stage.link_id}/trace"


@pytest.fixture
def runtime_of_app(app: Flask, sqlite_stage: Stage):
    """The page and the run work with one runtime, as in one process."""
    sqlite_stage.runtime = app.extensions["tieline_links"]
    return sqlite_stage.runtime


def hidden(stage: Stage) -> None:
    stage.change_link(visibility=Visibility.SELECTED.value)


def actions(stage: Stage) -> list[str]:
    with stage.database.reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_without_a_trace_the_page_names_the_one_next_step(browser: FlaskClient, page: str) -> None:
    text = browser.get(page).text
    assert "No trace" in text
    assert "Start trace" in text
    assert ">15 minutes<" in text
    assert ">24 hours<" in text
    assert "Download" not in text
    assert "data-poll" not in text


def test_a_trace_is_started_watched_downloaded_and_stopped(
    sqlite_stage: Stage, runtime_of_app, browser: FlaskClient, page: str
) -> None:
    assert browser.post(f"{page}/start", data={"minutes": "60"}).location.endswith(page)
    text = browser.get(page).text
    assert "The trace is on" in text
    assert "No call yet" in text
    assert f'data-poll="{page}/calls"' in text
    assert "Start trace" not in text

    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    run = sqlite_stage.run()
    runtime_of_app.tracer.write()
    fragment = browser.get(f"{page}/calls")
    assert "X-Poll" not in fragment.headers
    assert "end of the stream" in fragment.text
    assert f"run {run.id}" in fragment.text
    assert browser.get(f"{page}/calls", headers={"If-None-Match": fragment.headers["ETag"]}).status_code == 304

    file = browser.get(f"{page}/download")
    disposition = file.headers["Content-Disposition"]
    assert re.fullmatch(r"attachment; filename\*=UTF-8''trace-Nordwind-%C3%86r%C3%B8-\d{8}T\d{6}Z\.ndjson", disposition)
    assert file.headers["Cache-Control"] == "no-store"
    assert file.mimetype == "application/x-ndjson"
    header, *calls = [json.loads(line) for line in file.text.splitlines()]
    assert header["trace"]["link"]["name"] == "Nordwind / Ærø"
    assert (header["trace"]["state"], header["trace"]["calls"]) == ("on", len(calls))
    assert [call["call"] for call in calls][:2] == ["open", "deletions"]

    browser.post(f"{page}/stop")
    text = browser.get(page).text
    assert "Off, stopped by an administrator" in text
    assert "What the present one holds goes" in text
    assert browser.get(f"{page}/calls").headers["X-Poll"] == "stop"
    assert browser.get(f"{page}/download").text.count("\n") == len(calls) + 1
    assert [action for action in actions(sqlite_stage) if "trace" in action] == [
        "erp_link.trace_start",
        "erp_link.trace_download",
        "erp_link.trace_stop",
        "erp_link.trace_download",
    ]


def test_errors_of_the_erp_are_told_with_their_class(
    sqlite_stage: Stage, runtime_of_app, browser: FlaskClient, page: str
) -> None:
    traced(runtime_of_app, sqlite_stage.link_id)
    sqlite_stage.server.fail["changes"] = AuthenticationError("the password is <too old>")
    sqlite_stage.run()
    runtime_of_app.tracer.write()
    text = browser.get(page).text
    assert "AuthenticationError" in text
    assert "the password is &lt;too old&gt;" in text
    hidden(sqlite_stage)
    assert "the password is" not in browser.get(page).text


def test_what_cannot_be_done_says_what_can(sqlite_stage: Stage, browser: FlaskClient, page: str) -> None:
    refused = browser.post(f"{page}/start", data={"minutes": "7"})
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    assert browser.post(f"{page}/start", data={}).status_code == 422
    off = browser.post(f"{page}/stop")
    assert off.status_code == 409
    assert "The trace is not on" in off.text
    nothing = browser.get(f"{page}/download")
    assert nothing.status_code == 404
    assert "This ERP link has no trace" in nothing.text
    assert actions(sqlite_stage) == []


def test_a_trace_that_was_full_or_lost_calls_says_so(sqlite_stage: Stage, browser: FlaskClient, page: str) -> None:
    traced(sqlite_stage.runtime, sqlite_stage.link_id)
    with sqlite_stage.database.writing() as session:
        session.execute(update(LinkTrace).values(is_full=True, ended_at=LinkTrace.started_at, lost=3))
    text = browser.get(page).text
    assert "The trace is full" in text
    assert "3 calls could not be written" in text
    assert "Start anew" in text


def test_who_manages_a_link_without_seeing_it_switches_its_trace_and_reads_no_value(
    sqlite_stage: Stage, ida: User, browser: FlaskClient, page: str
) -> None:
    hidden(sqlite_stage)
    assert browser.post(f"{page}/start", data={"minutes": "15"}).status_code == 302
    text = browser.get(page).text
    assert "You manage this link but do not see its values" in text
    assert f"{page}/download" not in text
    assert browser.get(f"{page}/download").status_code == 404
    assert browser.post(f"{page}/stop").status_code == 302
    with sqlite_stage.database.writing() as session:
        link = session.get_one(ErpLink, sqlite_stage.link_id)
        link.access.append(LinkAccess(user_id=ida.id))
    assert browser.get(f"{page}/download").status_code == 200


def test_a_user_finds_no_trace(app: Flask, sqlite_stage: Stage, page: str) -> None:
    user = make_user(sqlite_stage.database, "kim")
    kim, token = client_of(app, user), api_client(app, sqlite_stage.database, user, TokenScope.WRITE)
    traced(sqlite_stage.runtime, sqlite_stage.link_id)
    for path in (page, f"{page}/calls", f"{page}/download"):
        assert kim.get(path).status_code == 403
    assert kim.post(f"{page}/stop").status_code == 403
    assert token.get(f"/erp-links/{sqlite_stage.link_id}/trace/calls").status_code == 403
    assert view_of(sqlite_stage.runtime, sqlite_stage.link_id).is_on


def test_the_api_does_the_same(app: Flask, sqlite_stage: Stage, ida: User) -> None:
    api = api_client(app, sqlite_stage.database, ida)
    path = f"/erp-links/{sqlite_stage.link_id}/trace"
    none = {"started_at": None, "until": None, "ended_at": None, "calls": 0, "size": 0, "lost": 0}
    assert api.get(path).json == {"state": "none", **none}
    assert api.get(f"{path}/calls").status_code == 404
    assert api.post(path, json={"minutes": 7}).json["errors"][0]["field"] == "minutes"
    started = api.post(path, json={"minutes": 15})
    assert (started.status_code, started.json["state"]) == (201, "on")
    assert api.post(f"/erp-links/{sqlite_stage.link_id}/test", json={}).json["passed"]
    stopped = api.post(f"{path}/stop").json
    assert (stopped["state"], stopped["calls"]) == ("stopped", 3)
    assert stopped["ended_at"] < stopped["until"]
    again = api.post(f"{path}/stop")
    assert (again.status_code, again.json["instruction"]) == (409, "download what it holds, or start it anew")
    file = api.get(f"{path}/calls")
    assert "no-store" in file.headers["Cache-Control"]
    assert [json.loads(line).get("call") for line in file.text.splitlines()] == [None, "open", "test", "close"]
    assert stopped["size"] == len("".join(file.text.splitlines(keepends=True)[1:]).encode())
