import pytest

from erp_links.links.models import ErpLink, LinkState
from host.accounts.models import TokenScope
from sync_connectors import UnavailableError
from tests.accounts import api_client, make_administrator

QUERY = "?erp_list=countries&crm_list=country"


@pytest.fixture
def api(app, stage):
    return api_client(app, stage.database, make_administrator(stage.database), TokenScope.ADMIN)


@pytest.fixture
def table(stage):
    return f"/erp-links/{stage.link_id}/list-mappings/table{QUERY}"


def test_pairs_of_lists_are_read(api, stage):
    answer = api.get(f"/erp-links/{stage.link_id}/list-mappings")
    assert answer.json["items"] == [
        {
            "erp_list": "countries",
            "crm_list": "country",
            "crm_list_name": "Country",
            "fields": ["Customer: Country"],
            "version": 0,
        }
    ]


def test_a_table_is_read_and_replaced_by_version(api, table):
    read = api.get(table)
    assert (read.json["entries"], read.json["unreachable"], read.json["locked"]) == ([], "", "")
    assert {each["erp_key"]: each["crm_key"] for each in read.json["items"]} == {"1": None, "2": None, "SE": "SE"}
    entries = [{"erp_key": "1", "crm_key": "DK"}]
    changed = api.put(table, json={"entries": entries}, headers={"If-Match": read.headers["ETag"]})
    assert (changed.status_code, changed.json["entries"], changed.json["version"]) == (200, entries, 1)
    assert changed.json["items"][0] == {"erp_key": "1", "text": "denmark", "crm_key": "DK"}
    assert api.put(table, json={"entries": []}, headers={"If-Match": read.headers["ETag"]}).status_code == 412
    assert api.put(table, json={"entries": []}).status_code == 428


def test_faults_of_a_table_name_their_entry(api, table):
    entries = [{"erp_key": "1", "crm_key": "DK"}, {"erp_key": "2", "crm_key": "DK"}, {"erp_key": "3", "crm_key": "X"}]
    answer = api.put(table, json={"entries": entries}, headers={"If-Match": '"0"'})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json["errors"]] == [
        "entries.2.crm_key",
        "entries.0.crm_key",
        "entries.1.crm_key",
    ]


def test_an_erp_that_is_down_is_told(api, table, stage):
    stage.server.fail["list_items"] = UnavailableError("the ERP is down")
    answer = api.get(table)
    assert (answer.status_code, answer.json["items"], answer.json["unreachable"]) == (200, None, "the ERP is down")


def test_an_active_link_or_unknown_lists_are_refused(api, table, stage):
    with stage.database.writing() as session:
        session.get_one(ErpLink, stage.link_id).state = LinkState.ACTIVE.value
    assert api.get(table).json["locked"] == "the mapping is locked while the link is active"
    assert api.put(table, json={"entries": []}, headers={"If-Match": '"0"'}).status_code == 409
    assert api.get(table.replace("countries", "ghost")).status_code == 404
