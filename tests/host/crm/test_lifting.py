"""Indexes that are dropped while an entity is filled, and made again as they were."""

import logging

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from host.app.tables import metadata
from host.crm import bulk, lifting
from host.crm.browsing import Browsing, Sort, browse
from host.crm.importing.settings import ImportSettings
from host.crm.lifting import has_fewer_than, lift_indexes, lifted_by, restore_index
from host.crm.models import RecordImport
from host.crm.registry import ENTITIES
from host.database import Database
from tests.accounts import make_user
from tests.host.crm.conftest import THEN
from tests.host.database.plans import index_definitions

OF_COMPANIES = {
    "ix_company_name_folded",
    "ix_company_number_folded",
    "ix_company_email_folded",
    "ix_company_updated_at",
}


def lift(hub: Database, entity_type: str = "company", *kept: str, holder: int = 7) -> bool:
    with hub.writing() as session:
        return lift_indexes(session, entity_type, kept, holder)


def restore(hub: Database, holder: int = 7) -> list[str]:
    with hub.reading() as session:
        names = lifted_by(session, holder)
    for name in names:
        with hub.writing() as session:
            restore_index(session, name)
    return names


@pytest.mark.parametrize("entity_type", [entity.key for entity in ENTITIES])
def test_what_was_dropped_comes_back_as_the_migrations_made_it(hub: Database, entity_type: str) -> None:
    before = index_definitions(hub, entity_type)
    assert lift(hub, entity_type)
    left = index_definitions(hub, entity_type)
    # what belongs to a record is still found through its references
    assert all(name.endswith(("_company", "_person", "_project")) for name in left)
    assert set(restore(hub)) == set(before) - set(left)
    assert index_definitions(hub, entity_type) == before
    with hub.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert restore(hub) == []


def test_indexes_of_kept_fields_and_of_imports_under_way_stay(hub: Database) -> None:
    user = make_user(hub, "ada")
    with hub.writing() as session:
        for number, match in enumerate(("email", "name")):
            settings = ImportSettings(("name",), match=match).to_json()
            row = {"token": match, "user_id": user.id, "entity_type": "company", "filename": "a.csv"}
            begun = RecordImport(**row, settings=settings, started_at=THEN, created_at=THEN)
            begun.finished_at = THEN if number else None
            session.add(begun)
    assert lift(hub, "company", "number")
    assert set(index_definitions(hub, "company")) == {"ix_company_number_folded", "ix_company_email_folded"}


def test_what_one_has_dropped_another_neither_drops_nor_makes_again(hub: Database) -> None:
    assert lift(hub, "company", "number")
    assert not lift(hub, "company", "number", holder=8)
    assert lift(hub, "company", holder=8)
    assert restore(hub, holder=8) == ["ix_company_number_folded"]
    assert set(index_definitions(hub, "company")) == {"ix_company_number_folded"}
    assert set(restore(hub)) == OF_COMPANIES - {"ix_company_number_folded"}
    assert set(index_definitions(hub, "company")) == OF_COMPANIES


def test_an_index_that_somebody_made_meanwhile_is_kept(hub: Database) -> None:
    before = index_definitions(hub, "company")
    lift(hub)
    with hub.writing() as session:
        session.execute(text("CREATE INDEX ix_company_name_folded ON company (name_folded)"))
    assert set(restore(hub)) == OF_COMPANIES
    assert index_definitions(hub, "company") == before
    with hub.writing() as session:
        restore_index(session, "ix_company_name_folded")
    assert index_definitions(hub, "company") == before


def test_nothing_is_dropped_where_the_transaction_fails(hub: Database) -> None:
    before = index_definitions(hub, "company")
    with hub.writing() as session:
        assert lift_indexes(session, "company", (), 7)
        session.rollback()
    assert index_definitions(hub, "company") == before
    assert restore(hub) == []


def test_records_are_listed_and_found_without_indexes(hub: Database) -> None:
    with hub.writing() as session:
        rows = [{"name": f"Alfa {number % 7}", "number": f"C{number}"} for number in range(60)]
        bulk.insert_many(session, "company", rows, "user:1", THEN)

    def listed(order: str) -> list[int]:
        asked = Browsing(Sort.parse("company", order), limit=50)
        with hub.reading() as session:
            return [record.id for record in browse(session, "company", asked).records]

    def found() -> dict[tuple[object, ...], list[int]]:
        with hub.reading() as session:
            return dict(bulk.find_by(session, "company", ["name"], [("alfa 3",)]))

    before = [listed("name"), listed("-updated_at"), found()]
    lift(hub)
    assert [listed("name"), listed("-updated_at"), found()] == before


@pytest.mark.parametrize(("records", "fewer"), [(0, True), (2, True), (3, False), (4, False)])
def test_few_records_are_told_from_many(hub: Database, records: int, fewer: bool) -> None:
    with hub.writing() as session:
        bulk.insert_many(session, "company", [{"name": "Alfa"}] * records, "user:1", THEN)
    with hub.reading() as session:
        assert has_fewer_than(session, "company", 3) is fewer


def test_a_table_that_somebody_holds_keeps_its_indexes(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifting, "_DROP_WAIT_SECONDS", 1)
    caplog.set_level(logging.INFO)
    before = index_definitions(postgres_database, "company")
    with postgres_database.reading() as reader:
        reader.execute(text("SELECT id FROM company"))
        with postgres_database.writing() as session:
            assert not lift_indexes(session, "company", (), 7)
            # the transaction goes on
            bulk.insert_many(session, "company", [{"name": "Alfa"}], "user:1", THEN)
    assert "somebody holds the table" in caplog.text
    assert index_definitions(postgres_database, "company") == before
    assert restore(postgres_database) == []


def test_an_index_whose_table_is_written_all_the_time_stays_noted(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifting, "_MAKE_WAIT_SECONDS", 1)
    before = index_definitions(postgres_database, "company")
    lift(postgres_database)
    with postgres_database.writing() as writer:
        bulk.insert_many(writer, "company", [{"name": "Alfa"}], "user:1", THEN)
        with pytest.raises(OperationalError, match="lock timeout"):
            restore(postgres_database)
    assert set(restore(postgres_database)) == OF_COMPANIES
    assert index_definitions(postgres_database, "company") == before
