from collections.abc import Callable

import pytest
from flask import Flask, render_template_string

from host.web.navigation import EXTENSION, NavigationItem, Section, for_administrators, register_item
from tests.accounts import client_of

SHOWN = """
{%- for part in navigation() %}{% for item in part.items -%}
{{ part.label }}/{{ item.label }}{{ "*" if item.is_current }}={{ item.badge }};
{%- endfor %}{% endfor %}"""


@pytest.fixture
def add(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Adds items to a navigation that begins empty."""
    monkeypatch.setitem(app.extensions, EXTENSION, [])

    def added(label, section=Section.SYNC, order=1, prefix="/nowhere", **options):
        register_item(app, NavigationItem(section, label, "web.home", "gear", order, prefix, **options))

    return added


@pytest.fixture
def shown(app, page_that) -> Callable[..., str]:
    """The navigation on a page, as text."""
    page_that(lambda: render_template_string(SHOWN))
    return lambda user=None, path="/test": client_of(app, user).get(path).text


def test_items_stand_in_their_sections_and_order(add, shown):
    add("Late", order=9)
    add("Users", Section.SETTINGS)
    add("Early", order=2)
    add("Companies", Section.CRM)
    assert shown() == "CRM/Companies=None;Sync/Early=None;Sync/Late=None;Settings/Users=None;"


def test_the_item_with_the_longest_fitting_prefix_is_the_current_one(add, shown):
    add("Overview", prefix="/test")
    add("Inner", prefix="/test/inner", order=2)
    assert shown(path="/test/inner") == "Sync/Overview=None;Sync/Inner*=None;"
    assert shown(path="/test") == "Sync/Overview*=None;Sync/Inner=None;"


def test_what_is_for_administrators_is_hidden_from_others(add, shown, user, administrator):
    add("Users", visible=for_administrators)
    assert shown() == ""
    assert shown(user) == ""
    assert shown(administrator) == "Sync/Users=None;"


def test_a_badge_counts_what_waits_and_is_silent_about_nothing(add, shown):
    add("Failed", badge=lambda: 7)
    add("Conflicts", badge=lambda: 0, order=2)
    assert shown() == "Sync/Failed=7;Sync/Conflicts=None;"


def test_badges_of_hidden_items_are_not_counted(add, shown):
    counted = []
    add("Failed", visible=lambda: False, badge=lambda: counted.append(1))
    assert shown() == ""
    assert counted == []


def test_users_find_no_settings_of_administrators(app, user):
    page = client_of(app, user).get("/companies").text
    assert 'href="/companies"' in page
    for path in ("/settings/users", "/settings/plugins", "/settings/sync", "/settings/audit"):
        assert f'href="{path}"' not in page
