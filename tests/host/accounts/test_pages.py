import re

import pytest

from host.accounts import operations
from host.accounts.setup import first_administrator_link
from host.settings import Settings
from tests.accounts import CONSOLE, PASSWORD, client_of, make_administrator, make_user

NEW = "another good password"


@pytest.fixture
def admin(app, sqlite_database):
    return client_of(app, make_administrator(sqlite_database))


def user_of(database, user_id: int):
    with database.reading() as session:
        return operations.get_user(session, user_id)


def token_shown(text: str) -> str:
    return re.search(r"tl_[0-9a-f]{8}_[\w-]{43}", text)[0]


def test_an_administrator_adds_a_user_who_can_sign_in(app, admin, sqlite_database):
    with sqlite_database.writing() as session:
        group = operations.create_group(session, CONSOLE, name="Sales")
    form = {
        "login": "Ada",
        "name": "Ada",
        "password": NEW,
        "role": "user",
        "group_ids": [group.id],
        "time_zone": "Europe/Oslo",
    }
    assert admin.post("/settings/users/new", data=form).status_code == 302
    assert "Sales" in admin.get("/settings/users").text
    answer = app.test_client().post("/sign-in", data={"login": "ada", "password": NEW})
    assert answer.status_code == 302


def test_faults_stand_beside_their_fields_and_what_was_typed_stays_except_the_password(admin):
    form = {"login": "a b", "name": "", "password": "short-canary", "role": "boss", "time_zone": "Mars/Base"}
    page = admin.post("/settings/users/new", data=form)
    assert page.status_code == 422
    for fault in ("must not hold blanks", "is missing", "is none of", "is no time zone"):
        assert fault in page.text
    assert 'value="a b"' in page.text
    assert "short-canary" not in page.text


def test_a_stale_form_overwrites_nothing_and_says_who_was_faster(admin, sqlite_database):
    user = make_user(sqlite_database, "ada")
    form = {"login": "ada", "name": "Ada L.", "role": "user", "version": "1"}
    assert admin.post(f"/settings/users/{user.id}", data=form).status_code == 302
    stale = admin.post(f"/settings/users/{user.id}", data={**form, "name": "Late"})
    assert stale.status_code == 409
    assert "changed by Admin meanwhile" in stale.text
    assert user_of(sqlite_database, user.id).name == "Ada L."


def test_a_user_is_deactivated_and_activated(admin, sqlite_database):
    user = make_user(sqlite_database, "ada")
    admin.post(f"/settings/users/{user.id}/deactivate")
    assert not user_of(sqlite_database, user.id).active
    assert "Deactivated" in admin.get(f"/settings/users/{user.id}").text
    admin.post(f"/settings/users/{user.id}/activate")
    assert user_of(sqlite_database, user.id).active


def test_the_last_administrator_cannot_demote_themselves(admin, sqlite_database):
    page = admin.post("/settings/users/1", data={"login": "admin", "name": "Admin", "role": "user", "version": "1"})
    assert page.status_code == 409
    assert "last active administrator" in page.text
    assert user_of(sqlite_database, 1).role == "administrator"


def test_a_password_that_an_administrator_sets_replaces_the_old_one(app, admin, sqlite_database):
    user = make_user(sqlite_database, "ada")
    assert admin.post(f"/settings/users/{user.id}/password", data={"password": "weak"}).status_code == 422
    assert admin.post(f"/settings/users/{user.id}/password", data={"password": NEW}).status_code == 302
    tried = [app.test_client().post("/sign-in", data={"login": "ada", "password": text}) for text in (PASSWORD, NEW)]
    assert [answer.status_code for answer in tried] == [422, 302]


def test_giving_access_asks_for_the_password_again_after_a_while(admin):
    with admin.session_transaction() as session:
        session["signed_in_at"] = 0
    asked = admin.get("/settings/users/new")
    assert asked.headers["Location"] == "/sign-in/confirm?next=/settings/users/new"
    assert (
        admin.post("/account/tokens", data={"name": "x", "scope": "read"}).headers["Location"].endswith("next=/account")
    )
    assert admin.post("/sign-in/confirm", data={"password": "a wrong one"}).status_code == 422
    confirmed = admin.post("/sign-in/confirm", data={"password": PASSWORD, "next": "/settings/users/new"})
    assert confirmed.headers["Location"] == "/settings/users/new"
    assert admin.get("/settings/users/new").status_code == 200


def test_a_group_is_made_changed_and_deleted_by_its_name(admin, sqlite_database):
    user = make_user(sqlite_database, "ada")
    admin.post("/settings/groups/new", data={"name": "Sales", "member_ids": [user.id]})
    assert "Ada" in admin.get("/settings/groups").text
    admin.post("/settings/groups/1", data={"name": "Sales", "version": "1"})
    assert user_of(sqlite_database, user.id).groups == []
    wrong = admin.post("/settings/groups/1/delete", data={"confirm": "Sale", "version": "2"})
    assert wrong.status_code == 422
    assert "is not the name of the group" in wrong.text
    assert admin.post("/settings/groups/1/delete", data={"confirm": "Sales", "version": "2"}).status_code == 302
    assert admin.get("/settings/groups/1").status_code == 404


def test_a_taken_group_name_is_said_beside_the_name(admin):
    admin.post("/settings/groups/new", data={"name": "Sales"})
    again = admin.post("/settings/groups/new", data={"name": "sales"})
    assert again.status_code == 409
    assert "is taken" in again.text


def test_a_token_is_shown_once_and_works_until_it_is_revoked(app, admin):
    page = admin.post("/account/tokens", data={"name": "Shop", "scope": "admin", "days": "90"})
    text = token_shown(page.text)
    assert page.headers["Cache-Control"] == "no-store"
    assert text not in admin.get("/account").text
    headers = {"Authorization": f"Bearer {text}"}
    assert app.test_client().get("/api/v1/users", headers=headers).status_code == 200
    admin.post("/account/tokens/1/revoke")
    assert app.test_client().get("/api/v1/users", headers=headers).status_code == 401


def test_a_user_gets_no_admin_token_and_revokes_no_foreign_one(app, admin, sqlite_database):
    admin.post("/account/tokens", data={"name": "Shop", "scope": "read", "days": ""})
    user = client_of(app, make_user(sqlite_database, "ada"))
    assert user.post("/account/tokens", data={"name": "x", "scope": "admin", "days": "90"}).status_code == 403
    assert user.post("/account/tokens/1/revoke").status_code == 404


def test_changing_the_own_password_keeps_this_session_and_ends_the_others(app, sqlite_database):
    user = make_user(sqlite_database, "ada")
    here, there = client_of(app, user), client_of(app, user)
    assert here.post("/account/password", data={"present_password": "a wrong one", "password": NEW}).status_code == 422
    assert here.post("/account/password", data={"present_password": PASSWORD, "password": NEW}).status_code == 302
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_signing_out_everywhere_else_keeps_this_session(app, sqlite_database):
    user = make_user(sqlite_database, "ada")
    here, there = client_of(app, user), client_of(app, user)
    here.post("/account/end-sessions")
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 302)


def test_the_own_password_cannot_be_guessed_without_end(app, sqlite_database):
    client = client_of(app, make_user(sqlite_database, "ada"))
    form = {"present_password": "a wrong one", "password": NEW}
    assert [client.post("/account/password", data=form).status_code for _try in range(4)] == [422, 422, 422, 429]


def test_language_and_time_zone_are_kept_and_checked(app, sqlite_database):
    user = make_user(sqlite_database, "ada")
    client = client_of(app, user)
    assert client.post("/account/preferences", data={"language": "en", "time_zone": "Mars/Base"}).status_code == 422
    assert client.post("/account/preferences", data={"language": "en", "time_zone": "Europe/Oslo"}).status_code == 302
    assert user_of(sqlite_database, user.id).time_zone == "Europe/Oslo"


def test_the_setup_link_makes_the_first_administrator_who_is_signed_in(app, sqlite_database, tmp_path):
    with sqlite_database.writing() as session:
        path = first_administrator_link(session, Settings(data_folder=tmp_path)).split(":8080", 1)[1]
    client = app.test_client()
    assert client.get(path).status_code == 200
    weak = client.post(path, data={"login": "admin", "name": "Admin", "password": "weak"})
    assert weak.status_code == 422
    assert client.post(path, data={"login": "admin", "name": "Admin", "password": NEW}).status_code == 302
    assert client.get("/settings/users").status_code == 200
    replayed = app.test_client()
    assert replayed.get(path).status_code == 404
    assert replayed.post(path, data={"login": "second", "name": "B", "password": NEW}).status_code == 404


def test_a_setup_link_cannot_be_guessed_without_end(app):
    statuses = [app.test_client().post(f"/setup/{number}", data={"login": "a"}).status_code for number in range(4)]
    assert statuses[-1] == 429


@pytest.mark.parametrize("path", ["/settings/users", "/settings/groups", "/settings/audit", "/settings/users/new"])
def test_administration_is_for_administrators(app, sqlite_database, path):
    assert client_of(app, make_user(sqlite_database, "ada")).get(path).status_code == 403
    anonymous = app.test_client().get(path)
    assert anonymous.headers["Location"] == f"/sign-in?next={path}"


def test_a_fragment_is_not_answered_with_the_sign_in_page(app):
    assert app.test_client().get("/account", headers={"Sec-Fetch-Mode": "cors"}).status_code == 401


def test_the_audit_page_finds_and_escapes(admin, sqlite_database):
    with sqlite_database.writing() as session:
        operations.create_group(session, CONSOLE, name="<script>alert(1)</script>")
    page = admin.get("/settings/audit?text=SCRIPT&action=group.create").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "Nothing found" in admin.get("/settings/audit?to_day=2001-01-01").text


def test_the_audit_page_says_what_is_wrong_with_a_search(admin):
    page = admin.get("/settings/audit?from_day=yesterday&after=nonsense")
    assert page.status_code == 422
    assert "is no date" in page.text


def test_without_its_csrf_token_no_form_counts(sqlite_database, app):
    app.config["WTF_CSRF_ENABLED"] = True
    client = client_of(app, make_administrator(sqlite_database))
    assert client.post("/settings/groups/new", data={"name": "Sales"}).status_code == 400
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/settings/groups/new").text)[1]
    sent = client.post("/settings/groups/new", data={"name": "Sales", "csrf_token": token})
    assert sent.status_code == 302
    headers = {"X-CSRFToken": token}
    assert client.post("/api/v1/groups", json={"name": "Support"}, headers=headers).status_code == 201
