from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from host.accounts.models import User
from host.app import create_app
from sync_connectors import UnavailableError
from sync_connectors.configuration import MASK
from sync_connectors.registered.models import SyncConnector
from tests.accounts import client_of, make_user
from tests.erp_links.links.test_states import active, mapped

NEW = "/settings/sync/links/new"


@pytest.fixture
def app(office) -> Flask:
    app = create_app(office.runtime.settings, office.database, office.runtime.plugins)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    office.runtime = replace(office.runtime, secret_box=app.extensions["tieline_secret_box"])
    return app


@pytest.fixture
def ida(app: Flask, office) -> FlaskClient:
    return client_of(app, _user(office, office.ida.user_id))


def _user(office, user_id: int):
    with office.database.reading() as session:
        return session.get_one(User, user_id)


def form(office, **changes: str) -> dict[str, str]:
    return {
        "name": "Nordwind",
        "connector_id": str(office.connector_id),
        "url_revision": "1",
        "visibility": "all",
        "configuration.Server": "nordwind",
        "configuration.Login": "ida",
        "configuration.Password": "s3cret",
        "configuration.Company": "1",
        "configuration.Mode": "simple",
        "configuration.OnlyActive": "1",
        **{name.replace("__", "."): value for name, value in changes.items()},
    }


def test_without_connectors_the_page_names_the_one_next_step(office, ida) -> None:
    with office.database.writing() as session:
        session.execute(delete(SyncConnector))
    page = ida.get("/settings/sync").text
    assert "No sync connector yet" in page
    assert "/settings/sync/connectors/new" in page


def test_the_list_tells_state_before_settings(office, ida) -> None:
    active(office)
    page = ida.get("/settings/sync").text
    assert "Nordwind" in page
    assert "Active" in page
    assert "All users" in page
    assert "in process, 1.0" in page


def test_automatic_sync_is_switched_from_the_page(ida) -> None:
    assert "Automatic sync is off" in ida.get("/settings/sync").text
    ida.post("/settings/sync/automatic", data={"version": "0", "automatic": "true"})
    ida.post("/settings/sync/automatic", data={"version": "1", "interval_minutes": "15"})
    assert "Automatic sync is on: active links sync every 15 minutes" in ida.get("/settings/sync").text
    assert ida.post("/settings/sync/automatic", data={"version": "1", "automatic": "false"}).status_code == 409


def test_the_form_draws_the_fields_of_the_chosen_connector_in_their_order(office, ida) -> None:
    page = ida.get(f"{NEW}?connector_id={office.connector_id}").text
    places = [page.index(f'name="configuration.{key}"') for key in ("Server", "Login", "Password", "Company", "Mode")]
    assert places == sorted(places)
    assert 'type="password"' in page
    assert 'value="ida"' in page  # the tag <login> in the default
    assert "Reading" in page  # the heading of a group


def test_a_link_is_created_without_scripts(office, ida) -> None:
    answer = ida.post(NEW, data=form(office))
    assert answer.status_code == 302
    page = ida.get(answer.location).text
    assert "Saved as a draft" in page
    assert "What stands between this link and its activation" in page


def test_faults_stand_beside_their_fields_and_typed_secrets_do_not_come_back(office, ida) -> None:
    answer = ida.post(NEW, data=form(office, name="", configuration__Password="wrong-canary"))
    assert answer.status_code == 422
    assert 'id="f-name-wrong"' in answer.text
    answer = ida.post(NEW, data=form(office, configuration__Password="wrong-canary"))
    assert answer.status_code == 422
    assert "the password was refused" in answer.text.lower()
    assert 'id="f-configuration-Password-wrong"' in answer.text
    assert "wrong-canary" not in answer.text
    assert 'value="Nordwind"' in answer.text


def test_the_test_button_works_without_scripts_and_leaves_a_proof_for_the_next_save(office, ida) -> None:
    answer = ida.post(NEW, data=form(office, action="test"))
    assert answer.status_code == 200
    assert "The test passed" in answer.text
    assert "Nordwind A/S" in answer.text
    proof = answer.text.split('name="proof" value="')[1].split('"')[0]
    assert ida.post(NEW, data=form(office, proof=proof)).status_code == 302
    assert office.calls.count("test_configuration") == 1


def test_lists_are_loaded_without_scripts(office, ida) -> None:
    answer = ida.post(NEW, data=form(office, action="lists", configuration__Company=""))
    assert "Nordwind Leasing A/S" in answer.text


def test_the_script_tests_and_gets_faults_by_input(office, ida) -> None:
    answer = ida.post("/settings/sync/links/try", data=form(office))
    assert answer.json["passed"]
    assert answer.json["proof"]
    wrong = ida.post("/settings/sync/links/try", data=form(office, configuration__Password="wrong-canary"))
    assert not wrong.json["passed"]
    assert list(wrong.json["errors"]) == ["configuration.Password"]
    assert "wrong-canary" not in wrong.text
    missing = ida.post("/settings/sync/links/try", data=form(office, configuration__Server=""))
    assert not missing.json["passed"]
    assert list(missing.json["errors"]) == ["configuration.Server"]


def test_the_script_gets_the_items_of_a_dependent_list(office, ida) -> None:
    items = ida.post("/settings/sync/links/items?field=Company", data=form(office))
    assert items.json["items"] == [["1", "Nordwind A/S"], ["2", "Nordwind Leasing A/S"]]
    refused = ida.post("/settings/sync/links/items?field=Company", data=form(office, configuration__Password="x"))
    assert refused.json == {"items": [], "message": "the password was refused"}
    assert ida.post("/settings/sync/links/items?field=Odd", data=form(office)).status_code == 404


def test_a_stored_secret_is_asked_with_for_lists_only_at_the_address_it_was_given_for(office, ida) -> None:
    link_id = office.create()
    sent = form(office, configuration__Password=MASK, link_id=str(link_id))
    assert ida.post("/settings/sync/links/items?field=Company", data=sent).json["items"]
    elsewhere = sent | {"configuration.Server": "nordwin"}
    assert ida.post("/settings/sync/links/items?field=Company", data=elsewhere).json["items"] == []
    assert all("s3cret" not in str(seen) for seen in office.server.seen if seen.get("Server") != "nordwind")


def test_a_changed_configuration_is_saved_with_the_mask_for_unchanged_secrets(office, ida) -> None:
    link_id = office.create()
    page = ida.get(f"/settings/sync/links/{link_id}/configuration").text
    assert MASK in page
    assert "s3cret" not in page
    sent = form(office, version="1", configuration__Password=MASK, configuration__Company="2")
    assert ida.post(f"/settings/sync/links/{link_id}/configuration", data=sent).status_code == 302
    assert office.link(link_id).configuration["Company"] == "2"


def test_a_stale_form_overwrites_nothing_and_says_who_was_first(app, office, ida) -> None:
    link_id = office.create()
    ole = client_of(app, _user(office, office.ole.user_id))
    path = f"/settings/sync/links/{link_id}/configuration"
    sent = form(office, version="1", configuration__Password=MASK)
    assert ole.post(path, data=sent | {"name": "Ole's"}).status_code == 302
    answer = ida.post(path, data=sent | {"name": "Ida's"})
    assert answer.status_code == 409
    assert "Ole Berg" in answer.text
    assert office.link(link_id).name == "Ole's"


def test_visibility_is_chosen_with_what_each_may_do(office, ida) -> None:
    user = make_user(office.database, "kim")
    sent = form(office, visibility="selected")
    assert ida.post(NEW, data=sent).status_code == 422
    sent |= {f"see.user.{user.id}": "1", f"connect.user.{user.id}": "1"}
    location = ida.post(NEW, data=sent).location
    link = office.link(int(location.rsplit("/", 1)[1]))
    assert [(row.user_id, row.may_connect, row.may_create) for row in link.access] == [(user.id, True, False)]
    assert "Kim (connect)" in ida.get(location).text


def test_a_link_is_activated_paused_resumed_and_deactivated_from_its_page(office, ida) -> None:
    link_id = mapped(office)
    path = f"/settings/sync/links/{link_id}"
    assert "Ready to be activated" in ida.get(path).text
    for action, words in (
        ("activate", "Sync now"),
        ("pause", "by an administrator"),
        ("resume", "Sync now"),
        ("deactivate", "Ready to be activated"),
    ):
        version = str(office.link(link_id).version)
        assert ida.post(f"{path}/{action}", data={"version": version}).status_code == 302, action
        assert words in ida.get(path).text


def test_sync_now_asks_for_a_run_once(office, ida) -> None:
    path = f"/settings/sync/links/{active(office)}"
    assert ida.post(f"{path}/run").status_code == 302
    assert ida.post(f"{path}/run").status_code == 409
    assert "Waiting" in ida.get(path).text


def test_activation_from_the_page_lists_all_reasons(office, ida) -> None:
    link_id = office.create()
    answer = ida.post(f"/settings/sync/links/{link_id}/activate", data={"version": "1"})
    assert answer.status_code == 409
    assert "no field has a direction" in answer.text.lower()


def test_the_pages_work_while_the_connector_is_down(office, ida) -> None:
    link_id = office.create()
    for call in ("test", "test_configuration", "configuration_list", "actor_types"):
        office.server.fail[call] = UnavailableError("the ERP is down")
    calls = len(office.calls)
    for path in ("", f"/links/{link_id}", f"/links/{link_id}/configuration", "/links/new"):
        assert ida.get(f"/settings/sync{path}").status_code == 200
    assert len(office.calls) == calls
    answer = ida.post(f"/settings/sync/links/{link_id}/test")
    assert answer.status_code == 422
    assert "The ERP is down" in answer.text
    assert ida.post(f"/settings/sync/links/{link_id}/refresh").status_code == 502


def test_the_configuration_of_an_active_link_is_shown_locked_with_the_reason(office, ida) -> None:
    page = ida.get(f"/settings/sync/links/{active(office)}/configuration").text
    assert "The configuration is locked" in page
    assert "deactivate it first" in page


def test_a_deletion_on_the_page_asks_for_the_name_and_says_what_goes(office, ida) -> None:
    link_id = office.create()
    path = f"/settings/sync/links/{link_id}"
    assert "CRM records stay" in ida.get(path).text
    assert ida.post(f"{path}/delete", data={"version": "1", "confirm": "nordwind"}).status_code == 422
    assert ida.post(f"{path}/delete", data={"version": "1", "confirm": "Nordwind"}).status_code == 302
    assert ida.get(path).status_code == 404


def test_odd_numbers_and_versions_of_a_form_are_answered_clearly(office, ida) -> None:
    link_id = office.create()
    path = f"/settings/sync/links/{link_id}"
    assert ida.post(f"{path}/schedule", data={"version": "1", "interval_minutes": "soon"}).status_code == 422
    assert ida.post(f"{path}/schedule", data={"version": "1", "interval_minutes": "9999999"}).status_code == 422
    assert ida.post(f"{path}/deactivate", data={}).status_code == 409
    assert ida.post(NEW, data=form(office, connector_id="99999999999")).status_code == 422
    for name in ("name", "description", "erp_time_zone", "configuration.Login"):
        answer = ida.post(NEW, data=form(office) | {name: "a\x00b"})
        assert answer.status_code == 422, name
    assert ida.post(NEW, data=form(office, erp_time_zone="Europe/Atlantis")).status_code == 422
    assert ida.post(NEW, data=form(office, proof="\x00" * 43, name="Other")).status_code == 302
    assert ida.get("/settings/sync/links/99999999999").status_code == 404
    assert ida.get(f"{NEW}?connector_id=999999").status_code == 200


def test_users_get_none_of_these_pages(app, office) -> None:
    link_id = office.create()
    user = client_of(app, make_user(office.database, "kim"))
    for path in ("", f"/links/{link_id}", f"/links/{link_id}/configuration", "/links/new"):
        assert user.get(f"/settings/sync{path}").status_code == 403
    assert user.post("/settings/sync/links/try", data=form(office)).status_code == 403


def test_links_stay_and_say_so_while_their_plugin_is_gone(office, ida) -> None:
    link_id = active(office)
    without = replace(office.runtime.settings, plugins_block=("plain-erp",))
    app = create_app(without, office.database)
    app.config.update(WTF_CSRF_ENABLED=False)
    client = client_of(app, _user(office, office.ida.user_id))
    assert "the connector plugin is missing" in client.get("/settings/sync").text
    path = f"/settings/sync/links/{link_id}"
    assert "Install or mend the plugin" in client.get(path).text
    assert client.get(f"{path}/configuration").status_code == 200
    assert client.post(f"{path}/test").status_code == 409
    assert client.post(f"{path}/run").status_code in {302, 409}
    assert client.post(f"{path}/deactivate", data={"version": str(office.link(link_id).version)}).status_code == 302
    assert "Nordwind" in ida.get(path).text
