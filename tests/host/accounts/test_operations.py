from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy import event, select

from host.accounts import operations
from host.accounts.models import Role, TokenScope
from host.accounts.usage import _group_usages, register_group_usage
from host.audit.doer import Doer
from host.audit.models import AuditEntry
from host.database import Database
from host.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, StaleVersionError
from tests.accounts import CONSOLE, PASSWORD, make_administrator, make_user

NEW = "another good password"


def entries(database: Database) -> list[AuditEntry]:
    with database.reading() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_a_login_is_the_same_in_whatever_case(database):
    with database.writing() as session:
        operations.create_user(session, CONSOLE, login=" Ada ", name="Ada", password=NEW)
    with pytest.raises(ConflictError, match="taken"), database.writing() as session:
        operations.create_user(session, CONSOLE, login="ADA", name="Ada 2", password=NEW)
    assert operations.authenticate(database, "aDa", NEW).name == "Ada"


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "ada.lovelace", "x" * 1025])
def test_weak_passwords_are_refused(sqlite_database, password):
    with pytest.raises(InvalidInputError) as caught, sqlite_database.writing() as session:
        operations.create_user(session, CONSOLE, login="ada.lovelace", name="Ada", password=password)
    assert set(caught.value.errors) == {"password"}


def test_no_password_or_token_is_in_the_database_or_the_audit_log(sqlite_database):
    with sqlite_database.writing() as session:
        user = operations.create_user(session, CONSOLE, login="ada", name="Ada", password="first canary password")
        operations.set_password(session, CONSOLE, user.id, "second canary password")
        _token, text = operations.create_token(session, CONSOLE, user.id, "cli", TokenScope.READ, None)
    with sqlite_database.engine.connect() as connection:
        dump = "\n".join(connection.connection.iterdump())
    assert "canary" not in dump
    assert text not in dump
    secret = text.split("_", 2)[2]  # of itself it may hold the sign that stands between the parts
    assert secret not in dump
    assert entries(sqlite_database)[1].changes == {"password": {"before": "changed", "after": "changed"}}


def test_every_change_is_in_the_audit_log_with_before_and_after(sqlite_database):
    doer = Doer(None, "Boss", "page", address="10.0.0.1", request_id="r1")
    with sqlite_database.writing() as session:
        group = operations.create_group(session, doer, name="Sales")
        user = operations.create_user(session, doer, login="ada", name="Ada", password=NEW)
        operations.change_user(session, doer, user.id, {"name": "Ada L.", "group_ids": [group.id]}, 1)
    last = entries(sqlite_database)[-1]
    assert (last.action, last.actor_name, last.address, last.request_id) == ("user.change", "Boss", "10.0.0.1", "r1")
    assert last.changes == {
        "name": {"before": "Ada", "after": "Ada L."},
        "groups": {"before": [], "after": ["Sales"]},
    }


def test_a_change_of_nothing_is_no_change(sqlite_database):
    user = make_user(sqlite_database, "ada")
    with sqlite_database.writing() as session:
        assert operations.change_user(session, CONSOLE, user.id, {"name": "Ada"}, 1).version == 1
    assert entries(sqlite_database) == []


def test_a_stale_change_says_who_was_faster(sqlite_database):
    user = make_user(sqlite_database, "ada")
    with sqlite_database.writing() as session:
        operations.change_user(session, Doer(None, "Boss", "page"), user.id, {"name": "Ada L."}, 1)
    with pytest.raises(StaleVersionError) as caught, sqlite_database.writing() as session:
        operations.change_user(session, CONSOLE, user.id, {"name": "Late"}, 1)
    assert caught.value.changed_by == "Boss"
    assert datetime.now(UTC) - caught.value.changed_at < timedelta(minutes=1)


def test_the_last_active_administrator_stays(database):
    first, second = make_administrator(database, "first"), make_administrator(database, "second")
    with database.writing() as session:
        operations.deactivate_user(session, CONSOLE, second.id)
    for attempt in (
        lambda session: operations.deactivate_user(session, CONSOLE, first.id),
        lambda session: operations.change_user(session, CONSOLE, first.id, {"role": Role.USER.value}, None),
    ):
        with pytest.raises(ConflictError, match="last active administrator"), database.writing() as session:
            attempt(session)
    with database.reading() as session:
        assert operations.get_user(session, first.id).role == Role.ADMINISTRATOR


def test_of_two_administrators_who_remove_each_other_at_the_same_time_one_stays(database):
    users = make_administrator(database, "first"), make_administrator(database, "second")
    start = Barrier(2)

    def remove(user) -> bool:
        start.wait()
        try:
            with database.writing() as session:
                operations.deactivate_user(session, CONSOLE, user.id)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, users)) == [False, True]


def test_an_administrator_may_be_demoted_while_another_is_there(database):
    first, _second = make_administrator(database, "first"), make_administrator(database, "second")
    with database.writing() as session:
        changed = operations.change_user(session, CONSOLE, first.id, {"role": Role.USER.value}, 1)
        assert changed.role == Role.USER


def test_nobody_deactivates_themselves(sqlite_database):
    first, _second = make_administrator(sqlite_database, "first"), make_administrator(sqlite_database, "second")
    with pytest.raises(ConflictError, match="yourself"), sqlite_database.writing() as session:
        operations.deactivate_user(session, Doer(first.id, "First", "page"), first.id)


def test_a_deactivated_user_cannot_sign_in_and_an_activated_one_can(sqlite_database):
    user = make_user(sqlite_database, "ada")
    with sqlite_database.writing() as session:
        operations.deactivate_user(session, CONSOLE, user.id)
    assert operations.authenticate(sqlite_database, "ada", PASSWORD) is None
    with sqlite_database.writing() as session:
        operations.activate_user(session, CONSOLE, user.id)
    assert operations.authenticate(sqlite_database, "ada", PASSWORD).id == user.id


@pytest.mark.parametrize(
    "change",
    [
        lambda session, user: operations.deactivate_user(session, CONSOLE, user.id),
        lambda session, user: operations.set_password(session, CONSOLE, user.id, NEW),
        lambda session, user: operations.change_own_password(session, CONSOLE, user.id, PASSWORD, NEW),
        lambda session, user: operations.end_sessions(session, CONSOLE, user.id),
    ],
)
def test_what_ends_access_ends_tokens_and_sessions_for_good(sqlite_database, change):
    user = make_user(sqlite_database, "ada")
    with sqlite_database.writing() as session:
        text = operations.create_token(session, CONSOLE, user.id, "cli", TokenScope.READ, None)[1]
    with sqlite_database.writing() as session:
        change(session, user)
    with sqlite_database.writing() as session:
        assert operations.get_user(session, user.id).session_epoch > user.session_epoch
        operations.activate_user(session, CONSOLE, user.id)
        assert operations.authenticate_token(session, text) is None


def test_the_own_password_needs_the_present_one(sqlite_database):
    user = make_user(sqlite_database, "ada")
    with pytest.raises(InvalidInputError) as caught, sqlite_database.writing() as session:
        operations.change_own_password(session, CONSOLE, user.id, "a wrong password", NEW)
    assert set(caught.value.errors) == {"present_password"}


def test_a_token_counts_until_it_expires_or_is_revoked(database):
    user = make_user(database, "ada")
    soon = datetime.now(UTC) + timedelta(hours=1)
    with database.writing() as session:
        token, text = operations.create_token(session, CONSOLE, user.id, "cli", TokenScope.WRITE, soon)
        assert operations.authenticate_token(session, text).id == token.id
        assert operations.authenticate_token(session, f"{text}x") is None
        token.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        session.flush()
        assert operations.authenticate_token(session, text) is None
        token.expires_at = None
        session.flush()
        operations.revoke_token(session, CONSOLE, user.id, token.id)
        assert operations.authenticate_token(session, text) is None
        assert operations.list_tokens(session, user.id) == []


def test_a_living_token_keeps_its_name_and_a_revoked_one_gives_it_up(sqlite_database):
    user = make_user(sqlite_database, "ada")
    with sqlite_database.writing() as session:
        token, _text = operations.create_token(session, CONSOLE, user.id, "cli", TokenScope.READ, None)
    with pytest.raises(ConflictError, match="cli"), sqlite_database.writing() as session:
        operations.create_token(session, CONSOLE, user.id, "cli", TokenScope.READ, None)
    with sqlite_database.writing() as session:
        operations.revoke_token(session, CONSOLE, user.id, token.id)
        assert operations.create_token(session, CONSOLE, user.id, "cli", TokenScope.READ, None)[0].name == "cli"


def test_only_administrators_get_the_scope_admin(sqlite_database):
    user = make_user(sqlite_database, "ada")
    with pytest.raises(ForbiddenError), sqlite_database.writing() as session:
        operations.create_token(session, CONSOLE, user.id, "cli", TokenScope.ADMIN, None)


def test_a_token_of_the_past_is_refused(sqlite_database):
    user = make_user(sqlite_database, "ada")
    with pytest.raises(InvalidInputError), sqlite_database.writing() as session:
        operations.create_token(session, CONSOLE, user.id, "cli", TokenScope.READ, datetime.now(UTC))


def test_nobody_revokes_the_token_of_another(sqlite_database):
    ada, bob = make_user(sqlite_database, "ada"), make_user(sqlite_database, "bob")
    with sqlite_database.writing() as session:
        token, text = operations.create_token(session, CONSOLE, ada.id, "cli", TokenScope.READ, None)
    with pytest.raises(NotFoundError), sqlite_database.writing() as session:
        operations.revoke_token(session, CONSOLE, bob.id, token.id)
    with sqlite_database.reading() as session:
        assert operations.authenticate_token(session, text) is not None


def test_membership_raises_the_versions_of_both_sides(sqlite_database):
    ada, bob = make_user(sqlite_database, "ada"), make_user(sqlite_database, "bob")
    with sqlite_database.writing() as session:
        group = operations.create_group(session, CONSOLE, name="Sales", member_ids=[ada.id])
        assert operations.get_user(session, ada.id).version == 2
        operations.change_user(session, CONSOLE, bob.id, {"group_ids": [group.id]}, 1)
        assert operations.get_group(session, group.id).version == 2


def test_a_group_name_is_taken_in_whatever_case(sqlite_database):
    with sqlite_database.writing() as session:
        operations.create_group(session, CONSOLE, name="Sales")
    with pytest.raises(ConflictError), sqlite_database.writing() as session:
        operations.create_group(session, CONSOLE, name="SALES")


def test_members_and_groups_must_exist(sqlite_database):
    with pytest.raises(InvalidInputError) as caught, sqlite_database.writing() as session:
        operations.create_group(session, CONSOLE, name="Sales", member_ids=[7])
    assert set(caught.value.errors) == {"member_ids"}
    user = make_user(sqlite_database, "ada")
    with pytest.raises(InvalidInputError) as caught, sqlite_database.writing() as session:
        operations.change_user(session, CONSOLE, user.id, {"group_ids": [7]}, 1)
    assert set(caught.value.errors) == {"group_ids"}


def test_a_used_group_is_kept_and_says_what_uses_it(database):
    def usage(_session, _group_id):
        return ["ERP link North"]

    user = make_user(database, "ada")
    with database.writing() as session:
        group = operations.create_group(session, CONSOLE, name="Sales", member_ids=[user.id])
    register_group_usage(usage)
    try:
        with pytest.raises(ConflictError, match="ERP link North"), database.writing() as session:
            operations.delete_group(session, CONSOLE, group.id, 1)
    finally:
        _group_usages.remove(usage)
    with database.writing() as session:
        operations.delete_group(session, CONSOLE, group.id, 1)
    with pytest.raises(NotFoundError), database.reading() as session:
        operations.get_group(session, group.id)


def test_a_group_and_its_member_can_be_edited_at_the_same_moment(database):
    with database.writing() as session:
        group = operations.create_group(session, CONSOLE, name="Sales")
    user = make_user(database, "ada")
    both_locked = Barrier(2)

    def meet(_connection, _cursor, statement, *_rest):
        if "FOR UPDATE" in statement:
            with suppress(BrokenBarrierError):
                both_locked.wait(0.3)

    def edit_group():
        with database.writing() as session:
            operations.change_group(session, CONSOLE, group.id, {"member_ids": [user.id]}, None)

    def edit_user():
        with database.writing() as session:
            operations.change_user(session, CONSOLE, user.id, {"group_ids": [group.id], "name": "Ada L."}, None)

    event.listen(database.engine, "after_cursor_execute", meet)
    with ThreadPoolExecutor(2) as pool:
        for editing in [pool.submit(edit) for edit in (edit_group, edit_user)]:
            editing.result()
    event.remove(database.engine, "after_cursor_execute", meet)
    with database.reading() as session:
        stored = operations.get_user(session, user.id)
        assert [each.id for each in stored.groups] == [group.id]
        assert stored.name == "Ada L."
