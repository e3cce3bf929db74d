from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from plugins.workbook.layout import SHEETS
from sync_connectors import ActorReference, FieldType, ListKey, NoticeLevel, ProtocolError, Rows


def _pass(session, actor_type, watermark=None, resume=None, fields=("NAME",)):
    return list(session.changes(actor_type, watermark, resume, fields))


def test_actor_types_are_the_sheets_that_the_workbook_has(session, workbook):
    assert [each.name for each in session.actor_types()] == list(SHEETS)
    book = load_workbook(workbook)
    del book["Projects"]
    book.save(workbook)
    assert "Project" not in [each.name for each in session.actor_types()]


def test_fields_follow_the_columns_and_an_unknown_column_is_text(session, edit):
    edit("Customers", "U1", "Colour")
    fields = {field.key: field for field in session.fields("Customer")}
    assert fields["Colour"].type is FieldType.TEXT
    assert fields["CreditLimit"].type is FieldType.DOUBLE
    assert fields["COUNTRY"].list_name == "Country"
    assert "LastModified" not in fields
    edit("Customers", "B1", "Firma")
    assert "NAME" not in {field.key for field in session.fields("Customer")}


def test_values_are_typed_exactly(session, edit):
    edit("Customers", "P2", 48210.1)
    (actor,) = session.get("Customer", ["10001"], ["CustNo", "Balance", "Blocked", "CustomerSince", "COUNTRY"]).actors
    column = {field.key: index for index, field in enumerate(session.fields("Customer"))}["Balance"]
    assert actor.values["CustNo"] == 10001
    assert isinstance(actor.values["Blocked"], bool)
    assert isinstance(actor.values["CustomerSince"], date)
    assert not isinstance(actor.values["CustomerSince"], datetime)
    assert isinstance(actor.values["COUNTRY"], ListKey)
    assert column == 15
    assert actor.values["Balance"] == Decimal("48210.1")


def test_persons_name_their_parent_and_orders_carry_their_lines(session):
    (person,) = session.get("Person", ["70001"], ["LASTNAME"]).actors
    assert person.parent is not None
    assert person.parent.actor_type == "Customer"
    (order,) = session.get("SalesOrder", ["900001"], ["Lines", "DeliveryTime"]).actors
    lines = order.values["Lines"]
    assert isinstance(lines, Rows)
    assert next(iter(lines)) == "10"
    assert isinstance(lines["10"]["Quantity"], Decimal)
    assert order.values["DeliveryTime"].tzinfo is None


def test_a_missing_key_is_absent(session):
    assert session.get("Customer", ["10001", "1"], ["NAME"]).actors[0].key == "10001"


def test_a_pass_brings_every_row_once_in_pages(session, monkeypatch):
    monkeypatch.setattr("plugins.workbook.reading.PAGE_SIZE", 25)
    pages = _pass(session, "Customer")
    assert [len(page.actors) for page in pages] == [25, 25, 10]
    assert pages[0].total == 60
    assert len({actor.key for page in pages for actor in page.actors}) == 60
    assert [page.resume is None for page in pages] == [False, False, True]
    assert pages[-1].watermark


def test_a_pass_goes_on_behind_the_stored_page(session, monkeypatch):
    monkeypatch.setattr("plugins.workbook.reading.PAGE_SIZE", 25)
    first = next(iter(session.changes("Customer", None, None, ["NAME"])))
    rest = _pass(session, "Customer", resume=first.resume)
    keys = [actor.key for page in [first, *rest] for actor in page.actors]
    assert len(keys) == len(set(keys)) == 60


def test_an_unchanged_file_has_no_changes_and_a_hand_edit_has(session, edit):
    watermark = _pass(session, "Customer")[-1].watermark
    assert [page.actors for page in _pass(session, "Customer", watermark)] == [()]
    edit("Customers", "B3", "Renamed A/S")
    changed = _pass(session, "Customer", watermark)
    assert "Renamed A/S" in {actor.values["NAME"] for page in changed for actor in page.actors}


def test_a_cursor_of_another_state_of_the_file_is_refused(session, edit, monkeypatch):
    monkeypatch.setattr("plugins.workbook.reading.PAGE_SIZE", 25)
    first = next(iter(session.changes("Customer", None, None, ["NAME"])))
    edit("Customers", "B3", "Renamed A/S")
    with pytest.raises(ProtocolError, match="changed since this pass began"):
        _pass(session, "Customer", resume=first.resume)


def test_a_cell_of_the_wrong_type_refuses_its_row_only(session, edit):
    edit("Customers", "O4", "plenty")
    (page,) = _pass(session, "Customer", fields=("NAME", "CreditLimit"))
    assert len(page.actors) == 59
    (rejection,) = page.rejections
    assert rejection.key == "10003"
    assert rejection.field == "CreditLimit"
    assert "plenty" in rejection.text
    assert "row 4" in rejection.text


def test_rows_without_a_key_and_repeated_keys_are_left_out_with_a_warning(session, edit):
    edit("Customers", "A5", None)
    edit("Customers", "A6", 10001)
    (page,) = _pass(session, "Customer")
    assert len(page.actors) == 58
    assert [notice.level for notice in page.notices] == [NoticeLevel.WARNING, NoticeLevel.WARNING]
    assert "row 5 has no key" in page.notices[0].text
    assert "key 10001 again" in page.notices[1].text


def test_a_line_of_the_wrong_type_refuses_its_order_only(session, edit):
    edit("SalesOrderLines", "E2", "many")
    (page,) = _pass(session, "SalesOrder", fields=("Lines",))
    assert [each.key for each in page.rejections] == ["900001"]
    assert "line 10" in page.rejections[0].text


def test_a_text_finds_rows_whatever_the_case_and_an_empty_one_finds_all(session):
    name = session.get("Customer", ["10007"], ["NAME"]).actors[0].values["NAME"]
    found = session.search("Customer", str(name).upper(), ["NAME"]).actors
    assert "10007" in {actor.key for actor in found}
    assert len(session.search("Customer", "", ["NAME"]).actors) == 60


def test_a_search_below_a_parent_stays_below_it(session):
    parent = session.get("Person", ["70001"], []).actors[0].parent
    found = session.search_by_parent("Person", "", parent, ["LASTNAME"]).actors
    assert "70001" in {actor.key for actor in found}
    assert {actor.parent for actor in found} == {ActorReference("Customer", parent.key)}


def test_lists_come_in_their_order_and_by_key(session):
    assert next(iter(session.list_items("PaymentTerms").items())) == ("net_14", "14 days net")
    assert session.list_items_by_key("Country", ["DK", "XX"]) == {"DK": "Denmark"}
    assert session.list_items("Nothing") == {}


def test_an_actor_type_without_a_sheet_is_refused(session):
    with pytest.raises(ProtocolError, match="Employee"):
        session.fields("Employee")
