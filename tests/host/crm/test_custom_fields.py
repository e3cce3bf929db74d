import pytest
from sqlalchemy import inspect, select, text

from host.audit.models import AuditEntry
from host.crm import records
from host.crm.bulk import find_by
from host.crm.custom_fields import FieldChange, add_field, change_field, delete_field, records_filled
from host.crm.fields import CrmType
from host.crm.registry import fields_of
from host.database import Database
from host.errors import InvalidInputError, NotFoundError, StaleVersionError
from tests.host.crm.conftest import ADMINISTRATOR, THEN
from tests.host.database.plans import index_names


def test_an_added_field_is_one_of_the_entity_at_once(hub: Database) -> None:
    with hub.writing() as session:
        added = add_field(
            session, ADMINISTRATOR, "company", CrmType.LIST, FieldChange("Région d'été", "Where"), "country"
        )
        assert added.key == "x_region_d_ete"
        field = fields_of(session, "company")[added.key]
        assert (field.label, field.type, field.list_key, field.custom) == (
            "Région d'été",
            CrmType.LIST,
            "country",
            True,
        )
        made = records.create(session, "company", {"name": "Nordwind", added.key: "DK"}, origin="user:1", at=THEN)
        assert made.values[added.key] == "DK"
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.actor_name, entry.object_name) == (
            "field.create",
            "Ida Holm",
            "company: Région d'été",
        )
        assert entry.changes["label"]["after"] == "Région d'été"


def test_a_key_is_never_given_again_and_its_values_are_gone(hub: Database) -> None:
    with hub.writing() as session:
        first = add_field(session, ADMINISTRATOR, "company", CrmType.TEXT, FieldChange("Colour", max_length=50))
        company = records.create(session, "company", {"name": "A", first.key: "red"}, origin="user:1", at=THEN)
        assert records_filled(session, first) == 1
        delete_field(session, ADMINISTRATOR, first.id, expected_version=1)
        assert first.key not in fields_of(session, "company")
        second = add_field(session, ADMINISTRATOR, "company", CrmType.TEXT, FieldChange("Colour"))
        assert second.key != first.key
        assert records.get(session, "company", company.id).values[second.key] is None
        stored = session.execute(text("SELECT custom FROM company")).scalar_one()
        assert "red" not in str(stored)
        with pytest.raises(NotFoundError):
            delete_field(session, ADMINISTRATOR, first.id, expected_version=2)


def test_a_searchable_field_has_an_index_that_its_searches_use(hub: Database) -> None:
    settings = FieldChange("Colour", searchable=True, max_length=50)
    with hub.writing() as session:
        field = add_field(session, ADMINISTRATOR, "company", CrmType.TEXT, settings)
        ids = [
            records.create(session, "company", {"name": f"A{i}", field.key: f"Red {i}"}, origin="user:1", at=THEN).id
            for i in range(3)
        ]
        assert find_by(session, "company", [field.key], [("red 1",)]) == {("red 1",): [ids[1]]}
    assert "ix_company_x_colour" in index_names(hub)
    if hub.is_sqlite:
        with hub.reading() as session:
            plan = session.execute(
                text("EXPLAIN QUERY PLAN SELECT id FROM company WHERE lower(trim(company.custom ->> 'x_colour')) = 'a'")
            ).all()
        assert "ix_company_x_colour" in str(plan)
    with hub.writing() as session:
        change_field(session, ADMINISTRATOR, field.id, FieldChange("Colour", max_length=50), expected_version=1)
    assert "ix_company_x_colour" not in index_names(hub)
    assert inspect(hub.engine).has_table("company")


@pytest.mark.parametrize("crm_type", [CrmType.INTEGER, CrmType.DECIMAL, CrmType.BOOLEAN, CrmType.DATE])
def test_fields_of_every_type_can_be_searchable(hub: Database, crm_type: CrmType) -> None:
    with hub.writing() as session:
        add_field(session, ADMINISTRATOR, "company", crm_type, FieldChange("Figure", searchable=True))
    assert "ix_company_x_figure" in index_names(hub)


def test_a_long_searchable_text_can_still_be_stored(hub: Database) -> None:
    with hub.writing() as session:
        field = add_field(session, ADMINISTRATOR, "company", CrmType.LONG_TEXT, FieldChange("Story", searchable=True))
        story = "".join(chr(33 + (i * i) % 90) for i in range(9000))
        made = records.create(session, "company", {"name": "A", field.key: story}, origin="user:1", at=THEN)
        assert made.values[field.key] == story


def test_every_fault_of_the_form_is_told_at_once(hub: Database) -> None:
    with hub.writing() as session, pytest.raises(InvalidInputError) as caught:
        add_field(
            session, ADMINISTRATOR, "company", CrmType.LIST, FieldChange("name", "d" * 2000, max_length=-1), "nothing"
        )
    assert set(caught.value.errors) == {"label", "description", "max_length", "list_key"}


def test_a_change_for_an_older_version_is_refused_and_says_who_was_first(hub: Database) -> None:
    with hub.writing() as session:
        field = add_field(session, ADMINISTRATOR, "company", CrmType.TEXT, FieldChange("Colour"))
        change_field(session, ADMINISTRATOR, field.id, FieldChange("Hue"), expected_version=1)
    with pytest.raises(StaleVersionError, match="Ida Holm"), hub.writing() as session:
        change_field(session, ADMINISTRATOR, field.id, FieldChange("Tint"), expected_version=1)
