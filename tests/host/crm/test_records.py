from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import func, select

from host.accounts.models import User
from host.crm import records
from host.crm.models import CrmListItem, ExternalId
from host.crm.tables import table_of
from host.database import Database
from host.errors import InvalidInputError, NotFoundError, StaleVersionError
from tests.host.crm.conftest import LATER, THEN


def user_of(database: Database, name: str) -> str:
    with database.writing() as session:
        user = User(login=name, name=name, password_hash="-", created_at=THEN)
        session.add(user)
        session.flush()
        return f"user:{user.id}"


def test_a_made_record_is_stamped_as_a_whole(hub: Database) -> None:
    with hub.writing() as session:
        made = records.create(
            session,
            "company",
            {"name": "Nordwind", "country": "DK", "credit_limit": Decimal("10.50"), "phone": ""},
            origin="user:1",
            at=THEN,
        )
    assert (made.version, made.values["country"], made.values["phone"]) == (1, "DK", None)
    assert dict(made.field_meta) == {}
    assert made.stamp("name").origin == "user:1"


def test_every_fault_is_told_at_once_and_nothing_is_stored(hub: Database) -> None:
    values = {"country": "XX", "credit_limit": 1.5, "number": "n" * 51, "colour": "red", "email": "a\x00"}
    with hub.writing() as session, pytest.raises(InvalidInputError) as caught:
        records.create(session, "company", values, origin="user:1", at=THEN)
    assert set(caught.value.errors) == {"country", "credit_limit", "number", "colour", "email", "name"}
    with hub.reading() as session:
        assert session.scalar(select(func.count()).select_from(table_of("company"))) == 0


def test_a_person_needs_a_name_and_a_company_that_exists(hub: Database) -> None:
    with hub.writing() as session:
        with pytest.raises(InvalidInputError) as caught:
            records.create(session, "person", {"company": 77}, origin="user:1", at=THEN)
        assert set(caught.value.errors) == {"company", "last_name"}
        made = records.create(session, "person", {"first_name": "Ida"}, origin="user:1", at=THEN)
    assert made.title == "Ida"


def test_a_change_touches_only_what_differs(hub: Database) -> None:
    with hub.writing() as session:
        made = records.create(session, "company", {"name": "Nordwind", "number": "7"}, origin="user:1", at=THEN)
        changed = records.update(
            session,
            "company",
            made.id,
            {"name": "Nordwind", "number": "8", "phone": None},
            expected_version=1,
            origin="api:2",
            at=LATER,
        )
    assert (changed.version, set(changed.field_meta)) == (2, {"number"})
    assert changed.stamp("number").origin == "api:2"


def test_saving_without_a_change_changes_nothing(hub: Database) -> None:
    with hub.writing() as session:
        made = records.create(session, "company", {"name": "Nordwind"}, origin="user:1", at=THEN)
        same = records.update(
            session, "company", made.id, {"name": "Nordwind"}, expected_version=1, origin="user:2", at=LATER
        )
    assert same == made


def test_a_stale_save_names_who_was_first_and_overwrites_nothing(hub: Database) -> None:
    ida = user_of(hub, "Ida Holm")
    with hub.writing() as session:
        made = records.create(session, "company", {"name": "Nordwind"}, origin=ida, at=THEN)
        records.update(session, "company", made.id, {"phone": "1"}, expected_version=1, origin=ida, at=LATER)
    with hub.writing() as session, pytest.raises(StaleVersionError) as caught:
        records.update(session, "company", made.id, {"phone": "2"}, expected_version=1, origin="user:99", at=LATER)
    assert (caught.value.changed_by, caught.value.changed_at) == ("Ida Holm", LATER)
    with hub.reading() as session:
        assert records.get(session, "company", made.id).values["phone"] == "1"


def test_a_link_that_was_first_is_another_system_to_whom_it_may_not_concern(hub: Database) -> None:
    with hub.writing() as session:
        made = records.create(session, "company", {"name": "Nordwind"}, origin="link:3", at=THEN)
        with pytest.raises(StaleVersionError) as caught:
            records.update(session, "company", made.id, {"phone": "2"}, expected_version=9, origin="user:1", at=LATER)
    assert caught.value.changed_by == "another system"


def test_of_two_savers_at_once_exactly_one_wins(hub: Database) -> None:
    with hub.writing() as session:
        made = records.create(session, "company", {"name": "Nordwind", "phone": "0"}, origin="user:1", at=THEN)
    savers = 6
    start = Barrier(savers)

    def save(number: int) -> bool:
        start.wait()
        try:
            with hub.writing() as session:
                records.update(
                    session,
                    "company",
                    made.id,
                    {"phone": str(number + 1)},
                    expected_version=1,
                    origin=f"user:{number}",
                    at=LATER,
                )
        except StaleVersionError:
            return False
        return True

    with ThreadPoolExecutor(savers) as pool:
        won = list(pool.map(save, range(savers)))
    assert won.count(True) == 1
    with hub.reading() as session:
        stored = records.get(session, "company", made.id)
    assert (stored.version, stored.values["phone"]) == (2, str(won.index(True) + 1))


def test_an_item_that_left_its_list_stays_where_it_is_and_is_not_taken_anew(hub: Database) -> None:
    with hub.writing() as session:
        made = records.create(session, "company", {"name": "A", "category": "partner"}, origin="user:1", at=THEN)
        session.scalars(select(CrmListItem).where(CrmListItem.key == "partner")).one().active = False
        session.flush()
        values = {"category": "partner", "phone": "1"}
        changed = records.update(session, "company", made.id, values, expected_version=1, origin="user:1", at=LATER)
        assert changed.values["category"] == "partner"
        with pytest.raises(InvalidInputError):
            records.create(session, "company", {"name": "B", "category": "partner"}, origin="user:1", at=THEN)


def test_deleting_a_company_keeps_its_persons_and_says_who_took_it_from_them(hub: Database) -> None:
    told = []
    with hub.writing() as session:
        company = records.create(session, "company", {"name": "Nordwind"}, origin="user:1", at=THEN)
        session.add(ExternalId(entity_type="company", source="shop", external_id="7", entity_id=company.id))
        person = records.create(
            session,
            "person",
            {"last_name": "Holm", "company": company.id, "birth_date": date(1980, 1, 2)},
            origin="user:1",
            at=THEN,
        )
        records.delete(
            session,
            "company",
            company.id,
            expected_version=1,
            origin="user:2",
            at=LATER,
            watchers=[lambda _session, entity_type, ids: told.append((entity_type, list(ids)))],
        )
    with hub.reading() as session:
        left = records.get(session, "person", person.id)
        assert left.values["company"] is None
        assert left.stamp("company").origin == "user:2"
        assert session.scalar(select(func.count()).select_from(ExternalId)) == 0
        with pytest.raises(NotFoundError):
            records.get(session, "company", company.id)
    assert told == [("company", [company.id])]


def test_a_record_that_changed_after_it_was_looked_at_is_not_deleted(hub: Database) -> None:
    with hub.writing() as session:
        made = records.create(session, "company", {"name": "Nordwind"}, origin="user:1", at=THEN)
        records.update(session, "company", made.id, {"phone": "1"}, expected_version=1, origin="user:1", at=LATER)
    with pytest.raises(StaleVersionError), hub.writing() as session:
        records.delete(session, "company", made.id, expected_version=1, origin="user:2", at=LATER)
