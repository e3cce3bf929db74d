import pytest
from sqlalchemy import select

from erp_links.links.models import LinkState
from erp_links.mapping.lists.operations import save_table
from erp_links.mapping.lists.pairs import joined_lists
from erp_links.mapping.models import ListMappingItem
from host.audit.models import AuditEntry
from host.crm.models import CrmList, CrmListItem
from host.errors import ConflictError, InvalidInputError, NotFoundError, StaleVersionError
from tests.erp_links.mapping.stored import ADMINISTRATOR, stored_link, type_row

PAIR = ("countries", "country")


def joining_link(session, name="Nordwind"):
    """Return a link whose customers' country goes both ways with the hub's list of countries."""
    make_countries(session)
    link = stored_link(session, name)
    row = type_row(session, link)
    for each in row.fields:
        each.to_crm = each.to_erp = each.key in {"NAME", "COUNTRY"}
    row.watermark = "17"
    session.flush()
    return link


def make_countries(session):
    """Make the hub's list of countries hold Denmark, Norway and Sweden."""
    if session.get(CrmList, "country") is None:
        session.add(CrmList(key="country", name="Country"))
        session.flush()
    kept = {"DK": "Denmark", "NO": "Norway", "SE": "Sweden"}
    for row in session.scalars(select(CrmListItem).where(CrmListItem.list_key == "country")):
        if row.key in kept:
            row.name = kept.pop(row.key)
        else:
            session.delete(row)
    session.add_all(CrmListItem(list_key="country", key=key, name=name) for key, name in kept.items())
    session.flush()


def save(session, link, *entries, version=None):
    return save_table(session, ADMINISTRATOR, link.id, *PAIR, entries, version)


def test_mapped_list_fields_join_their_lists(database):
    with database.writing() as session:
        link = joining_link(session)
        found = {each.pair: each for each in joined_lists(session, link)}
        joined = found[PAIR]
        assert (joined.crm_name, joined.version, joined.entries) == ("Country", 0, {})
        assert joined.fields == ("Customer: Country",)
        next(each for each in type_row(session, link).fields if each.key == "COUNTRY").crm_field = None
        session.flush()
        assert PAIR not in {each.pair for each in joined_lists(session, link)}
        with pytest.raises(NotFoundError):
            save(session, link, ("1", "DK"))


def test_a_table_is_saved_whole_and_told_to_the_audit_log(database):
    with database.writing() as session:
        link = joining_link(session)
        assert save(session, link, ("1", "DK"), ("2", "NO"), version=0).version == 1
        saved = save(session, link, ("1", "NO"), ("2", "DK"), version=1)
        assert (saved.version, saved.entries) == (2, {"1": "NO", "2": "DK"})
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert (entry.action, entry.object_id) == ("erp_link.map_list", str(link.id))
        assert entry.changes["1"] == {"before": "DK", "after": "NO"}
        assert save(session, link, version=2).entries == {}
        assert session.scalars(select(ListMappingItem)).all() == []


def test_saving_what_is_stored_changes_nothing(sqlite_database):
    with sqlite_database.writing() as session:
        link = joining_link(session)
        save(session, link, ("1", "DK"))
        row = type_row(session, link)
        row.full_read_due = row.full_push_due = None
        assert save(session, link, ("1", "DK")).version == 1
        assert (row.full_read_due, row.full_push_due) == (None, None)


def test_a_saved_table_makes_the_actor_types_due_that_use_it(sqlite_database):
    with sqlite_database.writing() as session:
        link = joining_link(session)
        type_row(session, link, "Person").watermark = "3"
        save(session, link, ("1", "DK"))
        customer, person = type_row(session, link), type_row(session, link, "Person")
        assert (customer.full_read_due, customer.full_push_due) == ("lists", "lists")
        assert (person.full_read_due, person.full_push_due) == (None, None)


def test_every_fault_is_named_at_its_entry(database):
    with database.writing() as session:
        link = joining_link(session)
    with database.writing() as session:
        with pytest.raises(InvalidInputError) as caught:
            save(session, link, ("1", "DK"), ("2", "XX"), ("1", "NO"), ("3", "DK"), ("4", "SE"))
        assert caught.value.errors == {
            "entries.0.erp_key": ["“1” of the ERP stands here more than once"],
            "entries.0.crm_key": ["“DK” of the CRM goes with “3” as well"],
            "entries.1.crm_key": ["the CRM's list has no item “XX”"],
            "entries.2.erp_key": ["“1” of the ERP stands here more than once"],
            "entries.3.crm_key": ["“DK” of the CRM goes with “1” as well"],
        }
    with database.reading() as session:
        assert session.scalars(select(ListMappingItem)).all() == []


@pytest.mark.parametrize("erp_key", ["", "x" * 255])
def test_keys_that_no_item_can_have_are_refused(sqlite_database, erp_key):
    with sqlite_database.writing() as session:
        link = joining_link(session)
        with pytest.raises(InvalidInputError, match="between 1 and 254 characters"):
            save(session, link, (erp_key, "DK"))


def test_a_stale_table_is_not_overwritten(sqlite_database):
    with sqlite_database.writing() as session:
        link = joining_link(session)
        save(session, link, ("1", "DK"), version=0)
        with pytest.raises(StaleVersionError) as caught:
            save(session, link, ("1", "NO"), version=0)
        assert caught.value.changed_by == "Ida Holm"


def test_tables_are_locked_while_the_link_is_active(sqlite_database):
    with sqlite_database.writing() as session:
        link = joining_link(session)
        link.state = LinkState.ACTIVE.value
        with pytest.raises(ConflictError, match="locked while the link is active"):
            save(session, link, ("1", "DK"))


def test_each_link_has_tables_of_its_own(sqlite_database):
    with sqlite_database.writing() as session:
        first, second = joining_link(session, "First"), joining_link(session, "Second")
        save(session, first, ("1", "DK"))
        assert {each.pair: each.entries for each in joined_lists(session, second)}[PAIR] == {}
