from datetime import UTC, datetime

import pytest

from erp_links.hub_additions import bury_pairings, link_names, losses
from erp_links.links.models import Visibility
from erp_links.sync.models import Pairing, PairingState
from erp_links.sync.pairings import nothing_settled
from host.accounts.principal import Principal
from host.app import create_app
from host.crm import records
from host.crm.extensions import extensions_of
from host.settings import Settings
from tests.erp_links.mapping.stored import stored_link

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
IDA = Principal(1, "Ida Holm", is_administrator=True, group_ids=frozenset())


@pytest.fixture
def paired(database):
    """A company that is paired on a link for all and on one for nobody."""
    with database.writing() as session:
        company = records.create(session, "company", {"name": "Alfa"}, origin="user:1", at=NOON)
        links = [stored_link(session, "Nordwind"), stored_link(session, "Hidden")]
        links[1].visibility = Visibility.SELECTED.value
        for link in links:
            session.add(
                Pairing(
                    link_id=link.id,
                    actor_type="Customer",
                    erp_key="C1",
                    entity_type="company",
                    entity_id=company.id,
                    base_erp={"NAME": "Alfa"},
                    row_keys={"addresses": {"1": "A"}},
                    erp_timestamp="4711",
                    content_hash=bytes(16),
                    paired_at=NOON,
                )
            )
    return database, company, links


def test_deleting_says_which_visible_pairings_go(paired):
    database, company, _links = paired
    with database.reading() as session:
        (words,) = losses(session, IDA, "company", company.id)
        assert "“Nordwind”" in words
        assert losses(session, IDA, "person", company.id) == []


def test_a_deleted_record_leaves_tombstones(paired):
    database, company, _links = paired
    with database.writing() as session:
        records.delete(
            session,
            "company",
            company.id,
            expected_version=1,
            origin="user:1",
            at=NOON,
            watchers=[bury_pairings],
        )
    with database.reading() as session:
        for pairing in session.query(Pairing):
            assert (pairing.state, pairing.entity_id) == (PairingState.TOMBSTONE.value, None)
            assert {column: getattr(pairing, column) for column in nothing_settled()} == nothing_settled()


def test_only_visible_links_have_names(paired):
    database, _company, (shown, hidden) = paired
    with database.reading() as session:
        assert link_names(session, IDA, [shown.id, hidden.id, 4711]) == {shown.id: "Nordwind"}


def test_the_application_has_these_additions(sqlite_database, tmp_path):
    app = create_app(Settings(data_folder=tmp_path), sqlite_database)
    assert extensions_of(app).name_links is link_names
    assert bury_pairings in extensions_of(app).deletion_hooks
