from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select, true

from host.crm import outbox, records
from host.crm.bulk import insert_many, update_many
from host.crm.models import CustomField, OutboxEntry, Subscription
from host.crm.outbox import Entry, enqueue, enqueue_where, read_entries, settle, subscribe, unsubscribe, waiting
from host.crm.tables import table_of
from host.database import Database
from host.errors import NotFoundError
from tests.host.crm.conftest import LATER, THEN
from tests.host.crm.test_bulk import statements_of

LINK, OTHER = "link:1", "link:2"


def add(
    database: Database, *rows: Mapping[str, Any], origin: str = "user:1", entity_type: str = "company"
) -> list[int]:
    with database.writing() as session:
        return insert_many(session, entity_type, rows, origin, THEN)


def change(database: Database, record_id: int, origin: str = "user:1", **values: Any) -> None:
    with database.writing() as session:
        update_many(session, "company", [(record_id, values)], origin, LATER)


def tell(database: Database, subscriber: str, *fields: str, entity_type: str = "company") -> None:
    with database.writing() as session:
        subscribe(session, subscriber, entity_type, fields or None)


def entries(database: Database, subscriber: str = LINK, entity_type: str = "company") -> list[Entry]:
    with database.reading() as session:
        return read_entries(session, subscriber, entity_type, 0, 1000)


def told(database: Database, subscriber: str = LINK) -> dict[int, tuple[int, set[str]]]:
    return {entry.entity_id: (entry.version, set(entry.fields)) for entry in entries(database, subscriber)}


def take(database: Database, read: Mapping[int, int], subscriber: str = LINK) -> None:
    with database.writing() as session:
        settle(session, subscriber, "company", read)


def test_a_new_record_is_told_with_the_fields_that_it_fills(database: Database) -> None:
    tell(database, LINK, "number", "fax", "phone")
    one, two, _three = add(
        database,
        {"name": "One", "number": "1", "fax": None},
        {"name": "Two", "number": "2", "phone": "2"},
        {"name": "Three"},
    )
    assert told(database) == {one: (1, {"number"}), two: (1, {"number", "phone"})}
    assert entries(database)[0].queued_at == THEN


def test_changes_are_united_and_keep_the_newest_version_and_the_oldest_time(database: Database) -> None:
    (company,) = add(database, {"name": "One"})
    tell(database, LINK, "name", "number", "phone")
    change(database, company, number="1", fax="not told")
    change(database, company, name="Two")
    change(database, company, fax="only this")
    assert told(database) == {company: (3, {"number", "name"})}
    tell(database, OTHER)
    change(database, company, fax="again")
    assert told(database, OTHER) == {company: (5, {"fax"})}
    assert told(database)[company][0] == 3


def test_what_a_subscriber_does_itself_is_not_told_to_it(database: Database) -> None:
    tell(database, LINK)
    tell(database, OTHER)
    (company,) = add(database, {"name": "One"}, origin=LINK)
    change(database, company, origin=OTHER, name="Two")
    assert told(database, OTHER) == {company: (1, {"name"})}
    assert told(database, LINK) == {company: (2, {"name"})}


def test_a_change_to_the_present_value_is_told_to_nobody(database: Database) -> None:
    (company,) = add(database, {"name": "One"})
    tell(database, LINK)
    change(database, company, name="One")
    assert told(database) == {}


def test_user_defined_fields_count_like_others(database: Database) -> None:
    with database.writing() as session:
        session.add(CustomField(entity_type="company", key="x_hue", label="Hue", type="text", created_at=THEN))
    tell(database, LINK, "x_hue")
    (company,) = add(database, {"name": "One", "x_hue": "red"})
    take(database, {company: 1})
    change(database, company, name="Two")
    assert told(database) == {}
    change(database, company, x_hue="blue")
    assert told(database) == {company: (3, {"x_hue"})}


def test_an_entry_is_settled_only_as_far_as_it_was_read(database: Database) -> None:
    tell(database, LINK)
    one, two, three = add(database, {"name": "One"}, {"name": "Two"}, {"name": "Three"})
    read = {entry.entity_id: entry.version for entry in entries(database)}
    change(database, two, name="Changed meanwhile")
    take(database, {**read, 999: 5})
    assert told(database) == {two: (2, {"name"})}
    take(database, {two: 2, three: 1, one: 9})
    assert told(database) == {}
    take(database, {})


def test_entries_are_read_in_the_order_of_ids_from_where_the_last_batch_ended(database: Database) -> None:
    tell(database, LINK)
    ids = add(database, *({"name": f"Company {number}"} for number in range(7)))
    with database.reading() as session:
        first = read_entries(session, LINK, "company", 0, 3)
        second = read_entries(session, LINK, "company", first[-1].entity_id, 10)
    assert [entry.entity_id for entry in first + second] == ids
    with database.reading() as session:
        assert waiting(session, LINK) == {"company": 7}
        assert waiting(session, OTHER) == {}


def test_a_deleted_record_takes_its_entries_along_and_those_that_referred_to_it_are_told(hub: Database) -> None:
    (company,) = add(hub, {"name": "One"})
    (person,) = add(hub, {"last_name": "Holm", "company": company}, entity_type="person")
    tell(hub, LINK)
    tell(hub, OTHER)
    tell(hub, LINK, "company", entity_type="person")
    change(hub, company, name="Two")
    assert told(hub, OTHER).keys() == told(hub, LINK).keys() == {company}
    with hub.writing() as session:
        records.delete(session, "company", company, expected_version=2, origin="user:1", at=LATER)
    assert told(hub, OTHER) == told(hub, LINK) == {}
    assert [(entry.entity_id, set(entry.fields)) for entry in entries(hub, LINK, "person")] == [(person, {"company"})]


def test_records_can_be_put_on_the_outbox_of_one_subscriber_as_a_whole(database: Database) -> None:
    one, two, three, four = add(database, *({"name": name} for name in ("One", "Two", "Three", "Four")))
    change(database, two, name="Second")
    tell(database, LINK, "name")
    change(database, three, name="Third")
    change(database, four, name="Fourth")
    with database.writing() as session:
        enqueue(session, LINK, "company", [three, two, two, 999], THEN)
        enqueue(session, LINK, "company", [], THEN)
    # the whole record includes each of its fields, whatever changes before or after
    assert told(database) == {two: (2, set()), three: (2, set()), four: (2, {"name"})}
    change(database, two, name="2")
    assert told(database)[two] == (3, set())
    assert told(database, OTHER) == {}
    with database.writing() as session:
        enqueue_where(session, OTHER, "company", table_of("company").c.name != "One", LATER)
    assert told(database, OTHER) == {two: (3, set()), three: (2, set()), four: (2, set())}
    assert one not in told(database, OTHER)


def test_a_subscription_is_replaced_and_ended(database: Database) -> None:
    tell(database, LINK, "name")
    tell(database, LINK, "fax")
    tell(database, LINK, entity_type="person")
    (company,) = add(database, {"name": "One"})
    assert told(database) == {}
    change(database, company, fax="1")
    assert told(database) == {company: (2, {"fax"})}
    # what waits stays when other fields count from now on
    tell(database, LINK, "phone")
    assert told(database) == {company: (2, {"fax"})}
    add(database, {"last_name": "Holm"}, entity_type="person")
    with database.writing() as session:
        unsubscribe(session, LINK, "company")
    assert told(database) == {}
    assert len(entries(database, LINK, "person")) == 1
    with database.writing() as session:
        unsubscribe(session, LINK)
    change(database, company, fax="2")
    with database.reading() as session:
        assert session.scalars(select(OutboxEntry)).all() == []
        assert session.scalars(select(Subscription)).all() == []


def test_who_subscribes_anew_begins_with_an_empty_outbox(database: Database) -> None:
    add(database, {"name": "One"})
    with database.writing() as session:
        # a writer that had seen the subscription before it ended
        enqueue_where(session, LINK, "company", true(), THEN)
    tell(database, LINK)
    assert told(database) == {}


def test_only_entities_of_the_hub_can_be_subscribed_to(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session, pytest.raises(NotFoundError):
        subscribe(session, LINK, "invoice", None)


@pytest.mark.parametrize("number", [3, 300])
def test_the_number_of_statements_does_not_hang_on_the_number_of_records(database: Database, number: int) -> None:
    tell(database, LINK, "name")
    tell(database, OTHER)
    rows = [{"name": f"Company {index}", "fax": str(index)} for index in range(number)]
    with database.writing() as session:
        with statements_of(database) as inserting:
            ids = insert_many(session, "company", rows, "user:1", THEN)
        with statements_of(database) as updating:
            update_many(session, "company", [(i, {"name": f"N{i}"}) for i in ids], "user:1", LATER)
        with statements_of(database) as queueing:
            enqueue(session, LINK, "company", ids, LATER)
        with statements_of(database) as reading:
            read = read_entries(session, LINK, "company", 0, number)
        with statements_of(database) as settling:
            settle(session, LINK, "company", {entry.entity_id: entry.version for entry in read})
    of_the_outbox = [[s for s in each if "hub_" in s] for each in (inserting, updating, queueing, reading, settling)]
    assert [len(each) for each in of_the_outbox] == [2, 2, 1, 1, 2]
    assert told(database) == {}
    assert len(told(database, OTHER)) == number


def test_without_a_subscription_of_the_entity_one_look_is_all_that_a_change_costs(database: Database) -> None:
    tell(database, LINK, entity_type="person")
    tell(database, OTHER)
    with statements_of(database) as seen:
        add(database, *({"name": f"Company {index}"} for index in range(50)), origin=OTHER)
    assert len([statement for statement in seen if "hub_" in statement]) == 1


def test_ten_thousand_records_are_queued_with_one_statement_and_quickly(database: Database) -> None:
    with database.writing() as session:
        ids = insert_many(session, "company", [{"name": f"Company {i}"} for i in range(10_000)], "user:1", THEN)
    tell(database, LINK)
    with database.writing() as session, statements_of(database) as seen:
        enqueue_where(session, LINK, "company", true(), LATER)
    assert len([statement for statement in seen if "hub_" in statement]) == 1
    with database.reading() as session:
        assert outbox.waiting(session, LINK) == {"company": len(ids)}
