import pytest
from sqlalchemy import select

from host.accounts.models import ApiToken, Role, User
from host.app import create_app
from host.audit.models import AuditEntry
from host.database import Database
from tests.host.cli.conftest import Terminal

PASSWORD = "nordwind-ida-2026"


@pytest.fixture
def with_ida(terminal: Terminal) -> Terminal:
    assert terminal("user", "add", "ida", "--administrator", "--password", PASSWORD).exit_code == 0
    return terminal


def test_a_user_is_added_and_stands_in_the_audit_log(terminal: Terminal, sqlite_database: Database) -> None:
    result = terminal("user", "add", "Ida", "--name", "Ida Holm", "--administrator", "--password", PASSWORD)
    assert (result.exit_code, result.output) == (0, "administrator ida added\n")
    with sqlite_database.reading() as session:
        user = session.scalars(select(User)).one()
        entry = session.scalars(select(AuditEntry)).one()
    assert (user.login, user.name, user.role) == ("ida", "Ida Holm", Role.ADMINISTRATOR)
    assert entry.actor_name.endswith("(command line)")
    assert PASSWORD not in str(entry.changes)


def test_a_password_is_asked_for_twice_and_not_shown(terminal: Terminal) -> None:
    result = terminal.runner.invoke(
        __import__("host.cli").cli.main,
        ["user", "add", "ida"],
        env=terminal.environment,
        input=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert result.exit_code == 0
    assert PASSWORD not in result.output


def test_what_is_wrong_with_a_user_is_named(with_ida: Terminal) -> None:
    short = with_ida("user", "add", "eva", "--password", "short")
    assert short.exit_code == 2
    assert "password: " in short.stderr
    taken = with_ida("user", "add", "ida", "--password", PASSWORD)
    assert taken.exit_code == 1
    assert "ida" in taken.stderr


def test_a_new_password_replaces_the_old_one(with_ida: Terminal, sqlite_database: Database) -> None:
    def sign_in(password: str) -> int:
        app = create_app(with_ida.settings, sqlite_database)
        app.config["WTF_CSRF_ENABLED"] = False
        return app.test_client().post("/sign-in", data={"login": "ida", "password": password}).status_code

    assert sign_in(PASSWORD) == 302
    assert with_ida("user", "password", "IDA", "--password", "another-fine-phrase").exit_code == 0
    assert sign_in(PASSWORD) != 302
    assert sign_in("another-fine-phrase") == 302


def test_an_unknown_user_fails(with_ida: Terminal) -> None:
    for arguments in (("user", "password", "eva", "--password", PASSWORD), ("token", "create", "eva", "--name", "x")):
        result = with_ida(*arguments)
        assert result.exit_code == 1
        assert "there is no user eva" in result.stderr


def test_a_token_opens_the_api_as_far_as_its_scope_goes(with_ida: Terminal, sqlite_database: Database) -> None:
    made = {scope: with_ida("token", "create", "ida", "--name", scope, "--scope", scope) for scope in ("read", "admin")}
    assert [each.exit_code for each in made.values()] == [0, 0]
    client = create_app(with_ida.settings, sqlite_database).test_client()

    def statuses(scope: str) -> list[int]:
        headers = {"Authorization": f"Bearer {made[scope].output.strip()}"}
        return [client.get(f"/api/v1/{path}", headers=headers).status_code for path in ("companies", "users")]

    assert statuses("read") == [200, 403]
    assert statuses("admin") == [200, 200]
    with sqlite_database.reading() as session:
        stored = session.scalars(select(ApiToken)).all()
    assert {token.scope for token in stored} == {"read", "admin"}
    assert not [token for token in stored if made[token.scope].output.strip() in str(vars(token))]


def test_a_name_of_a_token_is_used_once(with_ida: Terminal) -> None:
    assert with_ida("token", "create", "ida", "--name", "export").exit_code == 0
    again = with_ida("token", "create", "ida", "--name", "export")
    assert again.exit_code == 1
    assert "export" in again.stderr
