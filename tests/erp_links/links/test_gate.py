from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from erp_links.links import gate
from erp_links.links.models import TestProof
from host.accounts.models import User
from host.database import Database
from host.errors import TooManyRequestsError
from host.secrets import SecretBox
from host.secrets.keys import new_key

BOX = SecretBox([new_key()])
SUBJECT = gate.Subject(
    connector_id=1, url_revision=1, plugin="plain-erp 1.0", configuration=b'{"a":"b"}', guid="g", user_id=1
)


def users(session: Session) -> None:
    for number in (1, 2):
        session.add(User(id=number, login=f"u{number}", name="", password_hash="", created_at=datetime.now(UTC)))
    session.flush()


def proved(session: Session, subject: gate.Subject = SUBJECT) -> str:
    proof_id = gate.begin(session, subject.user_id, subject.guid, subject.plugin, 100)
    session.flush()
    gate.prove(session, proof_id, subject.digest(BOX))
    return proof_id


def test_a_proof_is_worth_one_save(database: Database) -> None:
    with database.writing() as session:
        users(session)
        proof_id = proved(session)
    with database.writing() as session:
        assert gate.consume(session, proof_id, SUBJECT.digest(BOX))
    with database.writing() as session:
        assert not gate.consume(session, proof_id, SUBJECT.digest(BOX))
        assert gate.usable(session, proof_id, 1) is None


@pytest.mark.parametrize(
    "other",
    [
        {"connector_id": 2},
        {"url_revision": 2},
        {"plugin": "plain-erp 1.1"},
        {"configuration": b'{"a":"c"}'},
        {"guid": "h"},
        {"user_id": 2},
        {"user_id": None},
    ],
)
def test_a_proof_covers_everything_that_the_test_hung_on(sqlite_database: Database, other: dict[str, object]) -> None:
    with sqlite_database.writing() as session:
        users(session)
        proof_id = proved(session)
        assert not gate.consume(session, proof_id, replace(SUBJECT, **other).digest(BOX))


def test_a_digest_needs_the_key_of_the_installation() -> None:
    assert SUBJECT.digest(BOX) != SUBJECT.digest(SecretBox([new_key()]))
    assert len(SUBJECT.digest(BOX)) == 64


def test_an_expired_proof_opens_nothing(database: Database) -> None:
    with database.writing() as session:
        users(session)
        proof_id = proved(session)
        session.execute(update(TestProof).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    with database.writing() as session:
        assert gate.usable(session, proof_id, 1) is None
        assert not gate.consume(session, proof_id, SUBJECT.digest(BOX))


def test_the_proof_of_another_administrator_is_not_usable(database: Database) -> None:
    with database.writing() as session:
        users(session)
        proof_id = proved(session)
        session.flush()
        assert gate.usable(session, proof_id, 2) is None
        assert gate.usable(session, proof_id, 1) is not None


def test_a_test_that_has_not_passed_proves_nothing(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        users(session)
        proof_id = gate.begin(session, 1, "g", "plain-erp 1.0", 100)
        session.flush()
        assert gate.usable(session, proof_id, 1) is None
        assert not gate.consume(session, proof_id, SUBJECT.digest(BOX))


def test_tests_are_limited_for_each_user_within_a_minute(database: Database) -> None:
    with database.writing() as session:
        users(session)
        for _number in range(2):
            gate.begin(session, 1, "g", "p", 2)
            session.flush()
        with pytest.raises(TooManyRequestsError) as refused:
            gate.begin(session, 1, "g", "p", 2)
        assert 0 < refused.value.retry_after <= 60
        assert gate.begin(session, 2, "g", "p", 2)
        session.execute(update(TestProof).values(created_at=datetime.now(UTC) - timedelta(seconds=61)))
        assert gate.begin(session, 1, "g", "p", 2)


def test_old_tests_are_forgotten(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        users(session)
        proved(session)
        session.execute(update(TestProof).values(created_at=datetime.now(UTC) - timedelta(days=2)))
        kept = gate.begin(session, 1, "g", "p", 10)
        session.flush()
        assert session.scalars(select(TestProof.id)).all() == [kept]
