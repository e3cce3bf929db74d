"""What the shell does in a browser, on a page with every component."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from host.database import Database
from tests.accounts import PASSWORD, make_administrator
from tests.browser.axe import findings
from tests.browser.gallery import PATIENCE_SECONDS, Gallery, opened_gallery
from tests.browser.watching import Watch
from tests.databases import SqliteDatabases

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 800}
SCROLLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def served(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    with sqlite_databases.migrated() as url:
        database = Database(url)
        make_administrator(database, "ida")
        with opened_gallery(database, tmp_path_factory.mktemp("gallery")) as gallery:
            yield gallery
        database.close()


@pytest.fixture(scope="module")
def session_state(browser: Browser, served: Gallery) -> object:
    context = browser.new_context(base_url=served.address)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Login").fill("ida")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/companies")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def gallery(served: Gallery) -> Iterator[Gallery]:
    served.part, served.load_seconds, served.counter, served.deleted = "ok", PATIENCE_SECONDS, 0, 0
    served.released.clear()
    served.asked.clear()
    yield served
    served.released.set()


@pytest.fixture
def open_page(browser: Browser, gallery: Gallery, session_state: object) -> Iterator[Callable[..., Page]]:
    """Opens the page; what a page should never do fails the test at its end."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def page_with(viewport: dict = DESK, scheme: str = "light", **options: object) -> Page:
        context = browser.new_context(
            base_url=gallery.address, storage_state=session_state, viewport=viewport, color_scheme=scheme, **options
        )
        opened.append((context, Watch(context, gallery.address)))
        page = context.new_page()
        page.goto("/test/gallery")
        return page

    yield page_with
    for context, _watch in opened:
        context.close()
    faults = [fault for _context, watch in opened for fault in watch.faults if "/test/part" not in fault]
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_component_is_legible_and_fits(open_page, scheme, viewport):
    page = open_page(viewport, scheme, reduced_motion="reduce")
    expect(page.locator("#loaded")).to_contain_text("48,210.50")
    page.locator("details").evaluate_all("parts => parts.forEach((part) => { part.open = true; })")
    assert findings(page) == []
    assert page.evaluate(SCROLLS) is False
    assert page.locator("html").get_attribute("data-bs-theme") == scheme


def test_the_theme_follows_the_system_until_one_is_chosen(open_page):
    page = open_page(scheme="light")
    theme = page.locator("html")
    page.emulate_media(color_scheme="dark")
    expect(theme).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="Dark").click()
    expect(theme).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(theme).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Dark").click()
    page.emulate_media(color_scheme="light")
    expect(theme).to_have_attribute("data-bs-theme", "light")


def test_the_menu_of_the_phone_opens_and_gives_the_focus_back(open_page):
    page = open_page(PHONE)
    toggle = page.get_by_role("button", name="Menu")
    companies = page.get_by_role("link", name="Companies")
    expect(companies).to_be_hidden()
    toggle.click()
    expect(companies).to_be_visible()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    companies.focus()
    page.keyboard.press("Escape")
    expect(companies).to_be_hidden()
    expect(toggle).to_be_focused()


def test_a_slash_goes_to_the_search_but_not_while_typing(open_page):
    page = open_page()
    page.locator("h1").click()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search")
    expect(search).to_be_focused()
    page.get_by_label("Description").focus()
    page.keyboard.press("/")
    expect(page.get_by_label("Description")).to_have_value("/Book-keeping")


def test_the_first_key_stop_skips_to_the_content(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_a_polled_part_changes_under_the_hand_without_taking_the_focus(open_page, gallery):
    page = open_page()
    button = page.locator("#in-poll")
    expect(button).to_be_visible()
    page.locator("#polled summary").click()
    button.focus()
    gallery.counter = 7
    expect(button).to_have_text("7")
    expect(button).to_be_focused()
    expect(page.locator("#polled details")).to_have_attribute("open", "")


def test_polling_ends_with_the_last_state(open_page, gallery):
    page = open_page()
    gallery.counter = 100
    expect(page.locator("#in-poll")).to_have_text("100")
    gallery.counter = 101
    page.wait_for_timeout(600)
    expect(page.locator("#in-poll")).to_have_text("100")


@pytest.mark.parametrize(("fault", "load_seconds"), [("fail", PATIENCE_SECONDS), ("held", 0.1)])
def test_a_part_that_fails_or_is_slow_says_so_and_can_be_asked_for_again(open_page, gallery, fault, load_seconds):
    gallery.part, gallery.load_seconds = fault, load_seconds
    page = open_page()
    part = page.locator("#loaded")
    expect(part).to_contain_text("This part could not be loaded")
    gallery.part = "ok"
    part.evaluate("(place, seconds) => { place.dataset.loadSeconds = seconds; }", PATIENCE_SECONDS)
    part.get_by_role("button", name="Try again").click()
    expect(part).to_contain_text("48,210.50")


def test_nothing_jumps_when_a_part_arrives(open_page, gallery):
    gallery.part = "held"
    page = open_page()
    place = page.locator("#loaded")
    expect(place).to_have_attribute("aria-busy", "true")
    before = page.locator("#polled").bounding_box()
    gallery.released.set()
    expect(place).to_contain_text("48,210.50")
    assert page.locator("#polled").bounding_box() == before


def test_what_is_destroyed_is_named_first_and_the_focus_returns(open_page, gallery):
    page = open_page()
    page.locator("#asks").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="12 pairings are dropped.")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#asks")).to_be_focused()
    assert gallery.deleted == 0
    page.keyboard.press("Enter")
    assert findings(page) == []
    dialog.get_by_role("button", name="Delete 12 pairings").click()
    page.wait_for_url("**/test/deleted")
    assert gallery.deleted == 1


def test_rows_move_by_arrow_keys_and_open_by_enter(open_page):
    page = open_page()
    rows = page.locator("#rows tr")
    rows.nth(0).get_by_role("link").focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**row=2")


def test_a_filter_hides_the_rows_that_do_not_suit(open_page):
    page = open_page()
    page.get_by_label("Filter").fill("phone 3")
    expect(page.locator("#rows tr:visible")).to_have_count(1)


def test_leaving_unsaved_work_is_asked_about(open_page):
    page = open_page()
    page.get_by_label("Description").fill("other")
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => { location.href = '/account'; })")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    assert page.url.endswith("/test/gallery")


def test_a_text_is_copied(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text === 'tl_0123456789')")


def test_relative_times_keep_the_words_of_the_server(open_page):
    page = open_page()
    time = page.locator("time[data-ago]").first
    expect(time).to_have_text("5 minutes ago")
    page.evaluate("import('/static/js/times.js').then((times) => times.refreshTimes(document))")
    expect(time).to_have_text("5 minutes ago")


def test_the_page_works_without_scripts(browser, gallery, session_state):
    context = browser.new_context(
        base_url=gallery.address, storage_state=session_state, java_script_enabled=False, viewport=PHONE
    )
    page = context.new_page()
    page.goto("/test/gallery")
    expect(page.get_by_role("link", name="Companies")).to_be_visible()
    expect(page.get_by_text("the workbook refused this password")).to_be_visible()
    page.locator("#asks").click()
    page.wait_for_url("**/test/deleted")
    assert gallery.deleted == 1
    context.close()
