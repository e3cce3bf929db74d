"""What makes it due to look at everything again, on either side."""

import pytest
from sqlalchemy import select

from erp_links.links.models import LinkState
from erp_links.mapping.full_read import FullReadReason, full_read_words, request_full_read
from erp_links.mapping.operations import save_mapping
from erp_links.mapping.schemas import MappingInput
from erp_links.mapping.subscribing import subscribe_link, unsubscribe_link
from host.audit.models import AuditEntry
from host.crm.models import OutboxEntry, Subscription
from host.errors import ConflictError, NotFoundError
from host.schemas import load
from tests.erp_links.mapping.stored import ADMINISTRATOR, NOON, stored_link, type_row


def save(session, link, **settings):
    values = {"actor_types": [{"name": "Customer", **settings}]}
    return save_mapping(session, ADMINISTRATOR, link, load(MappingInput, values))


def due(session, link):
    row = type_row(session, link)
    return row.full_read_due, row.full_push_due


def synced_link(session, **settings):
    """Return a link whose customers have been synced once; NAME goes both ways, and nothing is due."""
    link = stored_link(session)
    save(session, link, fields=[{"key": "NAME", "to_crm": True, "to_erp": True}], **settings)
    row = type_row(session, link)
    row.watermark, row.full_push_due = "17", None
    session.flush()
    return link


@pytest.mark.parametrize(
    ("change", "read", "push"),
    [
        ({"fields": [{"key": "PHONE", "to_crm": True}]}, "mapping", None),
        ({"fields": [{"key": "PHONE", "to_erp": True}]}, None, "mapping"),
        ({"fields": [{"key": "PHONE", "to_crm": True, "to_erp": True}]}, "mapping", "mapping"),
        ({"unpaired_pull": "create"}, "unpaired", None),
        ({"unpaired_push": "create"}, None, "unpaired"),
        ({"fields": [{"key": "NAME", "to_crm": False}]}, None, None),
        ({"fields": [{"key": "PHONE", "show_on_tab": True}]}, None, None),
        ({"active": False, "fields": [{"key": "PHONE", "to_crm": True, "to_erp": True}]}, None, None),
        ({"match_fields": ["vat_number"]}, None, None),
    ],
)
def test_what_a_run_may_take_now_and_could_not_before_is_due(sqlite_database, change, read, push):
    with sqlite_database.writing() as session:
        link = synced_link(session)
        save(session, link, **change)
        assert due(session, link) == (read, push)


def test_other_match_fields_count_where_unpaired_records_are_looked_for(sqlite_database):
    with sqlite_database.writing() as session:
        link = synced_link(session, unpaired_pull="pair", unpaired_push="pair", match_fields=["name"])
        save(session, link, match_fields=["vat_number"])
        assert due(session, link) == ("match_fields", "match_fields")


def test_switching_a_type_on_again_looks_at_all_of_it(sqlite_database):
    with sqlite_database.writing() as session:
        link = synced_link(session)
        save(session, link, active=False)
        assert due(session, link) == (None, None)
        save(session, link, active=True)
        assert due(session, link) == ("switched_on", "switched_on")


def test_the_first_pass_reads_everything_without_a_mark(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        save(session, link, fields=[{"key": "NAME", "to_crm": True, "to_erp": True}])
        assert due(session, link) == (None, "mapping")


def test_an_administrator_may_ask_for_it(database):
    with database.writing() as session:
        link = synced_link(session)
        assert request_full_read(session, ADMINISTRATOR, link.id) == ["Customer"]
        assert due(session, link) == ("requested", "requested")
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert (entry.action, entry.changes["actor types"]["after"]) == ("erp_link.request_full_read", ["Customer"])
        with pytest.raises(NotFoundError):
            request_full_read(session, ADMINISTRATOR, link.id, "Ghost")
        with pytest.raises(ConflictError, match="not switched on"):
            request_full_read(session, ADMINISTRATOR, link.id, "Person")
        with pytest.raises(NotFoundError):
            request_full_read(session, ADMINISTRATOR, 77)


def test_an_earlier_reason_stays_unless_somebody_asks(sqlite_database):
    with sqlite_database.writing() as session:
        link = synced_link(session)
        save(session, link, unpaired_pull="create")
        request_full_read(session, ADMINISTRATOR, link.id, "Customer")
        # the brake lets through what an administrator asked for, so a request counts for more
        assert due(session, link) == ("requested", "requested")


def test_every_reason_has_words():
    for reason in FullReadReason:
        assert full_read_words(reason.value) != reason.value


def test_an_active_link_is_told_of_the_fields_that_it_brings_to_the_erp(database):
    with database.writing() as session:
        link = synced_link(session, unpaired_push="pair", match_fields=["vat_number"])
        subscribe_link(session, link)
        assert session.scalars(select(Subscription)).all() == []
        link.state = LinkState.ACTIVE.value
        subscribe_link(session, link)
        told = session.scalars(select(Subscription)).one()
        assert (told.subscriber, told.entity_type) == (f"link:{link.id}", "company")
        assert told.fields == ["name", "vat_number"]


def test_a_link_that_rests_is_told_nothing_and_forgets_what_waited(database):
    with database.writing() as session:
        link = synced_link(session)
        other = stored_link(session, "Other")
        for each in (link, other):
            each.state = LinkState.ACTIVE.value
            save_directions(session, each)
            subscribe_link(session, each)
            session.add(
                OutboxEntry(
                    subscriber=f"link:{each.id}",
                    entity_type="company",
                    entity_id=1,
                    version=1,
                    fields={},
                    queued_at=NOON,
                )
            )
        session.flush()
        link.state = LinkState.INACTIVE.value
        subscribe_link(session, link)
        assert session.scalars(select(Subscription.subscriber)).all() == [f"link:{other.id}"]
        assert session.scalars(select(OutboxEntry.subscriber)).all() == [f"link:{other.id}"]
        unsubscribe_link(session, other.id)
        assert session.scalars(select(Subscription)).all() == []


def save_directions(session, link):
    for each in type_row(session, link).fields:
        each.to_erp = each.key == "NAME"
    session.flush()
