from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from host.crm import records
from host.crm.bulk import insert_many, update_many
from host.database import Database
from tests.accounts import client_of, make_administrator
from tests.host.crm.conftest import LATER, THEN


@pytest.fixture
def administrator(app: Flask, sqlite_hub: Database) -> FlaskClient:
    return client_of(app, make_administrator(sqlite_hub))


@pytest.fixture
def add(sqlite_hub: Database) -> Callable[..., int]:
    def add(entity_type: str = "company", **values: Any) -> int:
        with sqlite_hub.writing() as session:
            return insert_many(session, entity_type, [values], "link:3", THEN)[0]

    return add


def text_of(response: Any) -> str:
    return unescape(response.get_data(as_text=True))


def test_an_empty_list_names_the_next_step(user: FlaskClient) -> None:
    page = user.get("/companies")
    assert page.status_code == 200
    assert "No companies yet" in text_of(page)
    assert 'href="/companies/new"' in text_of(page)


def test_nobody_sees_records_without_signing_in(app: Flask) -> None:
    for path in ["/companies", "/companies/1", "/persons", "/search?q=a", "/companies/new", "/companies/import"]:
        assert client_of(app).get(path).status_code == 302


def test_a_list_is_searched_filtered_sorted_and_paged(user: FlaskClient, sqlite_hub: Database) -> None:
    rows = [{"name": f"Company {number:03}", "country": "DK" if number % 2 else "NO"} for number in range(120)]
    with sqlite_hub.writing() as session:
        insert_many(session, "company", rows, "user:1", THEN)
    first = text_of(user.get("/companies"))
    assert "Company 000" in first
    assert "Company 050" not in first
    assert "50 of 120 shown" in first
    following = first.split('rel="next" href="')[1].split('"')[0]
    second = text_of(user.get(following))
    assert "Company 050" in second
    before = second.split('rel="prev" href="')[1].split('"')[0]
    assert "Company 000" in text_of(user.get(before))
    assert "Company 119" in text_of(user.get("/companies?sort=-name"))
    assert "1 of 1 shown" in text_of(user.get("/companies?q=company 077"))
    assert "60 shown" in text_of(user.get("/companies?f.equals.country=DK")).replace("50 of 60", "60")
    nothing = text_of(user.get("/companies?q=nobody"))
    assert "Nothing found" in nothing
    assert "Show all" in nothing


@pytest.mark.parametrize(
    "query", ["sort=colour", "after=x", "f.equals.colour=1", "f.from.credit_limit=many", "f.contains.country=DK"]
)
def test_a_list_that_cannot_be_shown_so_says_why(user: FlaskClient, query: str) -> None:
    page = user.get(f"/companies?{query}")
    assert page.status_code == 422
    assert "The list cannot be shown so" in text_of(page)


def test_a_record_is_added_and_shown_with_who_made_it(user: FlaskClient) -> None:
    form = {"name": "Søndergaard & Sønner", "country": "DK", "credit_limit": "60000.50", "blocked": "false"}
    answer = user.post("/companies/new", data=form)
    assert answer.status_code == 302
    card = text_of(user.get(answer.location))
    assert "Søndergaard & Sønner" in card
    assert "Denmark" in card
    assert "60,000.50" in card
    assert "Ada" in card


def test_a_form_with_faults_comes_back_with_all_that_was_typed(user: FlaskClient) -> None:
    form = {"name": "", "number": "n" * 51, "credit_limit": "many", "postal.city": "Aarhus"}
    answer = user.post("/companies/new", data=form)
    page = text_of(answer)
    assert answer.status_code == 422
    assert 'value="many"' in page
    assert 'value="Aarhus"' in page
    for fault in ["is no number", "must be filled in", "longer than 50"]:
        assert fault in page


def edit_form(page: str) -> dict[str, str]:
    """The hidden inputs of an edit form as a browser would send them."""
    hidden = [part.split('value="')[1].split('"')[0] for part in page.split("<input")[1:] if 'type="hidden"' in part]
    names = [part.split('name="')[1].split('"')[0] for part in page.split("<input")[1:] if 'type="hidden"' in part]
    return {name: unescape(value) for name, value in zip(names, hidden, strict=True)}


def test_saving_changes_only_what_was_typed_over(
    user: FlaskClient, add: Callable[..., int], sqlite_hub: Database
) -> None:
    company = add(name="  Nordwind ", number="7", country="DK")
    form = edit_form(user.get(f"/companies/{company}/edit").get_data(as_text=True))
    typed = {**form, "name": "  Nordwind ", "number": "8", "country": "DK", "phone": ""}
    assert user.post(f"/companies/{company}/edit", data=typed).status_code == 302
    with sqlite_hub.reading() as session:
        saved = records.get(session, "company", company)
    assert saved.values["number"] == "8"
    assert set(saved.field_meta) == {"number"}


def test_a_stale_save_shows_both_values_and_loses_nothing_typed(
    user: FlaskClient, add: Callable[..., int], sqlite_hub: Database
) -> None:
    company = add(name="Nordwind", phone="1", number="7")
    form = edit_form(user.get(f"/companies/{company}/edit").get_data(as_text=True))
    with sqlite_hub.writing() as session:
        update_many(session, "company", [(company, {"phone": "their phone", "fax": "their fax"})], "link:3", LATER)
    typed = {**form, "name": "Nordwind", "phone": "my phone", "number": "my number", "fax": ""}
    answer = user.post(f"/companies/{company}/edit", data=typed)
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Changed by another system meanwhile" in page
    assert "their phone" in page
    assert 'value="my phone"' in page
    assert 'value="my number"' in page
    assert 'value="their fax"' in page
    with sqlite_hub.reading() as session:
        assert records.get(session, "company", company).values["phone"] == "their phone"
    again = {**edit_form(page), "name": "Nordwind", "phone": "my phone", "number": "my number", "fax": "their fax"}
    assert user.post(f"/companies/{company}/edit", data=again).status_code == 302
    with sqlite_hub.reading() as session:
        saved = records.get(session, "company", company)
    assert (saved.values["phone"], saved.values["fax"]) == ("my phone", "their fax")
    assert saved.stamp("fax").origin == "link:3"


def test_a_deletion_asks_says_what_goes_and_refuses_what_changed(
    user: FlaskClient, add: Callable[..., int], sqlite_hub: Database
) -> None:
    company = add(name="Nordwind")
    add("person", last_name="Holm", company=company)
    question = text_of(user.get(f"/companies/{company}/delete"))
    assert "1 records of Persons stay" in question
    with sqlite_hub.writing() as session:
        update_many(session, "company", [(company, {"phone": "1"})], "link:3", LATER)
    refused = user.post(f"/companies/{company}/delete", data={"version": "1"})
    assert refused.status_code == 409
    assert "changed by another system meanwhile" in text_of(refused)
    assert user.post(f"/companies/{company}/delete", data={"version": "2"}).status_code == 302
    assert user.get(f"/companies/{company}").status_code == 404


def test_persons_of_a_company_have_a_tab_and_begin_with_it(user: FlaskClient, add: Callable[..., int]) -> None:
    company = add(name="Nordwind")
    empty = text_of(user.get(f"/companies/{company}/persons"))
    assert "No persons of Nordwind yet" in empty
    begun = text_of(user.get(f"/persons/new?company={company}"))
    assert f'value="Nordwind #{company}"' in begun
    user.post("/persons/new", data={"last_name": "Holm", "company": f"Nordwind #{company}"})
    user.post("/persons/new", data={"last_name": "Berg", "company": "nordwind"})
    page = text_of(user.get(f"/companies/{company}/persons"))
    assert "Holm" in page
    assert "Berg" in page
    unknown = user.post("/persons/new", data={"last_name": "Dahl", "company": "Nobody"})
    assert unknown.status_code == 422
    assert "nothing is called so" in text_of(unknown)
    assert user.get("/companies/suggestions?q=nord").get_json() == [f"Nordwind #{company}"]
    assert user.get("/persons/1/persons").status_code == 404


def test_the_search_over_all_finds_companies_and_persons(user: FlaskClient, add: Callable[..., int]) -> None:
    add(name="Nordwind Finance")
    add("person", first_name="Nora", last_name="Nordwind")
    page = text_of(user.get("/search?q=nordwind"))
    assert "Nordwind Finance" in page
    assert "Nora" in page
    assert "Nothing found" in text_of(user.get("/search?q=nobody"))
    assert user.get("/search").status_code == 200


def test_values_are_text_and_never_markup(user: FlaskClient, add: Callable[..., int]) -> None:
    company = add(
        name="<script>alert(1)</script>", url="javascript:alert(1)", email='"><b>x', description="<i>a</i>\nb"
    )
    for path in ["/companies", f"/companies/{company}", f"/companies/{company}/edit", f"/companies/{company}/delete"]:
        page = user.get(path).get_data(as_text=True)
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert "<b>x" not in page
        assert "<i>a" not in page


def test_an_administrator_adds_changes_and_deletes_a_field(administrator: FlaskClient, user: FlaskClient) -> None:
    form = {"entity_type": "company", "label": "Colour", "type": "text", "max_length": "20", "searchable": "1"}
    assert user.post("/settings/fields", data=form).status_code == 403
    assert administrator.post("/settings/fields", data=form).status_code == 302
    assert "x_colour" in text_of(administrator.get("/settings/fields?entity=company"))
    user.post("/companies/new", data={"name": "Nordwind", "x_colour": "red"})
    assert "Nordwind" in text_of(user.get("/companies?q=RED"))
    page = text_of(administrator.get("/settings/fields/1"))
    assert "values in 1 records" in page
    change = {"label": "Hue", "max_length": "20", "version": "1"}
    assert administrator.post("/settings/fields/1", data=change).status_code == 302
    assert administrator.post("/settings/fields/1", data=change).status_code == 409
    administrator.post("/settings/fields/1/delete", data={"confirm": "wrong", "version": "2"})
    assert "x_colour" in text_of(administrator.get("/settings/fields"))
    administrator.post("/settings/fields/1/delete", data={"confirm": "Hue", "version": "2"})
    assert "x_colour" not in text_of(administrator.get("/settings/fields"))
    assert administrator.post("/settings/fields", data={**form, "type": "rainbow"}).status_code == 422


def test_an_administrator_keeps_lists(administrator: FlaskClient, user: FlaskClient) -> None:
    assert user.get("/settings/lists").status_code == 403
    assert "Payment terms" in text_of(administrator.get("/settings/lists"))
    answer = administrator.post("/settings/lists", data={"name": "Colours"})
    assert answer.location == "/settings/lists/colours"
    administrator.post("/settings/lists/colours", data={"name": "Red", "version": "1"})
    administrator.post("/settings/lists/colours/items/red", data={"name": "Crimson", "active": "1", "version": "2"})
    page = text_of(administrator.get("/settings/lists/colours"))
    assert "Crimson" in page
    stale = administrator.post("/settings/lists/colours", data={"name": "Blue", "version": "1"})
    assert stale.status_code == 409
    taken = administrator.post("/settings/lists/colours", data={"name": "crimson", "version": "3"})
    assert taken.status_code == 422
    administrator.post("/settings/lists/colours/rename", data={"name": "Hues", "version": "3"})
    administrator.post("/settings/lists/colours/items/red/delete", data={"version": "4"})
    assert administrator.post("/settings/lists/colours/delete", data={"version": "5"}).status_code == 302
    assert administrator.get("/settings/lists/colours").status_code == 404
