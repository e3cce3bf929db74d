"""Users, sessions and tokens for tests of pages and API."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from flask import Flask
from flask.testing import FlaskClient

from host.accounts.models import Role, TokenScope, User
from host.accounts.operations import create_token
from host.accounts.passwords import hash_password
from host.audit.doer import Doer
from host.database import Database

PASSWORD = "correct horse battery"
CONSOLE = Doer(user_id=None, name="console", channel="cli")


def make_user(database: Database, login: str, role: Role = Role.USER, **values) -> User:
    """Add a user with `PASSWORD`."""
    values = {"name": login.title(), "password_hash": _hash(), **values}
    with database.writing() as session:
        user = User(login=login, role=role.value, active=True, created_at=datetime.now(UTC), **values)
        session.add(user)
    return user


def make_administrator(database: Database, login: str = "admin", **values) -> User:
    """Add an administrator with `PASSWORD`."""
    return make_user(database, login, Role.ADMINISTRATOR, **values)


def make_token(database: Database, user: User, scope: TokenScope = TokenScope.WRITE, name: str = "") -> str:
    """Return the text of a new token."""
    with database.writing() as session:
        return create_token(session, CONSOLE, user.id, name or f"test {scope}", scope, None)[1]


def client_of(app: Flask, user: User | None = None) -> FlaskClient:
    """Return a browser in which `user` has signed in, without the slow comparison of the password."""
    client = app.test_client()
    if user is not None:
        with client.session_transaction() as session:
            session.permanent = True
            session["_user_id"] = f"{user.id}.{user.session_epoch}"
            session["signed_in_at"] = int(datetime.now(UTC).timestamp())
    return client


@dataclass(frozen=True)
class ApiClient:
    """Calls the API with a token: `api.get("/users")`."""

    client: FlaskClient
    token: str

    def __getattr__(self, method: str):
        def call(path: str, **options):
            headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
            return getattr(self.client, method)(f"/api/v1{path}", headers=headers, **options)

        return call


def api_client(app: Flask, database: Database, user: User, scope: TokenScope = TokenScope.ADMIN) -> ApiClient:
    """Return a client with a new token of `user`."""
    return ApiClient(app.test_client(), make_token(database, user, scope))


@cache
def _hash() -> str:
    return hash_password(PASSWORD)
