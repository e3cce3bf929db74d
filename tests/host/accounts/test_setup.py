from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from host.accounts.models import Role, SetupLink
from host.accounts.setup import create_first_administrator, first_administrator_link, setup_link_is_open
from host.errors import InvalidInputError, NotFoundError
from host.settings import Settings
from tests.accounts import PASSWORD, make_user

FIRST = {"login": "admin", "name": "Admin", "password": PASSWORD}


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_folder=tmp_path, public_url="https://tieline.example.com", path_prefix="/crm")


def link_of(database, settings) -> str:
    with database.writing() as session:
        return first_administrator_link(session, settings).rsplit("/", 1)[1]


def test_the_link_has_the_public_address_and_only_its_digest_is_stored(sqlite_database, settings):
    with sqlite_database.writing() as session:
        link = first_administrator_link(session, settings)
    assert link.startswith("https://tieline.example.com/crm/setup/")
    with sqlite_database.engine.connect() as connection:
        assert link.rsplit("/", 1)[1] not in "\n".join(connection.connection.iterdump())


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:8080/"), ("::", "http://localhost:8080/"), ("::1", "http://[::1]:8080/")],
)
def test_without_a_public_address_the_link_can_be_opened_on_this_machine(sqlite_database, tmp_path, host, address):
    with sqlite_database.writing() as session:
        assert first_administrator_link(session, Settings(data_folder=tmp_path, host=host)).startswith(address)


def test_the_link_makes_one_administrator_and_no_second(database, settings):
    token = link_of(database, settings)
    with database.writing() as session:
        assert create_first_administrator(session, token, **FIRST).role == Role.ADMINISTRATOR
    with pytest.raises(NotFoundError), database.writing() as session:
        create_first_administrator(session, token, **{**FIRST, "login": "second"})
    with database.writing() as session:
        assert not setup_link_is_open(session, token)
        assert first_administrator_link(session, settings) is None


def test_a_link_is_not_used_up_by_a_weak_password(sqlite_database, settings):
    token = link_of(sqlite_database, settings)
    with pytest.raises(InvalidInputError), sqlite_database.writing() as session:
        create_first_administrator(session, token, **{**FIRST, "password": "weak"})
    with sqlite_database.reading() as session:
        assert setup_link_is_open(session, token)


def test_a_newer_link_ends_the_one_before(sqlite_database, settings):
    old, new = link_of(sqlite_database, settings), link_of(sqlite_database, settings)
    with sqlite_database.reading() as session:
        assert (setup_link_is_open(session, old), setup_link_is_open(session, new)) == (False, True)


def test_a_link_expires(sqlite_database, settings):
    token = link_of(sqlite_database, settings)
    with sqlite_database.writing() as session:
        session.execute(update(SetupLink).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    with pytest.raises(NotFoundError), sqlite_database.writing() as session:
        create_first_administrator(session, token, **FIRST)


def test_a_link_is_worth_nothing_once_there_are_users(sqlite_database, settings):
    token = link_of(sqlite_database, settings)
    make_user(sqlite_database, "ada")
    with pytest.raises(NotFoundError), sqlite_database.writing() as session:
        create_first_administrator(session, token, **FIRST)
