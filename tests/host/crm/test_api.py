from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from host.accounts.models import TokenScope
from host.app.factory import create_app
from host.crm.bulk import update_many
from host.crm.custom_fields import FieldChange, add_field
from host.crm.fields import CrmType
from host.database import Database
from host.settings import Settings
from tests.accounts import ApiClient, api_client, make_user
from tests.host.crm.conftest import ADMINISTRATOR, LATER


@pytest.fixture
def app(sqlite_hub: Database, tmp_path: Path) -> Flask:
    return create_app(Settings(data_folder=tmp_path), sqlite_hub)


@pytest.fixture
def api(app: Flask, sqlite_hub: Database) -> ApiClient:
    return client_with_fields(app, sqlite_hub)


@pytest.fixture
def any_api(hub: Database, tmp_path: Path) -> ApiClient:
    """The API on either kind of database, for what its statements do."""
    return client_with_fields(create_app(Settings(data_folder=tmp_path), hub), hub)


def client_with_fields(app: Flask, hub: Database) -> ApiClient:
    with hub.writing() as session:
        add_field(session, ADMINISTRATOR, "company", CrmType.DECIMAL, FieldChange("Rate"))
        add_field(session, ADMINISTRATOR, "company", CrmType.DATE, FieldChange("Since"))
    return api_client(app, hub, make_user(hub, "ada"), TokenScope.WRITE)


def add(api: ApiClient, **values: Any) -> dict[str, Any]:
    answer = api.post("/companies", json=values)
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()


def test_a_record_is_added_read_changed_and_deleted(api: ApiClient) -> None:
    made = add(
        api,
        **{
            "name": "Nordwind",
            "postal.city": "Aarhus",
            "credit_limit": "60000.10",
            "custom": {"x_rate": "0.5", "x_since": "2020-02-29"},
        },
    )
    assert (made["version"], made["postal.city"], made["credit_limit"]) == (1, "Aarhus", "60000.10")
    assert made["custom"] == {"x_rate": "0.5", "x_since": "2020-02-29"}
    assert made["created_by"] == "Ada over the API"
    path = f"/companies/{made['id']}"
    read = api.get(path)
    assert read.get_json() == made
    assert read.headers["ETag"] == '"1"'
    changed = api.patch(path, json={"phone": "1", "custom": {"x_rate": None}}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert (changed.get_json()["version"], changed.get_json()["custom"]["x_rate"]) == (2, None)
    assert changed.get_json()["custom"]["x_since"] == "2020-02-29"
    assert api.patch(path, json={"phone": "2"}, headers={"If-Match": '"1"'}).status_code == 412
    assert api.patch(path, json={"phone": "2"}).status_code == 428
    assert api.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert api.delete(path, headers={"If-Match": '"2"'}).status_code == 204
    assert api.get(path).status_code == 404


def test_a_json_number_is_taken_by_its_digits(api: ApiClient) -> None:
    assert add(api, name="A", credit_limit=0.1)["credit_limit"] == "0.1"
    assert add(api, name="B", credit_limit=12)["credit_limit"] == "12"


def test_every_fault_is_named_at_once(api: ApiClient) -> None:
    answer = api.post("/companies", json={"colour": 1, "blocked": "yes", "credit_limit": "many"})
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.get_json()["errors"]} == {"colour", "blocked", "credit_limit"}
    answer = api.post("/companies", json={"country": "XX", "number": "n" * 51})
    assert {fault["field"] for fault in answer.get_json()["errors"]} == {"country", "number", "name"}
    answer = api.post("/companies", json={"name": "A", "custom": {"x_rate": "NaN", "x_gone": 1, "name": "B"}})
    assert {fault["field"] for fault in answer.get_json()["errors"]} == {
        "custom.x_rate",
        "custom.x_gone",
        "custom.name",
    }


def test_lists_are_searched_filtered_sorted_and_paged(any_api: ApiClient) -> None:
    api = any_api
    for number in range(5):
        add(api, name=f"Company {number}", credit_limit=str(number * 10), custom={"x_since": f"202{number}-01-01"})
    first = api.get("/companies?limit=2&sort=-credit_limit").get_json()
    assert [item["name"] for item in first["items"]] == ["Company 4", "Company 3"]
    second = api.get(f"/companies?limit=2&sort=-credit_limit&after={first['next']}").get_json()
    assert [item["name"] for item in second["items"]] == ["Company 2", "Company 1"]
    found = api.get("/companies?filter=credit_limit:from:20&filter=x_since:to:2023-01-01").get_json()
    assert [item["name"] for item in found["items"]] == ["Company 2", "Company 3"]
    assert found["next"] is None
    assert len(api.get("/companies?search=company 3").get_json()["items"]) == 1
    assert len(api.get("/companies?filter=number:empty").get_json()["items"]) == 5
    for wrong in ["filter=colour:equals:1", "filter=name:from:a", "filter=credit_limit:from:x", "sort=x", "after=x"]:
        assert api.get(f"/companies?{wrong}").status_code == 422


def test_another_system_upserts_its_records_under_its_own_ids(any_api: ApiClient, hub: Database) -> None:
    api = any_api
    items = [
        {"external_id": "c-1", "values": {"name": "A", "custom": {"x_rate": "1"}}},
        {"external_id": "c-2", "values": {"country": "XX"}},
        {"external_id": "c-3", "values": {"name": "C"}},
        {"external_id": "c-3", "values": {"name": "C again"}},
        {"external_id": "c-4", "values": {"name": "D", "custom": {"x_rate": "much"}}},
    ]
    answer = api.post("/companies/upsert", json={"source": "shop", "items": items})
    assert answer.status_code == 200
    outcomes = answer.get_json()["items"]
    assert [item["outcome"] for item in outcomes] == ["create", "refuse", "create", "refuse", "refuse"]
    assert set(outcomes[1]["errors"]) == {"country", "name"}
    assert set(outcomes[4]["errors"]) >= {"custom.x_rate"}
    with hub.writing() as session:
        update_many(session, "company", [(outcomes[0]["id"], {"phone": "1"})], "user:1", LATER)
    items = [
        {"external_id": "c-1", "values": {"name": "A"}},
        {"external_id": "c-3", "values": {"name": "C changed"}},
    ]
    again = api.post("/companies/upsert", json={"source": "shop", "items": items}).get_json()["items"]
    assert [(item["outcome"], item["id"]) for item in again] == [
        ("equal", outcomes[0]["id"]),
        ("update", outcomes[2]["id"]),
    ]
    read = api.get("/companies/external-ids/shop/c-3").get_json()
    assert (read["name"], read["external_ids"]) == ("C changed", [{"source": "shop", "external_id": "c-3"}])
    assert api.get("/companies/external-ids/shop/c-9").status_code == 404
    other = api.post("/companies/upsert", json={"source": "crm", "items": items[:1]}).get_json()["items"]
    assert other[0]["outcome"] == "create"


def test_a_create_that_is_sent_twice_makes_one_record(api: ApiClient) -> None:
    headers = {"Idempotency-Key": "once"}
    first = api.post("/companies", json={"name": "A"}, headers=headers)
    second = api.post("/companies", json={"name": "A"}, headers=headers)
    assert first.get_json() == second.get_json()
    assert len(api.get("/companies").get_json()["items"]) == 1


def test_persons_belong_to_companies_that_exist(api: ApiClient) -> None:
    company = add(api, name="Nordwind")
    made = api.post("/persons", json={"last_name": "Holm", "company": company["id"], "birth_date": "1980-01-31"})
    assert made.status_code == 201
    assert made.get_json()["birth_date"] == "1980-01-31"
    refused = api.post("/persons", json={"last_name": "Holm", "company": 999})
    assert refused.status_code == 422
    found = api.get(f"/persons?filter=company:equals:{company['id']}").get_json()["items"]
    assert [person["label"] for person in found] == ["Holm"]


def test_a_reading_token_changes_nothing(app: Flask, sqlite_hub: Database, api: ApiClient) -> None:
    company = add(api, name="Nordwind")
    reader = api_client(app, sqlite_hub, make_user(sqlite_hub, "bob"), TokenScope.READ)
    assert reader.get("/companies").status_code == 200
    assert reader.post("/companies", json={"name": "A"}).status_code == 403
    assert reader.delete(f"/companies/{company['id']}", headers={"If-Match": '"1"'}).status_code == 403
