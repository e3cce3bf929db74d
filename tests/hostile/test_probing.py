"""Whatever answers at a URL that is to be registered, the administrator is told what, and nothing else happens."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask

from host.accounts.models import Role
from host.app import create_app
from host.database import Database
from host.settings import Settings
from sync_connectors.probing import Outcome, probe
from sync_connectors.urls import parse_connector_url
from tests.accounts import client_of, make_user
from tests.databases import SqliteDatabases
from tests.hostile.cases import CASES, QUICK, SLOW, Case
from tests.hostile.conftest import singing
from tests.hostile.leftovers import nothing_left
from tests.hostile.server import TOKEN, HostileProcess

CONNECTORS = "/api/v1/sync-connectors"


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_a_url_answers_is_told(case: Case, server: HostileProcess, settings: Settings) -> None:
    server.misbehave(case.name)
    with nothing_left(40.0, 30.0):
        probed = probe(settings, parse_connector_url(server.url), TOKEN, SLOW if case.seconds == SLOW else QUICK)
    assert probed.attempts[0].outcome is case.probe, probed
    assert probed.is_usable is (case.probe is Outcome.DESCRIPTOR)
    assert singing(json.dumps(probed.to_json())) == []
    seen = server.seen()
    assert len(seen) == len(probed.attempts) <= 3
    assert [one for one in seen if "cookie" in one["headers"]] == []


@pytest.fixture(scope="module")
def app(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One installation for all cases."""
    with sqlite_databases.migrated() as url:
        database = Database(url)
        settings = Settings(
            data_folder=tmp_path_factory.mktemp("data"),
            database_url=url,
            outbound_allow=("127.0.0.0/8",),
            connector_call_seconds=1,
            tests_per_minute=1000,
        )
        app = create_app(settings, database)
        app.config.update(WTF_CSRF_ENABLED=False, ADMINISTRATOR=make_user(database, "ida", Role.ADMINISTRATOR))
        yield app
        database.close()


REGISTERED = [case for case in CASES if case.seconds == QUICK or case.name in {"never", "repeats secrets in an error"}]


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("case", REGISTERED, ids=[case.name for case in REGISTERED])
def test_a_url_is_registered_only_where_a_connector_answers(case: Case, server: HostileProcess, app: Flask) -> None:
    client = client_of(app, app.config["ADMINISTRATOR"])
    server.misbehave(case.name)
    with nothing_left(100.0, 30.0):
        wanted = {"name": case.name, "url": server.url, "token": TOKEN}
        added = client.post(CONNECTORS, json=wanted)
        shown = [added, client.post(f"{CONNECTORS}/probe", json={"url": server.url, "token": TOKEN})]
        if case.error is None:
            assert added.status_code == 201, added.json
            assert added.json["failure"] == ""
        else:
            assert added.status_code == 422, added.json
            assert {fault["field"] for fault in added.json["errors"]} == {"url"}
            # stored all the same, it is asked again when it is refreshed, and what it declares is not made up
            forced = client.post(CONNECTORS, json={**wanted, "confirm": True})
            assert forced.status_code == 201, forced.json
            assert (forced.json["declaration"], bool(forced.json["failure"])) == (None, True)
            shown.append(forced)
        page = client.get(f"/settings/sync/connectors/{shown[-1].json.get('id') or added.json['id']}")
        assert page.status_code == 200
        retire(app)
    assert singing("".join(answer.get_data(as_text=True) for answer in [*shown, page])) == []


def retire(app: Flask) -> None:
    """Let go of the threads and connections that the application keeps for its connectors, as its end does."""
    remotes = app.extensions["tieline_connectors"]._remotes._kept
    for _of, remote, guard in remotes.values():
        guard.retire()
        remote.close()
    remotes.clear()
