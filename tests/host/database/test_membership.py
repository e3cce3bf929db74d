import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, UniqueConstraint, insert, select

from host.accounts.models import User
from host.database import Database, among, among_selected, one_parameter, select_named
from tests.host.database.plans import plans_of

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


MANY = 3_000


@pytest.fixture
def keyed(database: Database) -> Table:
    """A table of which the database has no statistics, and in which all rows meet the same conditions."""
    table = Table(
        "keyed",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("owner", Integer),
        Column("key", String(20)),
        UniqueConstraint("owner", "key"),
    )
    table.create(database.engine)
    with database.writing() as session:
        session.execute(insert(table), [{"owner": 1, "key": f"K{number}"} for number in range(MANY)])
    return table


def test_rows_are_found_by_the_keys_of_a_parameter(database: Database, keyed: Table) -> None:
    is_postgresql = not database.is_sqlite
    named = select_named(
        [keyed.c.id, keyed.c.key], [keyed.c.owner == 1], keyed.c.key, "keys", is_postgresql=is_postgresql
    )
    ids = select_named([keyed.c.id], [keyed.c.owner == 1], keyed.c.key, "keys", is_postgresql=is_postgresql)
    again = select(keyed.c.key).where(among_selected(keyed.c.id, ids, is_postgresql=is_postgresql))
    with database.reading() as session:
        for wanted, found in ((["K1", "K2999", "K3000", "k1"], {"K1", "K2999"}), ([], set())):
            asked = {"keys": one_parameter(wanted)}
            assert {row.key for row in session.execute(named, asked)} == found
            assert set(session.scalars(again, asked)) == found


def test_a_database_without_statistics_reads_no_more_rows_than_there_are_keys(database: Database, keyed: Table) -> None:
    is_postgresql = not database.is_sqlite
    named = select_named([keyed.c.id], [keyed.c.owner == 1], keyed.c.key, "keys", is_postgresql=is_postgresql)
    asked = {"keys": one_parameter(["K1", "K2"])}
    with database.reading() as session:
        plan = plans_of(session, lambda: session.execute(named, asked))
    if is_postgresql:
        assert re.search(r"Index Cond: \(\(owner = 1\) AND \(\(key\)::text = ", plan), plan
        assert "Rows Removed" not in plan, plan
    else:
        assert re.search(r"SEARCH keyed USING COVERING INDEX \S+ \(owner=\? AND key=\?\)", plan), plan
