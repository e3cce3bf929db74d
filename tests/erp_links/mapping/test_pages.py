import re
from dataclasses import replace

import pytest
from sqlalchemy import event

from erp_links.links.models import LinkState
from erp_links.mapping.priority import sync_priority
from erp_links.mapping.taking_over import take_over_declaration
from sync_connectors import Field, FieldType
from tests.accounts import client_of, make_administrator, make_user
from tests.emulators.plain_server import FIELDS
from tests.erp_links.mapping.stored import DECLARED, NOON, stored_link, type_row


@pytest.fixture
def link(sqlite_database):
    with sqlite_database.writing() as session:
        return stored_link(session)


@pytest.fixture
def admin(app, sqlite_database):
    return client_of(app, make_administrator(sqlite_database))


def address(link):
    return f"/settings/sync/links/{link.id}/mapping"


def form_of(page):
    """Return what a browser would send of the mapping form, as a list of pairs."""
    form = page[page.index('id="mapping"') : page.index("</form>", page.index('id="mapping"'))]
    pairs = []
    for found in re.finditer(r"<input ([^>]*)>|<select ([^>]*)>(.*?)</select>", form, re.DOTALL):
        tag = found[1] or found[2]
        name = re.search(r'\bname="([^"]*)"', tag)
        if name is None or name[1] == "csrf_token" or re.search(r"\bdisabled\b", tag):
            continue
        if found[2] is not None:
            chosen = re.search(r'<option value="([^"]*)" selected', found[3])
            pairs.append((name[1], chosen[1] if chosen else ""))
        elif 'type="checkbox"' not in tag or re.search(r"\bchecked\b", tag):
            value = re.search(r'\bvalue="([^"]*)"', tag)
            pairs.append((name[1], value[1] if value else ""))
    return pairs


def field_id(database, link, key):
    with database.reading() as session:
        return next(f"f{each.id}" for each in type_row(session, link).fields if each.key == key)


def with_values(pairs, **values):
    kept = [(name, value) for name, value in pairs if name not in values]
    return {name: [v for n, v in kept if n == name] for name, _value in kept} | values


def test_every_field_has_a_row_with_its_key_and_type(admin, link):
    page = admin.get(address(link)).text
    assert page.count("data-map-row") == sum(len(of) for of in FIELDS.values())
    assert '<span class="key">NAME</span> · text, 60' in page
    assert "read-only in the ERP" in page
    assert ">mandatory<" in page


def test_saving_an_unchanged_page_changes_nothing(admin, link):
    before = admin.get(address(link)).text
    answer = admin.post(address(link), data=with_values(form_of(before)))
    assert answer.status_code == 302
    assert form_of(admin.get(address(link)).text) == form_of(before)


def test_a_submitted_form_is_stored(admin, sqlite_database, link):
    name = field_id(sqlite_database, link, "NAME")
    page = form_of(admin.get(address(link)).text)
    admin.post(address(link), data=with_values(page, **{f"{name}.to_crm": "1", f"{name}.to_erp": "1"}))
    with sqlite_database.reading() as session:
        row = next(each for each in type_row(session, link).fields if each.key == "NAME")
        assert (row.crm_field, row.to_crm, row.to_erp) == ("name", True, True)


def test_faults_stand_beside_their_rows_and_what_was_chosen_stays(admin, sqlite_database, link):
    number, phone = (field_id(sqlite_database, link, key) for key in ("CUSTNO", "PHONE"))
    page = form_of(admin.get(address(link)).text)
    answer = admin.post(
        address(link),
        data=with_values(page, **{f"{number}.to_erp": "1", f"{phone}.crm_field": "fax", f"{phone}.to_crm": "1"}),
    )
    assert answer.status_code == 422
    assert f'id="{number}-wrong">Read-only in the ERP' in answer.text
    assert f'name="{phone}.to_crm" value="1"' in answer.text
    assert '<option value="fax" selected>' in answer.text
    with sqlite_database.reading() as session:
        assert next(each for each in type_row(session, link).fields if each.key == "PHONE").crm_field == "phone"


def test_a_stale_page_overwrites_nothing_and_keeps_what_was_chosen(admin, sqlite_database, link):
    phone = field_id(sqlite_database, link, "PHONE")
    page = form_of(admin.get(address(link)).text)
    admin.post(address(link), data=with_values(page, **{f"{phone}.to_crm": "1"}))
    answer = admin.post(address(link), data=with_values(page, **{f"{phone}.crm_field": "fax"}))
    assert answer.status_code == 409
    assert "Changed by Admin meanwhile" in answer.text
    assert '<option value="fax" selected>' in answer.text
    with sqlite_database.reading() as session:
        assert next(each for each in type_row(session, link).fields if each.key == "PHONE").crm_field == "phone"


def test_proposals_are_accepted_with_one_direction_asked_once(admin, sqlite_database, link):
    page = admin.get(address(link)).text
    assert "Accept 10 proposals" in page
    with sqlite_database.reading() as session:
        type_id = type_row(session, link).id
    admin.post(address(link), data=with_values(form_of(page), accept=f"{type_id}:both"))
    with sqlite_database.reading() as session:
        rows = {each.key: each for each in type_row(session, link).fields}
        assert (rows["NAME"].to_crm, rows["NAME"].to_erp) == (True, True)
        assert (rows["CUSTNO"].to_crm, rows["CUSTNO"].to_erp) == (True, False)
    assert "stands between this link and activation" not in admin.get(address(link)).text


def test_proposals_that_cannot_go_a_way_are_counted(admin, sqlite_database, link):
    page = admin.get(address(link)).text
    with sqlite_database.reading() as session:
        type_id = type_row(session, link).id
    told = admin.post(
        address(link), data=with_values(form_of(page), accept=f"{type_id}:to_erp"), follow_redirects=True
    ).text
    assert "1 proposal cannot go that way; its locked arrow says why" in told  # CUSTNO is read-only in the ERP


def test_a_locked_mapping_says_why_and_takes_nothing(admin, sqlite_database, link):
    page = form_of(admin.get(address(link)).text)
    with sqlite_database.writing() as session:
        session.merge(link).state = LinkState.ACTIVE.value
    assert "The mapping is locked while the link is active" in admin.get(address(link)).text
    assert admin.post(address(link), data=with_values(page)).status_code == 409


def test_a_link_that_declared_nothing_yet_says_what_to_do(admin, sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session, declared=replace(DECLARED, actor_types=()))
    assert "The ERP has not told its fields yet" in admin.get(address(link)).text


def test_hostile_names_of_fields_are_shown_as_text(admin, sqlite_database):
    nasty = Field("<script>'\"", "<b>x</b>", FieldType.TEXT, "\" onload='x'", rank=0)
    with sqlite_database.writing() as session:
        link = stored_link(session)
        fields = {**FIELDS, "Customer": (nasty, *FIELDS["Customer"])}
        take_over_declaration(session, link, replace(DECLARED, fields=fields), NOON)
    page = admin.get(address(link)).text
    assert "<b>x</b>" not in page
    assert "<script>'" not in page
    nasty_id = field_id(sqlite_database, link, "<script>'\"")
    admin.post(address(link), data=with_values(form_of(page), **{f"{nasty_id}.crm_field": "fax"}))
    with sqlite_database.reading() as session:
        assert next(each for each in type_row(session, link).fields if each.key == "<script>'\"").crm_field == "fax"


def test_two_hundred_fields_are_shown_and_saved_with_few_statements(admin, sqlite_database):
    many = tuple(Field(f"FIELD{place}", f"Field {place}", FieldType.TEXT, rank=place) for place in range(200))
    with sqlite_database.writing() as session:
        link = stored_link(session, declared=replace(DECLARED, fields={**FIELDS, "Customer": many}))
    admin.get(address(link))
    statements = []
    event.listen(sqlite_database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    page = admin.get(address(link)).text
    assert len(page) < 2_000_000
    assert len(statements) < 25
    answer = admin.post(address(link), data=with_values(form_of(page)))
    assert answer.status_code == 302


def test_fields_move_by_buttons_without_a_script(admin, sqlite_database, link):
    with sqlite_database.reading() as session:
        row = type_row(session, link)
        order = f"{address(link)}/order/{row.id}"
        keys = [each.key for each in row.fields]
    page = admin.get(order).text
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    admin.post(order, data={"version": version, "order": keys, "move": "down:0"})
    with sqlite_database.reading() as session:
        assert [each.key for each in type_row(session, link).fields][:3] == [keys[1], keys[0], keys[2]]
    assert admin.post(order, data={"version": version, "order": keys}).status_code == 409
    assert admin.get(f"{address(link)}/order/999").status_code == 404


def test_the_sync_priority_moves_by_buttons_without_a_script(admin, sqlite_database, link):
    with sqlite_database.writing() as session:
        session.merge(link).state = LinkState.ACTIVE.value
    page = admin.get("/settings/sync/priority").text
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    admin.post("/settings/sync/priority", data={"version": version, "order": ["0", link.id], "move": "up:1"})
    with sqlite_database.reading() as session:
        assert [each.link_id for each in sync_priority(session)] == [link.id, 0]
    stale = admin.post("/settings/sync/priority", data={"version": version, "order": ["0", link.id]})
    assert stale.status_code == 409
    wrong = admin.post("/settings/sync/priority", data={"order": ["x"], "version": "1"})
    assert wrong.status_code == 422


@pytest.mark.usefixtures("link")
@pytest.mark.parametrize("path", ["/settings/sync/links/1/mapping", "/settings/sync/priority"])
def test_only_administrators_see_these_pages(app, sqlite_database, path):
    assert client_of(app, make_user(sqlite_database, "ida")).get(path).status_code == 403
    assert client_of(app).get(path).status_code == 302
