"""Who may use which route: one row for each route of the application, one column for each kind of caller."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url

from host.accounts.models import TokenScope
from host.app import create_app
from host.crm.registry import entity_types
from host.database import Database
from host.settings import Settings
from tests.accounts import client_of, make_token
from tests.databases import SqliteDatabases
from tests.world import World, make_world

IN, SIGN_IN, FORBIDDEN, HIDDEN = "in", "asked to sign in", "forbidden", "hidden"

# The link of the world is visible to the user inside only. The tokens read and write are the user's inside, the token
# admin is the administrator's.
CALLERS = ("anonymous", "outside", "inside", "administrator", "read token", "write token", "admin token")
ACCESS: dict[str, tuple[str, ...]] = {
    #                   anonymous  outside    inside     administr. read token write token admin token
    "everybody":       (IN,        IN,        IN,        IN,        IN,        IN,        IN),
    "nobody":          (HIDDEN,    HIDDEN,    HIDDEN,    HIDDEN,    HIDDEN,    HIDDEN,    HIDDEN),
    "signing out":     (SIGN_IN,   SIGN_IN,   SIGN_IN,   SIGN_IN,   SIGN_IN,   SIGN_IN,   SIGN_IN),
    "users":           (SIGN_IN,   IN,        IN,        IN,        SIGN_IN,   SIGN_IN,   SIGN_IN),
    "own token":       (SIGN_IN,   HIDDEN,    HIDDEN,    IN,        SIGN_IN,   SIGN_IN,   SIGN_IN),
    "own import":      (SIGN_IN,   HIDDEN,    IN,        HIDDEN,    SIGN_IN,   SIGN_IN,   SIGN_IN),
    "administrators":  (SIGN_IN,   FORBIDDEN, FORBIDDEN, IN,        SIGN_IN,   SIGN_IN,   SIGN_IN),
    "who see it":      (SIGN_IN,   HIDDEN,    IN,        HIDDEN,    SIGN_IN,   SIGN_IN,   SIGN_IN),
    "see or manage":   (SIGN_IN,   HIDDEN,    IN,        IN,        SIGN_IN,   SIGN_IN,   SIGN_IN),
    "see and manage":  (SIGN_IN,   FORBIDDEN, FORBIDDEN, HIDDEN,    SIGN_IN,   SIGN_IN,   SIGN_IN),
    "API read":        (SIGN_IN,   IN,        IN,        IN,        IN,        IN,        IN),
    "API write":       (SIGN_IN,   IN,        IN,        IN,        FORBIDDEN, IN,        IN),
    "API admin":       (SIGN_IN,   FORBIDDEN, FORBIDDEN, IN,        FORBIDDEN, FORBIDDEN, IN),
    "API link":        (SIGN_IN,   HIDDEN,    IN,        IN,        IN,        IN,        IN),
    "API link admin":  (SIGN_IN,   FORBIDDEN, FORBIDDEN, HIDDEN,    FORBIDDEN, FORBIDDEN, HIDDEN),
}  # fmt: skip

ROUTES = """
everybody       GET     /healthz
everybody       GET     /readyz
everybody       GET     /static/<path:filename>
everybody       GET     /bootstrap/static/<path:filename>
everybody       GET     /api/docs
everybody       GET     /api/docs/assets/<name>
everybody       GET     /api/v1/openapi.json

everybody       GET     /sign-in
everybody       POST    /sign-in
signing out     POST    /sign-out
users           GET     /sign-in/confirm
users           POST    /sign-in/confirm
nobody          GET     /setup/<token>
nobody          POST    /setup/<token>

users           GET     /
users           GET     /account
users           POST    /account/end-sessions
users           POST    /account/password
users           POST    /account/preferences
users           POST    /account/tokens
own token       POST    /account/tokens/<int:token_id>/revoke

users           GET     /search
users           GET     /companies
users           GET     /companies/<int:record_id>
users           GET     /companies/<int:record_id>/delete
users           POST    /companies/<int:record_id>/delete
users           GET     /companies/<int:record_id>/edit
users           POST    /companies/<int:record_id>/edit
users           GET     /companies/<int:record_id>/persons
users           GET     /companies/<int:record_id>/projects
users           GET     /companies/<int:record_id>/sales-orders
users           GET     /companies/new
users           POST    /companies/new
users           GET     /companies/suggestions
users           GET     /companies/import
users           POST    /companies/import
own import      GET     /companies/import/<token>
own import      POST    /companies/import/<token>
own import      GET     /companies/import/<token>/progress
own import      POST    /companies/import/<token>/progress
own import      GET     /companies/import/<token>/refused.csv
own import      POST    /companies/import/<token>/start
users           GET     /persons
users           GET     /persons/<int:record_id>
users           GET     /persons/<int:record_id>/delete
users           POST    /persons/<int:record_id>/delete
users           GET     /persons/<int:record_id>/edit
users           POST    /persons/<int:record_id>/edit
users           GET     /persons/<int:record_id>/projects
users           GET     /persons/<int:record_id>/sales-orders
users           GET     /persons/new
users           POST    /persons/new
users           GET     /persons/suggestions
users           GET     /persons/import
users           POST    /persons/import
own import      GET     /persons/import/<token>
own import      POST    /persons/import/<token>
own import      GET     /persons/import/<token>/progress
own import      POST    /persons/import/<token>/progress
own import      GET     /persons/import/<token>/refused.csv
own import      POST    /persons/import/<token>/start
users           GET     /projects
users           GET     /projects/<int:record_id>
users           GET     /projects/<int:record_id>/delete
users           POST    /projects/<int:record_id>/delete
users           GET     /projects/<int:record_id>/edit
users           POST    /projects/<int:record_id>/edit
users           GET     /projects/<int:record_id>/sales-orders
users           GET     /projects/new
users           POST    /projects/new
users           GET     /projects/suggestions
users           GET     /projects/import
users           POST    /projects/import
own import      GET     /projects/import/<token>
own import      POST    /projects/import/<token>
own import      GET     /projects/import/<token>/progress
own import      POST    /projects/import/<token>/progress
own import      GET     /projects/import/<token>/refused.csv
own import      POST    /projects/import/<token>/start
users           GET     /products
users           GET     /products/<int:record_id>
users           GET     /products/<int:record_id>/delete
users           POST    /products/<int:record_id>/delete
users           GET     /products/<int:record_id>/edit
users           POST    /products/<int:record_id>/edit
users           GET     /products/new
users           POST    /products/new
users           GET     /products/suggestions
users           GET     /products/import
users           POST    /products/import
own import      GET     /products/import/<token>
own import      POST    /products/import/<token>
own import      GET     /products/import/<token>/progress
own import      POST    /products/import/<token>/progress
own import      GET     /products/import/<token>/refused.csv
own import      POST    /products/import/<token>/start
users           GET     /sales-orders
users           GET     /sales-orders/<int:record_id>
users           GET     /sales-orders/<int:record_id>/delete
users           POST    /sales-orders/<int:record_id>/delete
users           GET     /sales-orders/<int:record_id>/edit
users           POST    /sales-orders/<int:record_id>/edit
users           GET     /sales-orders/new
users           POST    /sales-orders/new
users           GET     /sales-orders/suggestions
users           GET     /sales-orders/import
users           POST    /sales-orders/import
own import      GET     /sales-orders/import/<token>
own import      POST    /sales-orders/import/<token>
own import      GET     /sales-orders/import/<token>/progress
own import      POST    /sales-orders/import/<token>/progress
own import      GET     /sales-orders/import/<token>/refused.csv
own import      POST    /sales-orders/import/<token>/start

users           GET     /companies/<int:record_id>/erp
who see it      GET     /companies/<int:record_id>/erp/links/<int:link_id>
users           GET     /persons/<int:record_id>/erp
who see it      GET     /persons/<int:record_id>/erp/links/<int:link_id>
users           GET     /projects/<int:record_id>/erp
who see it      GET     /projects/<int:record_id>/erp/links/<int:link_id>
users           GET     /products/<int:record_id>/erp
who see it      GET     /products/<int:record_id>/erp/links/<int:link_id>
users           GET     /sales-orders/<int:record_id>/erp
who see it      GET     /sales-orders/<int:record_id>/erp/links/<int:link_id>

users           GET     /sync
users           GET     /sync/runs
see or manage   GET     /sync/runs/<int:run_id>
see or manage   GET     /sync/runs/<int:run_id>/details
see or manage   GET     /sync/runs/<int:run_id>/progress
administrators  POST    /sync/runs/<int:run_id>/cancel
see and manage  GET     /sync/runs/<int:run_id>/revert
see and manage  POST    /sync/runs/<int:run_id>/revert
see or manage   GET     /sync/links/<int:link_id>
administrators  POST    /sync/links/<int:link_id>/brake
see or manage   GET     /sync/links/<int:link_id>/charts/<name>
administrators  POST    /sync/links/<int:link_id>/failed-records/dismiss
administrators  POST    /sync/links/<int:link_id>/failed-records/retry
administrators  POST    /sync/links/<int:link_id>/full-read
administrators  POST    /sync/links/<int:link_id>/resume
administrators  POST    /sync/links/<int:link_id>/preview
administrators  GET     /sync/links/<int:link_id>/resync
administrators  POST    /sync/links/<int:link_id>/resync
administrators  POST    /sync/links/<int:link_id>/run
users           GET     /sync/failed-records
administrators  POST    /sync/failed-records/<int:failed_id>/dismiss
administrators  POST    /sync/failed-records/<int:failed_id>/restore
administrators  POST    /sync/failed-records/<int:failed_id>/retry
users           GET     /sync/conflicts
administrators  POST    /sync/conflicts/choose
users           GET     /sync/matches
see or manage   GET     /sync/matches/<int:failed_id>
administrators  POST    /sync/matches/<int:failed_id>
users           GET     /sync/pairings
administrators  POST    /sync/pairings/<int:pairing_id>/disconnect
administrators  POST    /sync/pairings/<int:pairing_id>/lift
users           GET     /sync/unclear
administrators  POST    /sync/unclear/<int:intent_id>/made
administrators  POST    /sync/unclear/<int:intent_id>/not-made

administrators  GET     /settings/audit
administrators  GET     /settings/fields
administrators  POST    /settings/fields
administrators  GET     /settings/fields/<int:field_id>
administrators  POST    /settings/fields/<int:field_id>
administrators  POST    /settings/fields/<int:field_id>/delete
administrators  GET     /settings/lists
administrators  POST    /settings/lists
administrators  GET     /settings/lists/<list_key>
administrators  POST    /settings/lists/<list_key>
administrators  POST    /settings/lists/<list_key>/delete
administrators  POST    /settings/lists/<list_key>/items/<item_key>
administrators  POST    /settings/lists/<list_key>/items/<item_key>/delete
administrators  POST    /settings/lists/<list_key>/rename
administrators  GET     /settings/groups
administrators  GET     /settings/groups/<int:group_id>
administrators  POST    /settings/groups/<int:group_id>
administrators  POST    /settings/groups/<int:group_id>/delete
administrators  GET     /settings/groups/new
administrators  POST    /settings/groups/new
administrators  GET     /settings/plugins
administrators  GET     /settings/users
administrators  GET     /settings/users/<int:user_id>
administrators  POST    /settings/users/<int:user_id>
administrators  POST    /settings/users/<int:user_id>/activate
administrators  POST    /settings/users/<int:user_id>/deactivate
administrators  POST    /settings/users/<int:user_id>/password
administrators  GET     /settings/users/new
administrators  POST    /settings/users/new

administrators  GET     /settings/sync
administrators  POST    /settings/sync/automatic
administrators  GET     /settings/sync/connectors/<int:connector_id>
administrators  POST    /settings/sync/connectors/<int:connector_id>
administrators  POST    /settings/sync/connectors/<int:connector_id>/delete
administrators  POST    /settings/sync/connectors/<int:connector_id>/refresh
administrators  GET     /settings/sync/connectors/new
administrators  POST    /settings/sync/connectors/new
administrators  POST    /settings/sync/connectors/probe
administrators  GET     /settings/sync/links/<int:link_id>
administrators  POST    /settings/sync/links/<int:link_id>/activate
administrators  GET     /settings/sync/links/<int:link_id>/configuration
administrators  POST    /settings/sync/links/<int:link_id>/configuration
administrators  POST    /settings/sync/links/<int:link_id>/deactivate
administrators  POST    /settings/sync/links/<int:link_id>/delete
administrators  GET     /settings/sync/links/<int:link_id>/mapping
administrators  POST    /settings/sync/links/<int:link_id>/mapping
administrators  GET     /settings/sync/links/<int:link_id>/lists
administrators  POST    /settings/sync/links/<int:link_id>/lists
administrators  GET     /settings/sync/links/<int:link_id>/mapping/order/<int:type_id>
administrators  POST    /settings/sync/links/<int:link_id>/mapping/order/<int:type_id>
administrators  POST    /settings/sync/links/<int:link_id>/pause
administrators  POST    /settings/sync/links/<int:link_id>/refresh
administrators  POST    /settings/sync/links/<int:link_id>/resume
administrators  POST    /settings/sync/links/<int:link_id>/run
administrators  GET     /settings/sync/links/<int:link_id>/runs
administrators  POST    /settings/sync/links/<int:link_id>/schedule
administrators  POST    /settings/sync/links/<int:link_id>/test
administrators  GET     /settings/sync/links/<int:link_id>/trace
administrators  GET     /settings/sync/links/<int:link_id>/trace/calls
see and manage  GET     /settings/sync/links/<int:link_id>/trace/download
administrators  POST    /settings/sync/links/<int:link_id>/trace/start
administrators  POST    /settings/sync/links/<int:link_id>/trace/stop
administrators  GET     /settings/sync/links/fields
administrators  POST    /settings/sync/links/items
administrators  GET     /settings/sync/links/new
administrators  POST    /settings/sync/links/new
administrators  POST    /settings/sync/links/try
administrators  GET     /settings/sync/priority
administrators  POST    /settings/sync/priority

API admin       GET     /api/v1/audit
API admin       GET     /api/v1/groups
API admin       POST    /api/v1/groups
API admin       GET     /api/v1/groups/<int:group_id>
API admin       PATCH   /api/v1/groups/<int:group_id>
API admin       DELETE  /api/v1/groups/<int:group_id>
API admin       GET     /api/v1/plugins
API admin       GET     /api/v1/users
API admin       POST    /api/v1/users
API admin       GET     /api/v1/users/<int:user_id>
API admin       PATCH   /api/v1/users/<int:user_id>
API admin       POST    /api/v1/users/<int:user_id>/activate
API admin       POST    /api/v1/users/<int:user_id>/deactivate
API admin       PUT     /api/v1/users/<int:user_id>/password

API read        GET     /api/v1/companies
API write       POST    /api/v1/companies
API read        GET     /api/v1/companies/<int:record_id>
API write       PATCH   /api/v1/companies/<int:record_id>
API write       DELETE  /api/v1/companies/<int:record_id>
API read        GET     /api/v1/companies/external-ids/<source>/<external_id>
API write       POST    /api/v1/companies/upsert
API read        GET     /api/v1/companies/<int:record_id>/erp-tab
API read        GET     /api/v1/persons
API write       POST    /api/v1/persons
API read        GET     /api/v1/persons/<int:record_id>
API write       PATCH   /api/v1/persons/<int:record_id>
API write       DELETE  /api/v1/persons/<int:record_id>
API read        GET     /api/v1/persons/external-ids/<source>/<external_id>
API write       POST    /api/v1/persons/upsert
API read        GET     /api/v1/persons/<int:record_id>/erp-tab
API read        GET     /api/v1/projects
API write       POST    /api/v1/projects
API read        GET     /api/v1/projects/<int:record_id>
API write       PATCH   /api/v1/projects/<int:record_id>
API write       DELETE  /api/v1/projects/<int:record_id>
API read        GET     /api/v1/projects/external-ids/<source>/<external_id>
API write       POST    /api/v1/projects/upsert
API read        GET     /api/v1/projects/<int:record_id>/erp-tab
API read        GET     /api/v1/products
API write       POST    /api/v1/products
API read        GET     /api/v1/products/<int:record_id>
API write       PATCH   /api/v1/products/<int:record_id>
API write       DELETE  /api/v1/products/<int:record_id>
API read        GET     /api/v1/products/external-ids/<source>/<external_id>
API write       POST    /api/v1/products/upsert
API read        GET     /api/v1/products/<int:record_id>/erp-tab
API read        GET     /api/v1/sales-orders
API write       POST    /api/v1/sales-orders
API read        GET     /api/v1/sales-orders/<int:record_id>
API write       PATCH   /api/v1/sales-orders/<int:record_id>
API write       DELETE  /api/v1/sales-orders/<int:record_id>
API read        GET     /api/v1/sales-orders/external-ids/<source>/<external_id>
API write       POST    /api/v1/sales-orders/upsert
API read        GET     /api/v1/sales-orders/<int:record_id>/erp-tab

API read        GET     /api/v1/erp-links
API admin       POST    /api/v1/erp-links
API admin       POST    /api/v1/erp-links/test
API link        GET     /api/v1/erp-links/<int:link_id>
API admin       PATCH   /api/v1/erp-links/<int:link_id>
API admin       DELETE  /api/v1/erp-links/<int:link_id>
API admin       POST    /api/v1/erp-links/<int:link_id>/activate
API admin       POST    /api/v1/erp-links/<int:link_id>/deactivate
API admin       GET     /api/v1/erp-links/<int:link_id>/mappings
API admin       PUT     /api/v1/erp-links/<int:link_id>/mappings
API admin       GET     /api/v1/erp-links/<int:link_id>/list-mappings
API admin       GET     /api/v1/erp-links/<int:link_id>/list-mappings/table
API admin       PUT     /api/v1/erp-links/<int:link_id>/list-mappings/table
API admin       POST    /api/v1/erp-links/<int:link_id>/pause
API admin       POST    /api/v1/erp-links/<int:link_id>/refresh
API admin       POST    /api/v1/erp-links/<int:link_id>/resume
API admin       PUT     /api/v1/erp-links/<int:link_id>/schedule
API admin       POST    /api/v1/erp-links/<int:link_id>/test
API admin       GET     /api/v1/erp-links/<int:link_id>/trace
API admin       POST    /api/v1/erp-links/<int:link_id>/trace
API link admin  GET     /api/v1/erp-links/<int:link_id>/trace/calls
API admin       POST    /api/v1/erp-links/<int:link_id>/trace/stop
API link        GET     /api/v1/erp-links/<int:link_id>/conflicts
API link        GET     /api/v1/erp-links/<int:link_id>/conflicts/<int:conflict_id>
API admin       PUT     /api/v1/erp-links/<int:link_id>/conflicts/<int:conflict_id>/choice
API admin       POST    /api/v1/erp-links/<int:link_id>/conflicts/choose
API link        GET     /api/v1/erp-links/<int:link_id>/failed-records
API admin       POST    /api/v1/erp-links/<int:link_id>/failed-records/dismiss
API admin       POST    /api/v1/erp-links/<int:link_id>/failed-records/retry
API link        GET     /api/v1/erp-links/<int:link_id>/failed-records/<int:failed_id>
API link        GET     /api/v1/erp-links/<int:link_id>/failed-records/<int:failed_id>/candidates
API admin       POST    /api/v1/erp-links/<int:link_id>/failed-records/<int:failed_id>/dismiss
API admin       POST    /api/v1/erp-links/<int:link_id>/failed-records/<int:failed_id>/pair
API admin       POST    /api/v1/erp-links/<int:link_id>/failed-records/<int:failed_id>/restore
API admin       POST    /api/v1/erp-links/<int:link_id>/failed-records/<int:failed_id>/retry
API link        GET     /api/v1/erp-links/<int:link_id>/pairings
API admin       POST    /api/v1/erp-links/<int:link_id>/pairings
API link        GET     /api/v1/erp-links/<int:link_id>/pairings/<int:pairing_id>
API admin       POST    /api/v1/erp-links/<int:link_id>/pairings/<int:pairing_id>/disconnect
API admin       POST    /api/v1/erp-links/<int:link_id>/pairings/<int:pairing_id>/lift
API link        GET     /api/v1/erp-links/<int:link_id>/runs
API admin       POST    /api/v1/erp-links/<int:link_id>/runs
API link        GET     /api/v1/erp-links/<int:link_id>/runs/<int:run_id>
API admin       POST    /api/v1/erp-links/<int:link_id>/runs/<int:run_id>/cancel
API link        GET     /api/v1/erp-links/<int:link_id>/runs/<int:run_id>/changes
API link        GET     /api/v1/erp-links/<int:link_id>/runs/<int:run_id>/preview
API link admin  GET     /api/v1/erp-links/<int:link_id>/runs/<int:run_id>/revert
API link admin  POST    /api/v1/erp-links/<int:link_id>/runs/<int:run_id>/revert
API link        GET     /api/v1/erp-links/<int:link_id>/sync
API admin       PUT     /api/v1/erp-links/<int:link_id>/sync/brake
API admin       POST    /api/v1/erp-links/<int:link_id>/sync/full-reads
API link        GET     /api/v1/erp-links/<int:link_id>/unclear-creates
API link        GET     /api/v1/erp-links/<int:link_id>/unclear-creates/<int:intent_id>
API admin       POST    /api/v1/erp-links/<int:link_id>/unclear-creates/<int:intent_id>/made
API admin       POST    /api/v1/erp-links/<int:link_id>/unclear-creates/<int:intent_id>/not-made
API admin       GET     /api/v1/sync-connectors
API admin       POST    /api/v1/sync-connectors
API admin       GET     /api/v1/sync-connectors/<int:connector_id>
API admin       PATCH   /api/v1/sync-connectors/<int:connector_id>
API admin       DELETE  /api/v1/sync-connectors/<int:connector_id>
API admin       POST    /api/v1/sync-connectors/<int:connector_id>/refresh
API admin       POST    /api/v1/sync-connectors/probe
API admin       GET     /api/v1/sync-priority
API admin       PUT     /api/v1/sync-priority
API admin       GET     /api/v1/sync-settings
API admin       PATCH   /api/v1/sync-settings
"""
TABLE = {(row[16:24].strip(), row[24:].strip()): row[:16].strip() for row in ROUTES.splitlines() if row}

FILLED_IN = {"name": "swagger-ui.css", "token": "guessed"}
FILES = {"/static/<path:filename>": "icon.svg", "/bootstrap/static/<path:filename>": "css/bootstrap.min.css"}


@dataclass(frozen=True)
class Installation:
    """An application over the world, which is as at the beginning after each `restore()`."""

    app: Flask
    world: World
    tokens: dict[str, str]
    restore: Callable[[], None]

    def client(self, caller: str) -> FlaskClient:
        user = getattr(self.world, caller, None)
        return client_of(self.app, user)

    def path(self, rule: str) -> str:
        ids = {**self.world.ids, **FILLED_IN, "filename": FILES.get(rule, "")}
        path = rule.removeprefix("/api/v1").split("/")[1]
        entity = next((entity.key for entity in entity_types().values() if entity.path == path), "")
        if entity:
            ids.update(record_id=ids[f"{entity}_id"], token=ids[f"{entity}_import"] if "/import/" in rule else "")
        if rule.endswith("/charts/<name>"):
            ids["name"] = "records-light.svg"
        for name, value in ids.items():
            for converter in ("", "int:", "path:", "string:"):
                rule = rule.replace(f"<{converter}{name}>", str(value))
        assert "<" not in rule, "the world has nothing for this part of the path"
        return rule


@pytest.fixture(scope="module")
def installation(sqlite_databases: SqliteDatabases, tmp_path_factory) -> Iterator[Installation]:
    with sqlite_databases.migrated() as url:
        database = Database(url)
        data_folder = tmp_path_factory.mktemp("data")
        world = make_world(database, data_folder)
        tokens = {
            "read token": make_token(database, world.inside, TokenScope.READ),
            "write token": make_token(database, world.inside, TokenScope.WRITE),
            "admin token": make_token(database, world.administrator, TokenScope.ADMIN),
        }
        settings = Settings(data_folder=data_folder, sign_in_limit="100000 per minute")
        app = create_app(settings, database)
        app.config["WTF_CSRF_ENABLED"] = False
        beginning = sqlite3.connect(":memory:")
        file = sqlite3.connect(str(make_url(url).database))
        file.backup(beginning)
        yield Installation(app, world, tokens, lambda: beginning.backup(file))
        file.close()
        database.close()


def verdict(installation: Installation, caller: str, method: str, rule: str) -> str:
    """Ask, and say how the answer treats the caller."""
    headers = {"If-Match": '"1"'} if rule.startswith("/api/") else {}
    if caller in installation.tokens:
        headers["Authorization"] = f"Bearer {installation.tokens[caller]}"
    sent = {"json": {}} if rule.startswith("/api/") and method != "GET" else {}
    answer = installation.client(caller).open(installation.path(rule), method=method, headers=headers, **sent)
    assert answer.status_code < 500, answer.text
    if answer.status_code == 401 or answer.headers.get("Location", "").startswith("/sign-in"):
        return SIGN_IN
    return {403: FORBIDDEN, 404: HIDDEN}.get(answer.status_code, IN)


def test_every_route_of_the_application_is_in_the_table(installation):
    routes = {
        (method, rule.rule)
        for rule in installation.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert sorted(routes - set(TABLE)) == [], "routes without a row"
    assert sorted(set(TABLE) - routes) == [], "rows without a route"


@pytest.mark.parametrize(("method", "rule"), TABLE, ids=[f"{method} {rule}" for method, rule in TABLE])
def test_each_caller_gets_what_the_table_says(installation, method, rule):
    expected = dict(zip(CALLERS, ACCESS[TABLE[method, rule]], strict=True))
    found = {}
    for caller in CALLERS:
        found[caller] = verdict(installation, caller, method, rule)
        if method != "GET":
            installation.restore()
    assert found == expected
