import re
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import update
from waitress.server import create_server

from host.accounts.models import TokenScope
from host.api.models import IdempotencyKey
from host.app import create_app
from host.database import Database
from host.settings import Settings
from tests.accounts import PASSWORD, ApiClient, api_client, client_of, make_administrator, make_token, make_user


@pytest.fixture
def app(sqlite_database: Database, tmp_path) -> Flask:
    return create_app(Settings(data_folder=tmp_path), sqlite_database)


@pytest.fixture
def api(app: Flask, sqlite_database: Database) -> ApiClient:
    return api_client(app, sqlite_database, make_administrator(sqlite_database))


def test_a_list_comes_in_pages(api, sqlite_database):
    for number in range(4):
        make_user(sqlite_database, f"user{number}")
    first = api.get("/users?limit=3").json
    second = api.get(f"/users?limit=3&after={first['next']}").json
    assert [user["login"] for user in first["items"] + second["items"]] == ["admin", "user0", "user1", "user2", "user3"]
    assert second["next"] is None


def test_a_change_needs_the_version_and_raises_it(api, sqlite_database):
    user = make_user(sqlite_database, "ada")
    read = api.get(f"/users/{user.id}")
    assert read.headers["ETag"] == '"1"'
    change = {"json": {"name": "Ada L."}}
    assert api.patch(f"/users/{user.id}", **change).status_code == 428
    changed = api.patch(f"/users/{user.id}", headers={"If-Match": '"1"'}, **change)
    assert (changed.status_code, changed.headers["ETag"], changed.json["name"]) == (200, '"2"', "Ada L.")
    stale = api.patch(f"/users/{user.id}", headers={"If-Match": '"1"'}, json={"name": "Late"})
    assert (stale.status_code, stale.mimetype) == (412, "application/problem+json")
    assert stale.json["changed_by"] == "Admin"
    assert api.get(f"/users/{user.id}", headers={"If-None-Match": '"2"'}).status_code == 304


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("get", "/nothing", {}, 404),
        ("get", "/users/99", {}, 404),
        ("get", "/users/99999999999999999999", {}, 404),
        ("get", "/users/a%00b", {}, 404),
        ("delete", "/users", {}, 405),
        ("post", "/users", {"data": "x", "content_type": "text/plain"}, 415),
        ("post", "/users", {"data": "{", "content_type": "application/json"}, 400),
        ("post", "/users", {"data": "[" * 100_000, "content_type": "application/json"}, 400),
        ("post", "/users", {"data": "9" * 5000, "content_type": "application/json"}, 400),
        ("post", "/users", {"json": [1]}, 422),
        ("post", "/users", {"json": {}}, 422),
        ("get", "/users?limit=0", {}, 422),
        ("get", "/users?limi=1", {}, 422),
        ("get", "/users?after=%00", {}, 422),
        ("get", "/users?after=WzFd~", {}, 422),
        ("patch", "/users/1", {"headers": {"If-Match": '"99999999999"'}, "json": {}}, 412),
    ],
)
def test_every_error_is_a_problem(api, method, path, options, status):
    answer = getattr(api, method)(path, **options)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["status"] == status
    assert answer.json["request_id"]
    assert answer.json["detail"]


def test_a_wrong_method_is_told_the_right_ones(api):
    allowed = api.delete("/users").headers["Allow"]
    assert {"GET", "POST"} <= set(allowed.split(", "))


def test_every_fault_of_every_field_is_named(api):
    errors = api.post("/users", json={"login": "a b", "role": "boss", "nick": 1}).json["errors"]
    assert {error["field"] for error in errors} == {"login", "role", "nick", "name", "password"}


def test_a_failure_of_ours_is_a_problem_without_its_cause(app, api):
    @app.get("/api/v1/broken")
    def broken():
        raise RuntimeError("password=hunter2")

    answer = api.get("/broken")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "hunter2" not in answer.text


def test_a_session_calls_the_api_with_its_csrf_token_only(app, sqlite_database):
    browser = client_of(app, make_administrator(sqlite_database))
    assert browser.get("/api/v1/users").status_code == 200
    refused = browser.post("/api/v1/groups", json={"name": "Sales"})
    assert (refused.status_code, refused.mimetype) == (400, "application/problem+json")


@pytest.mark.parametrize("scheme", ["Bearer nonsense", "Basic YTpi", "Bearer"])
def test_a_wrong_token_is_refused_although_a_session_is_there(app, sqlite_database, scheme):
    browser = client_of(app, make_administrator(sqlite_database))
    answer = browser.get("/api/v1/users", headers={"Authorization": scheme})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_wrong_tokens_are_throttled_and_right_ones_are_not(app, api):
    wrong = ApiClient(app.test_client(), "tl_wrong")
    statuses = [wrong.get("/users").status_code for _try in range(31)]
    assert statuses == [401] * 30 + [429]
    assert int(wrong.get("/users").headers["Retry-After"]) > 0
    assert api.get("/users").status_code == 200


def test_a_token_does_no_more_than_its_scope(app, sqlite_database):
    admin = make_administrator(sqlite_database)
    for scope in (TokenScope.READ, TokenScope.WRITE):
        limited = ApiClient(app.test_client(), make_token(sqlite_database, admin, scope))
        assert limited.get("/users").status_code == 403


def test_a_repeated_create_gets_the_first_answer(api):
    request = {"json": {"name": "Sales"}, "headers": {"Idempotency-Key": "abc"}}
    first, again = api.post("/groups", **request), api.post("/groups", **request)
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(api.get("/groups").json["items"]) == 1
    other = api.post("/groups", json={"name": "Other"}, headers={"Idempotency-Key": "abc"})
    assert other.status_code == 422


def test_a_create_that_failed_frees_its_key(api):
    key = {"Idempotency-Key": "abc"}
    assert api.post("/groups", json={}, headers=key).status_code == 422
    assert api.post("/groups", json={"name": "Sales"}, headers=key).status_code == 201


def test_a_repeated_create_waits_while_the_first_one_is_under_way(api, sqlite_database):
    request = {"json": {"name": "Sales"}, "headers": {"Idempotency-Key": "abc"}}
    api.post("/groups", **request)
    with sqlite_database.writing() as session:
        session.execute(update(IdempotencyKey).values(status=None))
    assert api.post("/groups", **request).status_code == 409


def test_a_key_is_forgotten_after_a_day_and_belongs_to_its_user(api, app, sqlite_database):
    other = api_client(app, sqlite_database, make_administrator(sqlite_database, "other"))
    key = {"Idempotency-Key": "abc"}
    assert api.post("/groups", json={"name": "A"}, headers=key).status_code == 201
    assert other.post("/groups", json={"name": "B"}, headers=key).status_code == 201
    with sqlite_database.writing() as session:
        session.execute(update(IdempotencyKey).values(created_at=datetime.now(UTC) - timedelta(hours=25)))
    assert api.post("/groups", json={"name": "C"}, headers=key).json["name"] == "C"


def test_nothing_that_was_sent_is_kept_with_the_key(api, sqlite_database):
    user = {"login": "ada", "name": "Ada", "password": "a canary password"}
    assert api.post("/users", json=user, headers={"Idempotency-Key": "abc"}).status_code == 201
    with sqlite_database.engine.connect() as connection:
        assert "canary" not in "\n".join(connection.connection.iterdump())


def test_the_openapi_document_names_scopes_versions_and_problems(app):
    document = app.test_client().get("/api/v1/openapi.json").json
    patch = document["paths"]["/api/v1/users/{user_id}"]["patch"]
    assert patch["x-scope"] == "admin"
    assert "If-Match" in str(patch["parameters"])
    assert set(patch["responses"]) >= {"200", "401", "403", "404", "412", "422", "428"}
    assert patch["tags"] == ["users"]
    assert {"users", "groups", "audit"} <= {tag["name"] for tag in document["tags"]}
    refused = document["components"]["responses"]["UNAUTHORIZED"]
    assert "application/problem+json" in refused["content"]


def test_the_documentation_page_comes_from_here_alone(app):
    client = app.test_client()
    page = client.get("/api/docs").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(source.startswith("/") for source in sources)
    files = [source for source in sources if "assets" in source or "api-docs" in source]
    assert len(files) == 4
    assert {client.get(source).status_code for source in files} == {200}
    assert "<script>" not in page
    assert " style=" not in page
    assert client.get("/api/docs/assets/oauth2-redirect.html").status_code == 404


@pytest.mark.browser
def test_operations_are_browsed_and_tried_out_in_a_browser_that_obeys_our_headers(app, sqlite_database, browser):
    make_administrator(sqlite_database)
    server = create_server(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.effective_port}"
    page = browser.new_page()
    faults, asked = [], []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/sign-in?next=/api/docs")
    page.fill("[name=login]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("button")
    operation = page.locator("#operations-groups-post_api_v1_groups, .opblock-post:has-text('/api/v1/groups')").first
    operation.click()
    operation.locator(".try-out__btn").click()
    operation.locator("textarea").fill('{"name": "Sales"}')
    operation.locator("button.execute").click()
    status = operation.locator(".live-responses-table .response .response-col_status")
    status.wait_for()
    assert status.inner_text().startswith("201")
    page.close()
    server.close()
    assert faults == []
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(address).netloc}
