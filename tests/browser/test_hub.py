"""Work with records in a real browser: what the scripts add to pages that work without them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Office

pytestmark = pytest.mark.browser


def add_company(page: Page, name: str) -> str:
    page.goto("/companies/new")
    page.get_by_label("Name", exact=False).first.fill(name)
    page.get_by_role("main").get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page.url


def test_the_company_of_a_person_is_chosen_from_suggestions(inside: Page) -> None:
    add_company(inside, "Zwaluw Timber")
    inside.goto("/persons/new")
    inside.get_by_label("Company").press_sequentially("zwaluw")
    suggestion = inside.locator("datalist option").first
    suggestion.wait_for(state="attached")
    chosen = suggestion.get_attribute("value") or ""
    assert chosen.startswith("Zwaluw Timber #")
    inside.get_by_label("Company").fill(chosen)
    inside.get_by_label("Last name").fill("Lund")
    inside.get_by_role("main").get_by_role("button", name="Add").click()
    expect(inside.get_by_role("link", name="Zwaluw Timber")).to_be_visible()


def test_two_people_who_save_at_once_lose_nothing(inside: Page, administrator: Page) -> None:
    card = add_company(inside, "Klitmøller Surf")
    inside.goto(f"{card}/edit")
    administrator.goto(f"{card}/edit")
    administrator.get_by_label("Phone").fill("+45 11")
    administrator.get_by_role("button", name="Save").click()
    expect(administrator.get_by_role("link", name="Edit")).to_be_visible()
    inside.get_by_label("Phone").fill("+45 22")
    inside.get_by_label("Fax").fill("+45 33")
    inside.get_by_role("button", name="Save").click()
    expect(inside.get_by_role("alert")).to_contain_text("meanwhile")
    expect(inside.get_by_role("alert")).to_contain_text("+45 11")
    expect(inside.get_by_label("Phone")).to_have_value("+45 22")
    expect(inside.get_by_label("Fax")).to_have_value("+45 33")
    inside.get_by_role("button", name="Save").click()
    expect(inside.get_by_role("main")).to_contain_text("+45 22")


def test_an_import_goes_on_by_itself_to_its_result(inside: Page, office: Office) -> None:
    rows = "".join(f"Imported {number};I{number}\n" for number in range(1200))
    inside.goto("/companies/import")
    inside.locator("input[type=file]").set_input_files(
        {"name": "many.csv", "mimeType": "text/csv", "buffer": f"Name;Number\n{rows};X\n".encode()}
    )
    inside.get_by_role("button", name="Upload").click()
    inside.get_by_role("button", name="Show preview").click()
    inside.get_by_role("button", name="Import 1,201 rows").click()
    expect(inside.get_by_role("heading", name="Import finished")).to_be_visible()
    expect(inside.get_by_role("main")).to_contain_text("Name: must be filled in")
    assert office.company_with("number", "I1199")


def test_lines_are_written_with_the_keyboard_and_enter_saves_them(inside: Page) -> None:
    inside.goto("/sales-orders/new")
    inside.get_by_label("Number", exact=True).fill("K-1")
    inside.get_by_role("group", name="Row 1").get_by_label("Item number").fill("A-0001")
    inside.get_by_role("button", name="Add a row").click()
    added = inside.get_by_role("group", name="Row 2")
    expect(added).to_be_in_viewport()
    added.get_by_label("Item number").fill("A-0002")
    added.get_by_label("Quantity").fill("3")
    added.get_by_label("Quantity").press("Enter")
    expect(inside.get_by_role("heading", level=1)).to_have_text("K-1")
    inside.get_by_role("link", name="Edit").click()
    inside.get_by_role("button", name="Remove row 1").click()
    inside.get_by_role("button", name="Save").click()
    expect(inside.get_by_role("heading", level=1)).to_have_text("K-1")
    expect(inside.get_by_role("main")).to_contain_text("A-0002")
    expect(inside.get_by_role("main")).not_to_contain_text("A-0001")
