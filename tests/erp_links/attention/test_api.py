import pytest
from flask import Flask

from erp_links.links.models import Visibility
from erp_links.sync.models import Conflict, Intent, PairingState
from host.accounts.models import TokenScope, User
from tests.accounts import ApiClient, api_client
from tests.erp_links.attention.waiting_rows import add_conflict, add_failed, add_intent, add_pairing, rows, states
from tests.erp_links.sync.stage import Stage


@pytest.fixture
def api(sqlite_stage: Stage, app: Flask, ida: User) -> ApiClient:
    return api_client(app, sqlite_stage.database, ida, TokenScope.ADMIN)


@pytest.fixture
def link(sqlite_stage: Stage) -> str:
    return f"/erp-links/{sqlite_stage.link_id}"


def test_a_conflict_is_read_and_decided_for_the_version_that_was_read(
    sqlite_stage: Stage, api: ApiClient, link: str
) -> None:
    company = sqlite_stage.add("company", name="Alfa", email="crm@alfa.example")
    conflict = add_conflict(sqlite_stage, add_pairing(sqlite_stage, "C1", company))
    (listed,) = api.get(f"{link}/conflicts").json["items"]
    assert (listed["crm_value"], listed["erp_value"], listed["choice"]) == (
        "crm@alfa.example",
        "erp@alfa.example",
        None,
    )
    assert (listed["erp_key"], listed["entity_id"], listed["changed_at"] is not None) == ("C1", company, True)
    path = f"{link}/conflicts/{conflict.id}"
    tag = api.get(path).headers["ETag"]
    assert api.put(f"{path}/choice", json={"side": "crm"}).status_code == 428
    chosen = api.put(f"{path}/choice", json={"side": "crm"}, headers={"If-Match": tag})
    assert (chosen.status_code, chosen.json["choice"], chosen.json["version"]) == (200, "crm", 2)
    assert api.put(f"{path}/choice", json={"side": "erp"}, headers={"If-Match": tag}).status_code == 412
    assert api.get(f"{link}/conflicts?state=open").json["items"] == []
    assert api.post(f"{link}/conflicts/choose", json={"side": "erp", "conflicts": [conflict.id]}).json == {
        "conflicts": 1
    }
    assert rows(sqlite_stage, Conflict)[0].choice == "erp"
    assert api.post(f"{link}/conflicts/choose", json={"side": "erp", "conflicts": []}).status_code == 422


def test_an_ambiguous_record_shows_its_candidates_and_is_paired(sqlite_stage: Stage, api: ApiClient, link: str) -> None:
    first, second = (sqlite_stage.add("company", name="Alfa") for _each in range(2))
    failed = add_failed(sqlite_stage, "C1", payload={"NAME": "Alfa"})
    path = f"{link}/failed-records/{failed.id}"
    found = api.get(f"{path}/candidates").json
    assert [each["entity_id"] for each in found["candidates"]] == [first, second]
    assert api.post(f"{path}/pair", json={"entity_id": first, "erp_key": "C7"}).status_code == 422
    paired = api.post(f"{path}/pair", json={"entity_id": first})
    assert (paired.status_code, paired.json["erp_key"], paired.json["entity_id"]) == (200, "C1", first)


def test_an_unclear_create_is_settled(sqlite_stage: Stage, api: ApiClient, link: str) -> None:
    made = add_intent(sqlite_stage, sqlite_stage.add("company", name="Alfa"))
    not_made = add_intent(sqlite_stage, sqlite_stage.add("company", name="Beta"))
    listed = api.get(f"{link}/unclear-creates").json["items"]
    assert [(each["id"], each["sent"]) for each in listed] == [
        (made.id, {"NAME": "Alfa A/S"}),
        (not_made.id, {"NAME": "Alfa A/S"}),
    ]
    assert api.post(f"{link}/unclear-creates/{made.id}/made", json={"erp_key": "C7"}).status_code == 422
    sqlite_stage.server.put("Customer", "C7", {"NAME": "Alfa"})
    assert api.post(f"{link}/unclear-creates/{made.id}/made", json={"erp_key": "C7"}).json["erp_key"] == "C7"
    assert api.get(f"{link}/unclear-creates/{made.id}").status_code == 404
    assert api.post(f"{link}/unclear-creates/{not_made.id}/not-made").status_code == 204
    assert rows(sqlite_stage, Intent) == []


def test_pairings_are_made_listed_ended_and_lifted(sqlite_stage: Stage, api: ApiClient, link: str) -> None:
    company = sqlite_stage.add("company", name="Alfa")
    sent = {"actor_type": "Customer", "erp_key": "C1", "entity_id": company}
    made = api.post(f"{link}/pairings", json=sent)
    assert (made.status_code, made.json["state"]) == (201, "paired")
    assert api.post(f"{link}/pairings", json=sent).status_code == 409
    assert api.post(f"{link}/pairings", json={**sent, "actor_type": "Ghost"}).status_code == 422
    path = f"{link}/pairings/{made.json['id']}"
    assert api.post(f"{path}/lift").status_code == 409
    assert api.post(f"{path}/disconnect").json["state"] == "tombstone"
    assert [each["erp_key"] for each in api.get(f"{link}/pairings?state=tombstone").json["items"]] == ["C1"]
    assert api.get(f"{link}/pairings?state=paired").json["items"] == []
    assert api.post(f"{path}/lift").status_code == 204
    assert states(sqlite_stage) == {}
    assert api.get(path).status_code == 404


def test_what_waits_on_one_link_is_not_reached_through_another(sqlite_stage: Stage, api: ApiClient, link: str) -> None:
    pairing = add_pairing(sqlite_stage, "C1", sqlite_stage.add("company", name="Alfa"))
    add_conflict(sqlite_stage, pairing)
    other = f"/erp-links/{sqlite_stage.link_id + 1}"
    assert api.get(f"{link}/pairings/{pairing.id}").status_code == 200
    for path in (f"/pairings/{pairing.id}", "/conflicts/1", "/pairings", "/conflicts", "/unclear-creates"):
        assert api.get(f"{other}{path}").status_code == 404
    assert api.post(f"{other}/pairings/{pairing.id}/disconnect").status_code == 404
    assert states(sqlite_stage) == {"C1": PairingState.PAIRED}


def test_values_are_kept_from_an_administrator_who_may_not_see_the_link(
    sqlite_stage: Stage, api: ApiClient, link: str
) -> None:
    company = sqlite_stage.add("company", name="Alfa")
    add_conflict(sqlite_stage, add_pairing(sqlite_stage, "C1", company), erp_value="canary")
    add_intent(sqlite_stage, company, erp_values={"NAME": "canary"}, label="canary")
    told = [{"key": "C7", "label": "canary"}]
    failed = add_failed(
        sqlite_stage, "", direction="push", entity_type="company", entity_id=company, payload={"candidates": told}
    )
    sqlite_stage.change_link(visibility=Visibility.SELECTED.value)
    answers = [
        api.get(f"{link}/{path}")
        for path in ("conflicts", "unclear-creates", f"failed-records/{failed.id}/candidates", "failed-records")
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert not any("canary" in answer.text for answer in answers)
    assert answers[0].json["items"][0]["values_hidden"]
