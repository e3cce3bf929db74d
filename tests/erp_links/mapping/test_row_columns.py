"""Fields of rows are mapped column by column."""

from decimal import Decimal

import pytest

from erp_links.mapping.compiled import compile_mapping
from erp_links.mapping.declared import DeclaredLink
from erp_links.mapping.operations import save_mapping
from erp_links.mapping.reasons import activation_reasons
from erp_links.mapping.row_columns import propose_columns
from erp_links.mapping.schemas import MappingInput
from host.crm.entities.sales_order import SALES_ORDER
from host.errors import InvalidInputError
from host.schemas import load
from sync_connectors import Access, ActorType, Capabilities, Field, FieldType
from tests.erp_links.mapping.stored import ADMINISTRATOR, stored_link, type_row

LINES = Field(
    "Lines",
    "Lines",
    FieldType.ROWS,
    row_fields=(
        Field("ItemNo", "Item number", FieldType.TEXT, max_length=40, access=Access.MANDATORY),
        Field("Text", "Description", FieldType.TEXT, max_length=10),
        Field("Quantity", "Quantity", FieldType.DOUBLE, decimals=2),
        Field("Unit-Price", "Price", FieldType.DOUBLE),
        Field("Net_Amount", "Sum", FieldType.DOUBLE, access=Access.READ_ONLY),
        Field("VATCode", "VAT", FieldType.LIST, list_name="vat"),
        Field("Secret", "Secret", FieldType.PASSWORD),
    ),
)
CRM_LINES = SALES_ORDER.by_key["lines"]
ALL = {
    "ItemNo": "item_number",
    "Text": "description",
    "Quantity": "quantity",
    "Unit-Price": "price",
    "Net_Amount": "amount",
    "VATCode": "vat_code",
}
ORDERS = DeclaredLink(
    (ActorType("SalesOrder", "Sales order", "Sales orders", (), "sales_order", Capabilities(save=True, create=True)),),
    {"SalesOrder": (Field("YourRef", "Your reference", FieldType.TEXT), LINES)},
)


@pytest.fixture
def link(sqlite_database):
    with sqlite_database.writing() as session:
        return stored_link(session, declared=ORDERS)


def save(session, link, *fields):
    values = {"actor_types": [{"name": "SalesOrder", "fields": list(fields)}]}
    return save_mapping(session, ADMINISTRATOR, link, load(MappingInput, values))


def lines_row(session, link):
    return next(each for each in type_row(session, link, "SalesOrder").fields if each.key == "Lines")


def test_columns_are_proposed_by_their_names():
    assert propose_columns(LINES, CRM_LINES) == ALL
    assert propose_columns(LINES, SALES_ORDER.by_key["number"]) == {}


def test_rows_and_their_columns_are_proposed_when_the_fields_are_first_read(sqlite_database, link):
    with sqlite_database.reading() as session:
        row = lines_row(session, link)
        assert (row.crm_field, row.row_columns, row.proposed) == ("lines", ALL, True)


def test_columns_follow_the_choice_of_the_field_unless_they_are_given(sqlite_database, link):
    with sqlite_database.writing() as session:
        save(session, link, {"key": "Lines", "crm_field": None})
        assert lines_row(session, link).row_columns == {}
        save(session, link, {"key": "Lines", "crm_field": "lines"})
        assert lines_row(session, link).row_columns == ALL
        save(session, link, {"key": "Lines", "row_columns": {"Quantity": "quantity"}, "to_crm": True})
        assert lines_row(session, link).row_columns == {"Quantity": "quantity"}


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"Ghost": "quantity"}, "the rows of the ERP have no column “Ghost”"),
        ({"Quantity": "ghost"}, "the rows of the CRM have no column “ghost”"),
        ({"Text": "quantity"}, "“Description”: text in the ERP does not go with decimal in the CRM"),
        ({"Secret": "notes"}, "“Secret”: password in the ERP does not go with text in the CRM"),
        ({"Quantity": "price", "Unit-Price": "price"}, "“Quantity” and “Price” both go with “Price”"),
    ],
)
def test_columns_that_do_not_go_together_are_refused(sqlite_database, link, columns, fault):
    with sqlite_database.writing() as session, pytest.raises(InvalidInputError) as caught:
        save(session, link, {"key": "Lines", "row_columns": columns})
    assert caught.value.errors == {"actor_types.0.fields.0.row_columns": [fault]}


def test_only_rows_have_columns(sqlite_database, link):
    with sqlite_database.writing() as session, pytest.raises(InvalidInputError) as caught:
        save(session, link, {"key": "YourRef", "row_columns": {"Quantity": "quantity"}})
    assert caught.value.errors == {"actor_types.0.fields.0.row_columns": ["only a field of rows has columns"]}


@pytest.mark.parametrize(
    ("field", "reasons"),
    [
        ({"to_crm": True, "to_erp": True}, []),
        ({"to_crm": True, "row_columns": {}}, ["Sales order: “Lines”: no column of its rows is mapped"]),
        ({"to_crm": True, "row_columns": {"Quantity": "quantity"}}, []),
        (
            {"to_erp": True, "row_columns": {"Quantity": "quantity"}},
            ["Sales order: “Lines”: mandatory in the ERP and not mapped: Item number"],
        ),
    ],
)
def test_what_rows_need_stands_in_the_way_of_activation(sqlite_database, link, field, reasons):
    with sqlite_database.writing() as session:
        save(session, link, {"key": "Lines", **field})
        assert activation_reasons(session, link) == reasons


def test_columns_are_compiled_with_both_ways_and_read_only_ones_are_not_sent(database):
    with database.writing() as session:
        link = stored_link(session, declared=ORDERS)
        save(session, link, {"key": "Lines", "to_crm": True, "to_erp": True})
        (field,) = compile_mapping(session, type_row(session, link, "SalesOrder")).fields
        columns = {each.erp.key: each for each in field.columns}
        assert {key: each.crm.key for key, each in columns.items()} == ALL
        assert [key for key, each in columns.items() if not each.to_erp] == ["Net_Amount"]
        assert columns["Quantity"].convert_back(Decimal("1.005")) == Decimal("1.01")
        with pytest.raises(ValueError, match="must not be longer than 10 characters"):
            columns["Text"].convert_back("x" * 11)


def test_a_field_of_rows_without_a_column_takes_no_part(sqlite_database, link):
    with sqlite_database.writing() as session:
        save(session, link, {"key": "Lines", "to_crm": True, "row_columns": {}})
        assert compile_mapping(session, type_row(session, link, "SalesOrder")).fields == ()
