import pytest

from host.crm import bulk
from host.crm.bulk import find_by
from host.crm.custom_fields import FieldChange, add_field
from host.crm.fields import CrmType
from host.crm.indexing import ensure_found_by
from host.crm.tables import table_of
from host.database import Database
from tests.host.crm.conftest import ADMINISTRATOR, THEN
from tests.host.database.plans import index_names, plans_of


def plan_of_finding(hub: Database, key: str, value: object) -> str:
    with hub.reading() as session:
        return plans_of(session, lambda: find_by(session, "company", [key], [(value,)]))


@pytest.mark.parametrize(
    ("key", "value", "index"),
    [
        ("vat_number", "dk1", "ix_company_vat_number_folded"),
        ("cost_unit", "a", "ix_company_cost_unit"),
        ("country", "DK", "ix_company_country"),
        ("x_colour", "red", "ix_company_x_colour"),
    ],
)
def test_records_are_found_through_an_index_of_a_chosen_field(
    hub: Database, key: str, value: object, index: str
) -> None:
    with hub.writing() as session:
        add_field(session, ADMINISTRATOR, "company", CrmType.TEXT, FieldChange("Colour", max_length=50))
        # a small table is read as a whole
        rows = [
            {"name": f"A{i}", "vat_number": f"DK{i}", "cost_unit": f"{i}", "country": f"{i}", "x_colour": f"no. {i}"}
            for i in range(2_000)
        ]
        bulk.insert_many(session, "company", rows, "user:1", THEN)
    assert index not in plan_of_finding(hub, key, value)
    for _again in range(2):
        with hub.writing() as session:
            ensure_found_by(session, "company", [key])
    assert index in plan_of_finding(hub, key, value)


def test_what_cannot_be_indexed_or_needs_no_index_gets_none(hub: Database) -> None:
    before = index_names(hub)
    with hub.writing() as session:
        ensure_found_by(session, "company", ["description", "url", "external_id", "", "x_gone", "number", "name"])
        ensure_found_by(session, "sales_order", ["lines"])
    assert index_names(hub) == before


def test_every_import_pays_only_for_the_indexes_that_nearly_everybody_needs() -> None:
    names = {str(index.name) for index in table_of("company").indexes}
    assert names == {
        "ix_company_name_folded",
        "ix_company_number_folded",
        "ix_company_email_folded",
        "ix_company_updated_at",
    }
