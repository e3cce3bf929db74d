import pytest
from flask import Flask
from flask.testing import FlaskClient

from erp_links.links.deleting import delete_link
from erp_links.links.models import LinkAccess, Visibility
from erp_links.sync.models import Conflict, FailedRecord, Intent, PairingState
from host.accounts.models import User
from tests.accounts import client_of, make_user
from tests.erp_links.attention.waiting_rows import add_conflict, add_failed, add_intent, add_pairing, rows, states
from tests.erp_links.sync.stage import IDA, Stage

PAGES = ("/sync/conflicts", "/sync/matches", "/sync/unclear", "/sync/pairings")


def hide(stage: Stage, *seeing: User) -> None:
    """Let only these see the link."""
    stage.change_link(visibility=Visibility.SELECTED.value)
    with stage.database.writing() as session:
        session.add_all(LinkAccess(link_id=stage.link_id, user_id=user.id) for user in seeing)


def waiting(stage: Stage) -> tuple[Conflict, FailedRecord, Intent]:
    """One of everything that waits, each with a value of the ERP."""
    company = stage.add("company", name="Alfa", email="crm@alfa.example")
    conflict = add_conflict(stage, add_pairing(stage, "C1", company), erp_value="canary@conflict.example")
    failed = add_failed(stage, "C2", payload={"NAME": "Alfa", "EMAIL": "canary@match.example"})
    intent = add_intent(stage, company, erp_values={"EMAIL": "canary@unclear.example"})
    return conflict, failed, intent


@pytest.mark.parametrize(
    ("page", "words"),
    list(zip(PAGES, ("No conflict waits", "No ambiguous match", "No create is unclear", "No pairing"), strict=True)),
)
def test_an_empty_page_says_what_would_stand_there(browser: FlaskClient, page: str, words: str) -> None:
    assert words in browser.get(page).text


def test_the_navigation_counts_what_waits_for_a_person(sqlite_stage: Stage, browser: FlaskClient) -> None:
    waiting(sqlite_stage)
    add_failed(sqlite_stage, "C3", reason="waiting_for_parent")
    text = browser.get("/sync").text
    counts = {
        label: text.partition(f' {label}<span class="count">')[2].partition("<")[0]
        for label in ("Failed records", "Conflicts", "Ambiguous matches", "Unclear creates")
    }
    # a record that waits for its parent is no failure
    assert counts == {"Failed records": "1", "Conflicts": "1", "Ambiguous matches": "1", "Unclear creates": "1"}


def test_who_may_not_see_a_link_finds_no_trace_of_what_waits_in_it(sqlite_stage: Stage, app: Flask, ida: User) -> None:
    _conflict, failed, _intent = waiting(sqlite_stage)
    inside, outside = make_user(sqlite_stage.database, "inside"), make_user(sqlite_stage.database, "outside")
    hide(sqlite_stage, inside)
    pages = (*PAGES, f"/sync/matches/{failed.id}", f"/sync/links/{sqlite_stage.link_id}")
    seen = {page: client_of(app, inside).get(page).text for page in pages}
    unseen = {page: client_of(app, outside).get(page) for page in pages}
    managed = {page: client_of(app, ida).get(page) for page in pages}
    for page, value in zip(
        pages, ("canary@conflict", "Alfa A/S", "canary@unclear", "C1", "canary@match"), strict=False
    ):
        assert value in seen[page], page
    assert not any("canary" in each.text or "Nordwind" in each.text for each in unseen.values())
    assert [unseen[page].status_code for page in pages[4:]] == [404, 404]
    # an administrator manages what waits without thereby seeing the ERP's values
    assert {each.status_code for each in managed.values()} == {200}
    assert not any("canary" in each.text for each in managed.values())


def test_users_see_what_waits_and_get_no_buttons(sqlite_stage: Stage, app: Flask) -> None:
    conflict, failed, intent = waiting(sqlite_stage)
    client = client_of(app, make_user(sqlite_stage.database, "ola"))
    for page in (*PAGES, f"/sync/matches/{failed.id}", f"/sync/links/{sqlite_stage.link_id}"):
        text = client.get(page).text
        content = text.partition('id="content"')[2]
        assert 'method="post"' not in content, page
    for path in (
        "/sync/conflicts/choose",
        f"/sync/matches/{failed.id}",
        f"/sync/unclear/{intent.id}/not-made",
        f"/sync/pairings/{conflict.pairing_id}/disconnect",
    ):
        assert client.post(path).status_code == 403


def test_the_ticked_conflicts_are_decided_and_those_that_changed_since_are_not(
    sqlite_stage: Stage, browser: FlaskClient
) -> None:
    company = sqlite_stage.add("company", name="Alfa")
    pairing = add_pairing(sqlite_stage, "C1", company)
    first, second = add_conflict(sqlite_stage, pairing), add_conflict(sqlite_stage, pairing, "name", version=3)
    page = browser.get("/sync/conflicts?state=open").text
    assert f'value="{first.id}.1"' in page
    assert f'value="{second.id}.3"' in page
    stale = {"side": "erp", "ticked": [f"{first.id}.1", f"{second.id}.2"]}
    assert browser.post("/sync/conflicts/choose", data=stale).status_code == 409
    assert {each.choice for each in rows(sqlite_stage, Conflict)} == {None}
    fresh = {"side": "erp", "ticked": [f"{first.id}.1", f"{second.id}.3"], "link": sqlite_stage.link_id}
    done = browser.post("/sync/conflicts/choose", data=fresh)
    assert done.headers["Location"] == f"/sync/conflicts?link={sqlite_stage.link_id}"
    assert {each.choice for each in rows(sqlite_stage, Conflict)} == {"erp"}
    assert "the ERP wins" in browser.get("/sync/conflicts?state=chosen").text
    assert "No conflict waits" in browser.get("/sync/conflicts?state=open").text
    for odd in ({"side": "erp"}, {"side": "both", "ticked": f"{first.id}.2"}, {"side": "erp", "ticked": "x"}):
        assert browser.post("/sync/conflicts/choose", data=odd).status_code == 422


def test_a_conflict_tells_both_values_and_who_changed_them(sqlite_stage: Stage, app: Flask, ida: User) -> None:
    company = sqlite_stage.add("company", name="Alfa", email="first@alfa.example")
    sqlite_stage.edit("company", company, f"user:{ida.id}", email="crm@alfa.example")
    add_conflict(sqlite_stage, add_pairing(sqlite_stage, "C1", company))
    text = client_of(app, ida).get("/sync/conflicts").text
    for part in ("crm@alfa.example", "erp@alfa.example", ida.name, "E-mail", "Alfa", "C1"):
        assert part in text


def test_an_ambiguous_record_is_paired_with_the_one_that_is_chosen(sqlite_stage: Stage, browser: FlaskClient) -> None:
    first, second = (sqlite_stage.add("company", name="Alfa") for _each in range(2))
    failed = add_failed(sqlite_stage, "C1", payload={"NAME": "Alfa"})
    page = browser.get(f"/sync/matches/{failed.id}").text
    assert f'/companies/{first}"' in page
    assert f'/companies/{second}"' in page
    assert browser.post(f"/sync/matches/{failed.id}", data={}).status_code == 422
    assert browser.post(f"/sync/matches/{failed.id}", data={"entity_id": second}).status_code == 302
    assert sqlite_stage.pairings()["C1"].entity_id == second
    taken = browser.post(f"/sync/matches/{failed.id}", data={"entity_id": first})
    assert taken.status_code == 409
    assert "C1 is paired with another record" in taken.text
    other = add_failed(sqlite_stage, "C9", reason="rejected")
    assert browser.get(f"/sync/matches/{other.id}").status_code == 404


def test_an_unclear_create_is_settled_either_way(sqlite_stage: Stage, browser: FlaskClient) -> None:
    first, second = sqlite_stage.add("company", name="Alfa"), sqlite_stage.add("company", name="Beta")
    made, not_made = add_intent(sqlite_stage, first), add_intent(sqlite_stage, second)
    wrong = browser.post(f"/sync/unclear/{made.id}/made", data={"erp_key": "C7"})
    assert wrong.status_code == 422
    assert "the ERP has no record with this key" in wrong.text
    sqlite_stage.server.put("Customer", "C7", {"NAME": "Alfa"})
    assert browser.post(f"/sync/unclear/{made.id}/made", data={"erp_key": "C7"}).status_code == 302
    assert browser.post(f"/sync/unclear/{not_made.id}/not-made").status_code == 302
    assert rows(sqlite_stage, Intent) == []
    assert sqlite_stage.pairings()["C7"].entity_id == first
    assert browser.post(f"/sync/unclear/{not_made.id}/not-made").status_code == 404


def test_pairings_are_listed_by_state_ended_and_lifted(sqlite_stage: Stage, browser: FlaskClient) -> None:
    pairing = add_pairing(sqlite_stage, "C1", sqlite_stage.add("company", name="Alfa"))
    add_pairing(sqlite_stage, "C2", sqlite_stage.add("company", name="Beta"), state=PairingState.GONE.value)
    paired = browser.get("/sync/pairings?state=paired").text
    assert ("Alfa" in paired, "Beta" in paired) == (True, False)
    assert "Beta" in browser.get("/sync/pairings?state=gone").text
    assert "Alfa" not in browser.get("/sync/pairings?erp_key=C2").text
    assert browser.post(f"/sync/pairings/{pairing.id}/disconnect").status_code == 302
    assert states(sqlite_stage) == {"C1": PairingState.TOMBSTONE, "C2": PairingState.GONE}
    assert "Lift" in browser.get("/sync/pairings?state=tombstone").text
    assert browser.post(f"/sync/pairings/{pairing.id}/lift").status_code == 302
    assert list(states(sqlite_stage)) == ["C2"]


def test_lists_of_what_waits_are_paged(sqlite_stage: Stage, browser: FlaskClient) -> None:
    for number in range(3):
        company = sqlite_stage.add("company", name=f"Alfa {number}")
        add_conflict(sqlite_stage, add_pairing(sqlite_stage, f"C{number}", company))
        add_failed(sqlite_stage, f"D{number}", label=f"Beta {number}")
        add_intent(sqlite_stage, company)
    for page in PAGES:
        first = browser.get(f"{page}?limit=2").text
        assert 'rel="next"' in first, page
        following = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        last = browser.get(following).text
        assert 'rel="next"' not in last, page
        assert "First page" in last, page


def test_with_a_link_goes_all_that_waits_in_it(sqlite_stage: Stage) -> None:
    waiting(sqlite_stage)
    delete_link(sqlite_stage.runtime, IDA, sqlite_stage.link_id, "Nordwind")
    assert [rows(sqlite_stage, model) for model in (Conflict, Intent, FailedRecord)] == [[], [], []]
