from datetime import UTC, datetime, timedelta

import pytest

FORMS = '{% from "macros/forms.html" import field, form_errors, post_button, confirm_delete, direction with context %}'
TELLING = (
    '{% from "macros/telling.html" import tie, tag, note, facts, stat, progress with context %}'
    '{% from "macros/telling.html" import time_ago, was_now, empty with context %}'
)
LISTS = '{% from "macros/lists.html" import tabs, sortable, pager with context %}'


def test_a_state_is_told_in_words_where_no_word_stands_beside_it(render):
    assert 'role="img" aria-label="Paused"' in render(TELLING + '{{ tie("paused", "Paused") }}')
    assert 'aria-hidden="true"' in render(TELLING + '{{ tie("paused") }}')


def test_an_error_has_what_happened_what_to_do_and_details_one_click_away(render):
    html = render(
        TELLING + '{{ note("bad", "the test did not pass", "refused", next="ask them", technical="E17 <x>") }}'
    )
    assert 'role="alert"' in html
    assert "The test did not pass" in html
    assert "refused" in html
    assert "Ask them" in html
    assert "<details>" in html
    assert "E17 &lt;x&gt;" in html


@pytest.mark.parametrize("macro", ["tag(text)", 'note("ok", text)', 'facts([("a", text)])', 'was_now("", text)'])
def test_texts_of_records_are_escaped(render, macro):
    html = render(TELLING + "{{ " + macro + " }}", text="<script>x</script>")
    assert "<script>" not in html
    assert "script&gt;" in html


def test_facts_without_a_value_show_a_dash(render):
    assert render(TELLING + '{{ facts([("Balance", none), ("Blocked", "No")]) }}').count("–") == 1


def test_a_time_is_relative_with_the_exact_one_on_hover(render):
    moment = datetime.now(UTC) - timedelta(minutes=5)
    html = render(TELLING + "{{ time_ago(moment) }}", moment=moment)
    assert f'datetime="{moment.isoformat()}"' in html
    assert ">5 minutes ago<" in html
    assert "UTC" in html


def test_no_time_is_never(render):
    assert "never" in render(TELLING + "{{ time_ago(none) }}")


def test_progress_never_claims_more_than_everything(render):
    assert 'max="100" value="100"' in render(TELLING + '{{ progress(120, 100, "x") }}')
    assert "value=" not in render(TELLING + '{{ progress(120, none, "x") }}')


@pytest.mark.parametrize(
    "kind",
    ["text", "password", "email", "number", "date", "datetime-local", "textarea", "select", "search", "checkbox"],
)
def test_every_kind_of_field_has_a_label_and_points_to_help_and_faults(render, kind):
    html = render(
        FORMS
        + '{{ field("city.name", "Town", value="", type=kind, errors=errors, help="where", options=[("a", "A")]) }}',
        kind=kind,
        errors={"city.name": ["is missing", "is short"]},
    )
    assert 'for="f-city-name"' in html
    assert 'id="f-city-name"' in html
    assert 'name="city.name"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="f-city-name-help f-city-name-wrong"' in html
    assert 'id="f-city-name-help">where' in html
    assert "is missing; is short" in html


def test_a_required_field_says_so_in_words(render):
    html = render(FORMS + '{{ field("name", "Name", required=true) }}')
    assert ">required<" in html
    assert " required" in html.split("<input", 1)[1]


def test_a_chosen_option_is_marked_whatever_its_type(render):
    html = render(FORMS + '{{ field("n", "N", value=2, type="select", options=[("1", "one"), ("2", "two")]) }}')
    assert '<option value="2" selected>two' in html
    assert html.count("selected") == 1


def test_a_password_field_is_not_filled_in_by_the_browser(render):
    assert 'autocomplete="new-password"' in render(FORMS + '{{ field("p", "P", type="password") }}')


def test_faults_of_no_single_field_stand_above_the_form(render):
    html = render(
        FORMS + "{{ form_errors(errors, known=['name']) }}", errors={"name": ["bad"], "": ["the whole is odd"]}
    )
    assert "the whole is odd" in html
    assert "<li>bad" not in html
    assert render(FORMS + "{{ form_errors({}) }}").strip() == ""


def test_a_button_that_posts_carries_the_guard_against_forgery(render):
    html = render(FORMS + '{{ post_button("/x", "Activate", fields={"version": 3}) }}')
    assert 'method="post"' in html
    assert 'name="csrf_token"' in html
    assert 'name="version" value="3"' in html


def test_a_deletion_asks_for_the_name(render):
    html = render(FORMS + '{% call confirm_delete("/x", "Nordwind", "Delete link") %}718 pairings{% endcall %}')
    assert "718 pairings" in html
    assert "Type Nordwind to confirm" in html
    assert 'name="confirm"' in html


def test_a_locked_direction_gives_its_reason(render):
    html = render(
        FORMS + '{{ direction("f-3", to_crm=true, to_erp=false, why_not_erp="read-only in the ERP", name="Name") }}'
    )
    assert 'name="f-3-to_crm" value="1" checked' in html
    assert "f-3-to_erp" not in html
    assert "read-only in the ERP" in html


def test_a_heading_sorts_and_starts_again_at_the_first_page(render):
    html = render(LISTS + '{{ sortable("name", "Name", "name", false) }}')
    assert 'aria-sort="ascending"' in html
    assert "sort=-name" in html
    assert "after=" not in html


def test_paging_leads_on_and_back_to_the_first_page(render):
    html = render(LISTS + '{{ pager("next-cursor", 50) }}')
    assert "after=next-cursor" in html
    assert "First page" in html
    assert 'rel="next"' not in render(LISTS + "{{ pager(none, 3) }}")


def test_the_present_tab_is_marked(render):
    html = render(LISTS + '{{ tabs([("/a", "Card", true, none), ("/b", "ERP", false, 2)], "Parts") }}')
    assert html.count('aria-current="page"') == 1
    assert 'aria-label="Parts"' in html


def test_an_empty_state_names_the_next_step(render):
    html = render(TELLING + '{% call empty("No links yet", "A link connects.") %}<a>Add</a>{% endcall %}')
    assert "No links yet" in html
    assert "<a>Add</a>" in html
