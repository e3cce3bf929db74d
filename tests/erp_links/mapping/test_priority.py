from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from erp_links.links.models import LinkState
from erp_links.mapping.priority import CRM, priority_version, save_priority, sync_priority, sync_ranks
from host.audit.models import AuditEntry
from host.errors import InvalidInputError, StaleVersionError
from tests.erp_links.mapping.stored import ADMINISTRATOR, stored_link


@pytest.fixture
def active_links(database):
    with database.writing() as session:
        links = [stored_link(session, name) for name in ("Alfa", "Beta", "Gamma")]
        for link in links:
            link.state = LinkState.ACTIVE.value
    return database, links


def ids(entries):
    return [each.link_id for each in entries]


def test_the_crm_leads_until_somebody_orders_otherwise(active_links):
    database, links = active_links
    with database.reading() as session:
        assert ids(sync_priority(session)) == [CRM, *(link.id for link in links)]
        assert [each.name for each in sync_priority(session)] == ["CRM", "Alfa", "Beta", "Gamma"]


def test_a_saved_order_stays_and_is_in_the_audit_log(active_links):
    database, (alfa, beta, gamma) = active_links
    with database.writing() as session:
        save_priority(session, ADMINISTRATOR, [gamma.id, CRM, alfa.id, beta.id])
    with database.reading() as session:
        assert ids(sync_priority(session)) == [gamma.id, CRM, alfa.id, beta.id]
        assert sync_ranks(session) == {gamma.id: 0, CRM: 1, alfa.id: 2, beta.id: 3}
        entry = session.scalars(select(AuditEntry)).one()
        assert entry.changes["order"]["after"] == ["Gamma", "CRM", "Alfa", "Beta"]


def test_a_resting_link_keeps_its_place_and_a_new_one_comes_last(active_links):
    database, (alfa, beta, gamma) = active_links
    with database.writing() as session:
        save_priority(session, ADMINISTRATOR, [gamma.id, alfa.id, CRM, beta.id])
        session.merge(alfa).state = LinkState.INACTIVE.value
        delta = stored_link(session, "Delta")
        delta.state = LinkState.ACTIVE.value
        session.flush()
        assert ids(sync_priority(session)) == [gamma.id, CRM, beta.id, delta.id]
        save_priority(session, ADMINISTRATOR, [delta.id, CRM, gamma.id, beta.id])
        session.merge(alfa).state = LinkState.ACTIVE.value
        session.flush()
        assert ids(sync_priority(session)) == [delta.id, alfa.id, CRM, gamma.id, beta.id]


def test_every_fault_of_an_order_is_told(active_links):
    database, (alfa, beta, _gamma) = active_links
    with database.writing() as session:
        with pytest.raises(InvalidInputError) as caught:
            save_priority(session, ADMINISTRATOR, [CRM, alfa.id, alfa.id, beta.id, 999])
        assert caught.value.errors == {
            "order": ["no active link has the id 999", "“Gamma” is missing", "an id stands here twice"]
        }


def test_an_order_made_on_an_old_list_is_refused(active_links):
    database, (alfa, beta, gamma) = active_links
    with database.writing() as session:
        seen = priority_version(sync_priority(session))
        order = [alfa.id, CRM, beta.id, gamma.id]
        save_priority(session, ADMINISTRATOR, order, seen)
        with pytest.raises(StaleVersionError):
            save_priority(session, ADMINISTRATOR, order, seen)


def test_of_two_administrators_at_once_one_is_told(active_links):
    database, (alfa, beta, gamma) = active_links
    with database.reading() as session:
        seen = priority_version(sync_priority(session))
    together = Barrier(2)

    def order_as(order):
        together.wait(60)
        try:
            with database.writing() as session:
                save_priority(session, ADMINISTRATOR, order, seen)
        except StaleVersionError:
            return "told"
        return "stored"

    orders = [[alfa.id, CRM, beta.id, gamma.id], [gamma.id, beta.id, alfa.id, CRM]]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(order_as, orders)) == ["stored", "told"]
    with database.reading() as session:
        assert ids(sync_priority(session)) in orders
