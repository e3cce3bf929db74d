from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from host.accounts.models import User
from host.database import Database, among

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def users(database: Database) -> Database:
    with database.writing() as session:
        rows = [
            {"login": login, "name": login, "role": "user", "password_hash": "", "created_at": MOMENT}
            for login in ("ida", "Łódź", 'a "b", c\\d', "1")
        ]
        session.execute(insert(User), rows)
    return database


def logins(database: Database, condition_of) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(User.login).where(condition_of(session))))


def test_texts_are_found_whatever_stands_in_them(users: Database) -> None:
    wanted = ["Łódź", 'a "b", c\\d', "1", "nobody", "{}"]
    assert logins(users, lambda session: among(session, User.login, wanted)) == {"Łódź", 'a "b", c\\d', "1"}


def test_whole_numbers_are_found_and_nothing_is_in_nothing(users: Database) -> None:
    with users.reading() as session:
        ids = {login: user_id for user_id, login in session.execute(select(User.id, User.login))}
    assert logins(users, lambda session: among(session, User.id, {ids["ida"], 10**9})) == {"ida"}
    assert logins(users, lambda session: among(session, User.id, [])) == set()
    assert logins(users, lambda session: among(session, User.login, [])) == set()


def test_there_may_be_more_values_than_a_statement_takes_parameters(users: Database) -> None:
    assert len(logins(users, lambda session: among(session, User.id, range(100_000)))) == 4


def test_the_statement_is_the_same_for_any_number(users: Database) -> None:
    with users.reading() as session:
        texts = {
            str(select(User.id).where(among(session, User.login, values)).compile(session.get_bind()))
            for values in (["a"], ["a", "b"], [f"{number}" for number in range(500)])
        }
    assert len(texts) == 1
