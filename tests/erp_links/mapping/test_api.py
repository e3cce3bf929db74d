import pytest

from erp_links.links.models import LinkState
from host.accounts.models import TokenScope
from tests.accounts import api_client, make_administrator
from tests.erp_links.mapping.stored import stored_link


@pytest.fixture
def link(sqlite_database):
    with sqlite_database.writing() as session:
        return stored_link(session)


@pytest.fixture
def api(app, sqlite_database):
    return api_client(app, sqlite_database, make_administrator(sqlite_database), TokenScope.ADMIN)


def test_a_mapping_is_read_and_changed_by_version(api, link):
    path = f"/erp-links/{link.id}/mappings"
    read = api.get(path)
    customer = read.json["actor_types"][0]
    assert customer["fields"][1] | {"key": "CUSTNO", "crm_field": "number", "proposed": True} == customer["fields"][1]
    assert customer["fields"][1]["unavailable"]["to_erp"] == "read-only in the ERP"
    assert "mandatory in the ERP and has no direction" in read.json["activation_reasons"][1]
    change = {"actor_types": [{"name": "Customer", "accept_proposals": "both"}]}
    changed = api.put(path, json=change, headers={"If-Match": read.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.json["activation_reasons"] == []
    assert changed.headers["ETag"] != read.headers["ETag"]
    assert api.put(path, json=change, headers={"If-Match": read.headers["ETag"]}).status_code == 412
    assert api.put(path, json=change).status_code == 428


def test_faults_of_a_mapping_name_their_place(api, link):
    path = f"/erp-links/{link.id}/mappings"
    wrong = {"actor_types": [{"name": "Customer", "fields": [{"key": "CUSTNO", "to_erp": True}, {"key": "X"}]}]}
    answer = api.put(path, json=wrong, headers={"If-Match": api.get(path).headers["ETag"]})
    assert answer.status_code == 422
    assert {each["field"]: each["message"] for each in answer.json["errors"]} == {
        "actor_types.0.fields.0.to_erp": "read-only in the ERP",
        "actor_types.0.fields.1.key": "there is no field “X”",
    }


def test_a_locked_mapping_is_a_conflict(api, sqlite_database, link):
    path = f"/erp-links/{link.id}/mappings"
    etag = api.get(path).headers["ETag"]
    with sqlite_database.writing() as session:
        session.merge(link).state = LinkState.ACTIVE.value
    answer = api.put(path, json={"actor_types": []}, headers={"If-Match": etag})
    assert (answer.status_code, answer.json["detail"]) == (409, "the mapping is locked while the link is active")
    assert api.get(path).json["locked"] == "the mapping is locked while the link is active"


def test_the_sync_priority_is_an_ordered_list_with_the_crm(api, sqlite_database, link):
    with sqlite_database.writing() as session:
        session.merge(link).state = LinkState.ACTIVE.value
    read = api.get("/sync-priority")
    assert read.json["items"] == [{"id": 0, "name": "CRM"}, {"id": link.id, "name": "Nordwind"}]
    headers = {"If-Match": read.headers["ETag"]}
    changed = api.put("/sync-priority", json={"order": [link.id, 0]}, headers=headers)
    assert [each["id"] for each in changed.json["items"]] == [link.id, 0]
    assert api.put("/sync-priority", json={"order": [0, link.id]}, headers=headers).status_code == 412
    headers = {"If-Match": changed.headers["ETag"]}
    assert api.put("/sync-priority", json={"order": [0]}, headers=headers).status_code == 422


def test_a_mapping_that_does_not_exist_is_not_found(api):
    assert api.get("/erp-links/77/mappings").status_code == 404
