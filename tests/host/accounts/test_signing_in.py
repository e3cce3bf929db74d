import re
from functools import cache
from typing import Literal

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from host.accounts import operations, passwords
from host.accounts.sign_in_limits import LOGINS_PER_ADDRESS, network_of
from tests.accounts import CONSOLE, PASSWORD, ApiClient, client_of, make_administrator, make_token, make_user


def sign_in(client, login: str, password: str = PASSWORD, **options):
    return client.post("/sign-in", data={"login": login, "password": password}, **options)


def page_without(text: str, login: str) -> str:
    """Return a page without the login typed and the token that differs from page to page."""
    return re.sub(r'(name="csrf_token" value|content)="[^"]+"', "", text.replace(login, ""))


def is_signed_in(client) -> bool:
    return client.get("/sign-in").status_code == 302


def test_login_and_password_begin_a_session(app, sqlite_database):
    make_user(sqlite_database, "ada")
    client = app.test_client()
    assert sign_in(client, " ADA ").status_code == 302
    assert is_signed_in(client)


def test_the_log_tells_who_signed_in_and_never_what_was_typed(app, sqlite_database, caplog):
    make_user(sqlite_database, "ada")
    with caplog.at_level("INFO"):
        sign_in(app.test_client(), "canary typed as login", "canary")
        sign_in(app.test_client(), "ada")
    assert "sign-in refused, asked from 127.0.0.1" in caplog.text
    assert "user 1 signed in from 127.0.0.1" in caplog.text
    assert "canary" not in caplog.text
    assert PASSWORD not in caplog.text


def test_signing_out_ends_the_session(app, sqlite_database):
    client = client_of(app, make_user(sqlite_database, "ada"))
    client.post("/sign-out")
    assert not is_signed_in(client)


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(app, sqlite_database):
    make_user(sqlite_database, "ada")
    cookie = sign_in(app.test_client(), "ada").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_in_throws_away_what_the_session_held(app, sqlite_database):
    make_user(sqlite_database, "ada")
    client = app.test_client()
    with client.session_transaction() as session:
        session["planted"] = "x"
    sign_in(client, "ada")
    with client.session_transaction() as session:
        assert "planted" not in session


def test_unknown_login_wrong_password_and_deactivated_user_look_the_same(app, sqlite_database):
    make_user(sqlite_database, "ada")
    make_user(sqlite_database, "gone", name="Gone")
    with sqlite_database.writing() as session:
        operations.deactivate_user(session, CONSOLE, 2)
    tries = (("ada", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD))
    answers = [sign_in(app.test_client(), *tried) for tried in tries]
    assert {answer.status_code for answer in answers} == {422}
    pages = {page_without(answer.text, login) for answer, (login, _password) in zip(answers, tries, strict=True)}
    assert len(pages) == 1


class NotingHasher(PasswordHasher):
    """Notes the cost of every comparison, which is all that a caller could measure."""

    def __init__(self) -> None:
        super().__init__()
        self.compared: list[Parameters] = []

    def verify(self, stored_hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.compared.append(extract_parameters(str(stored_hash)))
        return super().verify(stored_hash, password)


def test_an_unknown_login_takes_the_time_of_a_known_one(sqlite_database, monkeypatch):
    hasher = NotingHasher()
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(passwords, "_hash_of_nobody", cache(passwords._hash_of_nobody.__wrapped__))
    make_user(sqlite_database, "ada", password_hash=passwords.hash_password(PASSWORD))
    for login in ("ada", "nobody"):
        operations.authenticate(sqlite_database, login, "a wrong password")
    known, unknown = hasher.compared
    assert known == unknown


def test_signing_in_is_throttled_per_login_whether_it_exists_or_not(app, sqlite_database):
    make_user(sqlite_database, "ada")
    for login in ("ada", "nobody"):
        client = app.test_client()
        statuses = [sign_in(client, login, "wrong").status_code for _try in range(4)]
        assert statuses == [422, 422, 422, 429]
    throttled = sign_in(app.test_client(), "ada")
    assert throttled.status_code == 429
    assert int(throttled.headers["Retry-After"]) > 0
    assert sign_in(app.test_client(), "ada", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 302


def test_trying_many_logins_from_one_address_is_throttled(app):
    statuses = [sign_in(app.test_client(), f"user{number}").status_code for number in range(3 * LOGINS_PER_ADDRESS + 1)]
    assert statuses[-2:] == [422, 429]


def test_a_forged_forwarding_header_does_not_escape_the_throttle(app):
    statuses = [
        sign_in(app.test_client(), "ada", headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code
        for number in range(4)
    ]
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::1", "::2", True),
    ],
)
def test_a_client_is_its_ipv4_address_or_its_ipv6_network(one, other, same):
    assert (network_of(one) == network_of(other)) is same


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/companies/7?tab=erp", "/companies/7?tab=erp"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_one_stays_on_this_site(app, sqlite_database, target, goes_to):
    make_user(sqlite_database, "ada")
    answer = app.test_client().post("/sign-in", data={"login": "ada", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == goes_to


@pytest.mark.parametrize(
    "end",
    [
        lambda session, user: operations.deactivate_user(session, CONSOLE, user.id),
        lambda session, user: operations.set_password(session, CONSOLE, user.id, "another good password"),
        lambda session, user: operations.end_sessions(session, CONSOLE, user.id),
    ],
)
def test_sessions_and_tokens_end_at_once(app, sqlite_database, end):
    admin, other = make_administrator(sqlite_database), make_administrator(sqlite_database, "other")
    browser, api = client_of(app, admin), ApiClient(app.test_client(), make_token(sqlite_database, admin, "admin"))
    assert (is_signed_in(browser), api.get("/users").status_code) == (True, 200)
    with sqlite_database.writing() as session:
        end(session, admin)
    assert (is_signed_in(browser), api.get("/users").status_code) == (False, 401)
    assert is_signed_in(client_of(app, other))


def test_a_demoted_administrator_loses_administration_at_once(app, sqlite_database):
    admin, _other = make_administrator(sqlite_database), make_administrator(sqlite_database, "other")
    api = ApiClient(app.test_client(), make_token(sqlite_database, admin, "admin"))
    assert api.get("/users").status_code == 200
    with sqlite_database.writing() as session:
        operations.change_user(session, CONSOLE, admin.id, {"role": "user"}, None)
    assert api.get("/users").status_code == 403


@pytest.mark.parametrize("forged", ["1", "1.1", "one.0", "1.0.0", "99.0", "", "1.²"])
def test_a_session_of_another_epoch_or_form_is_none(app, sqlite_database, forged):
    user = make_user(sqlite_database, "ada")
    assert user.id == 1
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = forged
    assert not is_signed_in(client)


def test_the_use_of_a_token_is_noted(app, sqlite_database):
    admin = make_administrator(sqlite_database)
    ApiClient(app.test_client(), make_token(sqlite_database, admin, "admin")).get("/users")
    with sqlite_database.reading() as session:
        assert operations.list_tokens(session, admin.id)[0].last_used_at is not None


def test_a_token_opens_no_page(app, sqlite_database):
    token = make_token(sqlite_database, make_administrator(sqlite_database), "admin")
    answer = app.test_client().get("/sign-in", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
