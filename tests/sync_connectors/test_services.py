"""What the host hands to connectors: a store per link, deadlines, a log without secrets."""

import logging
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from host.logs import redact
from host.secrets import SecretBox
from host.secrets.models import Secret
from host.settings import Settings
from sync_connectors import StoredState
from sync_connectors.services import HostServices, begin_call
from sync_connectors.state import DatabaseState, MemoryState


@pytest.fixture
def box():
    return SecretBox([Fernet.generate_key().decode()])


@pytest.fixture
def state(database, box):
    return DatabaseState(database, box, 7)


@pytest.fixture(params=["stored", "memory"])
def any_state(request, database, box):
    return DatabaseState(database, box, 7) if request.param == "stored" else MemoryState()


def test_a_value_is_swapped_only_from_the_version_that_was_read(any_state):
    assert any_state.get("token") is None
    assert any_state.swap("token", "first", 0) == StoredState("first", 1)
    assert any_state.swap("token", "late", 0) is None
    assert any_state.swap("token", "second", 1) == StoredState("second", 2)
    assert any_state.swap("token", "late", 1) is None
    assert any_state.get("token") == StoredState("second", 2)


def test_a_value_is_deleted_with_none(any_state):
    any_state.swap("token", "x", 0)
    assert any_state.swap("token", None, 5) is None
    assert any_state.swap("token", None, 1) == StoredState("", 0)
    assert any_state.get("token") is None
    assert any_state.swap("token", None, 0) == StoredState("", 0)


def test_state_is_encrypted_and_belongs_to_its_link(state, database, box):
    state.swap("token", "canary-token", 0)
    with database.reading() as session:
        stored = session.scalars(select(Secret)).one()
    assert stored.owner == "connector_state:7"
    assert b"canary" not in stored.ciphertext
    assert DatabaseState(database, box, 8).get("token") is None


def test_state_whose_key_is_lost_counts_as_absent_and_can_be_stored_anew(state, database):
    state.swap("token", "old", 0)
    other = DatabaseState(database, SecretBox([Fernet.generate_key().decode()]), 7)
    assert other.get("token") is None
    assert other.swap("token", "new", 0) == StoredState("new", 1)
    assert other.get("token") == StoredState("new", 1)


def services(**options):
    return HostServices(Settings(), ZoneInfo("Europe/Oslo"), **{"seconds": 10.0, **options})


def test_the_deadline_counts_down_to_zero():
    given = services(seconds=0.0)
    assert given.remaining() == 0.0
    assert 9.0 < services().remaining() <= 10.0
    assert begin_call(services()) == 10.0


def test_the_log_names_the_link_and_masks_secrets(caplog):
    caplog.set_level(logging.INFO)
    with redact(["canary-secret"]):
        told = {"page": 2, "api_key": "x", "url": "canary-secret"}
        services(link_name="Nordwind DK").log("asked with canary-secret", told)
    assert "Nordwind DK: asked with *** page=2 api_key=*** url=***" in caplog.text
