from dataclasses import replace

import pytest

from erp_links.links import schemas
from erp_links.links.models import Visibility
from erp_links.links.submission import AccessGrant, VisibilityChoice
from host.accounts.models import TokenScope, User
from host.app import create_app
from sync_connectors import UnavailableError
from sync_connectors.configuration import MASK
from tests.accounts import ApiClient, api_client, make_user
from tests.erp_links.links.conftest import VALUES
from tests.erp_links.links.test_states import active, mapped


@pytest.fixture
def app(office):
    app = create_app(office.runtime.settings, office.database, office.runtime.plugins)
    office.runtime = replace(office.runtime, secret_box=app.extensions["tieline_secret_box"])
    return app


@pytest.fixture
def ida(app, office) -> ApiClient:
    with office.database.reading() as session:
        return api_client(app, office.database, session.get_one(User, office.ida.user_id))


@pytest.fixture
def kim(app, office) -> ApiClient:
    return api_client(app, office.database, make_user(office.database, "kim"), TokenScope.WRITE)


def link_json(office, **changes: object) -> dict[str, object]:
    complete = {
        "name": "Nordwind",
        "connector_id": office.connector_id,
        "configuration": VALUES,
        "visibility": {"mode": "all"},
    }
    return complete | changes


def etag(client: ApiClient, link_id: int) -> dict[str, str]:
    return {"If-Match": client.get(f"/erp-links/{link_id}").headers["ETag"]}


def test_a_link_is_created_and_read_with_its_secrets_masked(office, ida) -> None:
    made = ida.post("/erp-links", json=link_json(office))
    assert made.status_code == 201, made.text
    assert made.json["configuration"]["Password"] == MASK
    assert made.json["configuration"]["OnlyActive"] is True
    assert made.json["state"] == "draft"
    assert made.json["warning"] == ""
    read = ida.get(f"/erp-links/{made.json['id']}")
    assert read.json == {key: value for key, value in made.json.items() if key != "warning"}
    assert "s3cret" not in made.text + read.text
    assert ida.get("/erp-links").json["items"] == [read.json]


def test_faults_name_every_field(office, ida) -> None:
    answer = ida.post("/erp-links", json=link_json(office, configuration={"Server": "nordwind", "Odd": 1}))
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json["errors"]} == {
        "configuration.Password",
        "configuration.Company",
        "configuration.Odd",
    }
    nested = ida.post("/erp-links", json=link_json(office, configuration={"Server": ["a"]}))
    assert nested.status_code == 422


def test_a_save_whose_test_fails_says_what_the_erp_said(office, ida) -> None:
    answer = ida.post("/erp-links", json=link_json(office, configuration=VALUES | {"Password": "canary-wrong"}))
    assert answer.status_code == 422
    assert answer.json["code"] == "test-failed"
    assert answer.json["errors"] == [{"field": "configuration.Password", "message": "refused by the server"}]
    assert "canary-wrong" not in answer.text


def test_a_test_leaves_a_proof_that_spares_the_save_its_own(office, ida) -> None:
    tested = ida.post("/erp-links/test", json={"connector_id": office.connector_id, "configuration": VALUES})
    assert tested.json["passed"]
    assert schemas.TestResultSchema().validate(tested.json) == {}
    made = ida.post("/erp-links", json=link_json(office, proof=tested.json["proof"]))
    assert made.status_code == 201
    assert office.calls.count("test_configuration") == 1


def test_a_change_names_its_version_and_leaves_the_rest(office, ida) -> None:
    link_id = office.create()
    path = f"/erp-links/{link_id}"
    assert ida.patch(path, json={"name": "Renamed"}).status_code == 428
    headers = etag(ida, link_id)
    assert ida.patch(path, json={"name": "Renamed"}, headers=headers).json["name"] == "Renamed"
    stale = ida.patch(path, json={"name": "Again"}, headers=headers)
    assert stale.status_code == 412
    assert stale.json["changed_by"] == "Ida Holm"
    changed = ida.patch(path, json={"configuration": {"Company": "2", "Password": MASK}}, headers=etag(ida, link_id))
    assert changed.json["configuration"]["Company"] == "2"


def test_a_saved_link_is_tested_as_it_is_or_with_changes(office, ida) -> None:
    link_id = office.create()
    assert ida.post(f"/erp-links/{link_id}/test", json={}).json["passed"]
    assert office.calls[-1] == "test"
    changed = ida.post(f"/erp-links/{link_id}/test", json={"configuration": {"Company": "9"}})
    assert changed.json["fields"] == {"Company": "choose one of the server's companies"}
    assert office.calls[-1] == "test_configuration"


def test_activation_over_the_api_gives_all_reasons(office, ida) -> None:
    link_id = office.create()
    refused = ida.post(f"/erp-links/{link_id}/activate")
    assert refused.status_code == 409
    assert len(refused.json["errors"]) >= 2


def test_states_change_over_the_api(office, ida) -> None:
    path = f"/erp-links/{mapped(office)}"
    assert ida.post(f"{path}/activate").json["state"] == "active"
    assert ida.post(f"{path}/pause").json["paused"]["reason"] == "administrator"
    assert ida.post(f"{path}/pause").status_code == 409
    assert ida.post(f"{path}/resume").json["paused"] is None
    assert ida.post(f"{path}/deactivate").json["state"] == "inactive"
    office.server.fail["test"] = UnavailableError("closed")
    assert ida.post(f"{path}/refresh").status_code == 502


def test_a_deletion_over_the_api_asks_for_the_name_and_counts(office, ida) -> None:
    link_id = office.create()
    headers = etag(ida, link_id)
    assert ida.delete(f"/erp-links/{link_id}?name=other", headers=headers).status_code == 422
    gone = ida.delete(f"/erp-links/{link_id}?name=Nordwind", headers=headers)
    assert gone.json == {"pairings": 0, "actor_types": 2, "runs": 0, "failed_records": 0, "secrets": 1}
    assert ida.get(f"/erp-links/{link_id}").status_code == 404


def test_schedules_are_set_for_all_links_and_for_one(office, ida) -> None:
    settings = ida.get("/sync-settings")
    assert settings.json == {"automatic": False, "interval_seconds": 300, "version": 0}
    headers = {"If-Match": settings.headers["ETag"]}
    assert ida.patch("/sync-settings", json={"automatic": True}, headers=headers).json["automatic"]
    link_id = office.create()
    own = {"automatic": False, "interval_seconds": 3600}
    answer = ida.put(f"/erp-links/{link_id}/schedule", json=own, headers=etag(ida, link_id))
    assert (answer.json["automatic"], answer.json["interval_seconds"]) == (False, 3600)


def test_a_user_reads_the_links_one_may_see_and_never_a_configuration(office, kim) -> None:
    link_id = active(office)
    read = kim.get(f"/erp-links/{link_id}").json
    assert set(read) == {"id", "name", "state", "paused", "rights", "version"}
    assert kim.get("/erp-links").json["items"] == [read]
    assert kim.patch(f"/erp-links/{link_id}", json={}, headers={"If-Match": '"1"'}).status_code == 403


def test_an_invisible_link_is_not_found_and_leaves_no_trace(office, kim) -> None:
    only_ida = VisibilityChoice(Visibility.SELECTED, (AccessGrant(user_id=office.ida.user_id),))
    link_id = office.create(visibility=only_ida)
    assert kim.get(f"/erp-links/{link_id}").status_code == 404
    assert kim.get(f"/erp-links/{link_id}").json["detail"] == kim.get("/erp-links/999").json["detail"]
    assert kim.get("/erp-links").json == {"items": [], "next": None}


def test_an_administrator_manages_a_link_without_thereby_seeing_its_records(office, ida) -> None:
    only_ole = VisibilityChoice(Visibility.SELECTED, (AccessGrant(user_id=office.ole.user_id),))
    read = ida.get(f"/erp-links/{office.create(visibility=only_ole)}").json
    assert read["rights"] == {"may_see": False, "may_connect": False, "may_create": False}
    assert "configuration" in read


def test_a_token_without_the_scope_manages_nothing(app, office) -> None:
    with office.database.reading() as session:
        ida = session.get_one(User, office.ida.user_id)
    writer = api_client(app, office.database, ida, TokenScope.WRITE)
    link_id = office.create()
    assert "configuration" not in writer.get(f"/erp-links/{link_id}").json
    assert writer.post(f"/erp-links/{link_id}/activate").status_code == 403
    assert writer.post("/erp-links/test", json={}).status_code == 403


def test_a_create_that_is_repeated_with_its_key_makes_one_link(office, ida) -> None:
    headers = {"Idempotency-Key": "one-of-mine"}
    first = ida.post("/erp-links", json=link_json(office), headers=headers)
    again = ida.post("/erp-links", json=link_json(office), headers=headers)
    assert again.json == first.json
    assert len(ida.get("/erp-links").json["items"]) == 1
