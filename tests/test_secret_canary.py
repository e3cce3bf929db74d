"""Canary secrets are planted, everything that answers, logs, stores or exports is walked, and none may sing."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from erp_links.links import activating
from erp_links.links.models import ErpLink, Visibility
from erp_links.links.saving import create_link
from erp_links.links.submission import LinkSubmission, VisibilityChoice
from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.runtime import LinkRuntime
from erp_links.sync.requesting import Cause, request_run
from erp_links.sync.work import RequestedRuns
from host.accounts.models import User
from host.app import create_app
from host.app.tables import metadata
from host.audit.doer import Doer
from host.cli import main
from host.crm import bulk
from host.database import Database
from host.logs import configure
from host.secrets import SecretStore
from host.secrets.models import Secret
from host.settings import Settings
from sync_connectors import AuthenticationError, ConfigurationError
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.json_protocol.media import DESCRIPTOR_TYPE
from sync_connectors.json_protocol.reading import encode
from sync_connectors.loading import load_plugins
from sync_connectors.registered.registering import register_connector
from tests.accounts import client_of, make_administrator
from tests.emulators.canned_server import CannedServer, answer
from tests.emulators.plain_erp import installed
from tests.emulators.plain_server import PlainServer
from tests.world import NOON

STORED, TOKEN, TYPED, STATE = "canary-stored-1", "canary-token/2 %", "canary-typed-3", "canary-state-4"
ACCESS = "canary-access/5%+"
CANARIES = (STORED, TOKEN, TYPED, STATE, ACCESS)
VALUES = {"Server": "nordwind", "Login": "ida", "Password": STORED, "Token": TOKEN, "Company": "1"}


class Aviary:
    """An installation that holds canaries, and a place for everything that it says."""

    def __init__(self, app: Flask, settings: Settings, database: Database, server: PlainServer) -> None:
        self.app, self.settings, self.database, self.server = app, settings, database, server
        self.runtime: LinkRuntime = app.extensions["tieline_links"]
        self.administrator = make_administrator(database, "ida", name="Ida Holm")
        self.ida = Doer(self.administrator.id, "Ida Holm", "page")
        connector = register_connector(database, self.runtime.connectors, self.ida, name="ERP", url="plugin:plain-erp")
        self.connector_id = connector.id
        submission = LinkSubmission(
            name="Nordwind",
            connector_id=connector.id,
            configuration=VALUES,
            visibility=VisibilityChoice(Visibility.ALL),
        )
        self.link_id = create_link(self.runtime, self.ida, submission).link_id
        with database.writing() as session:
            SecretStore(session, self.runtime.secret_box).write(f"connector_state:{self.link_id}", {"token": STATE})
            bulk.insert_many(session, "company", [{"name": "Nordwind"}], "user:1", NOON)
            bulk.insert_many(session, "person", [{"last_name": "Berg", "company": 1}], "user:1", NOON)
        self.heard: list[tuple[str, str]] = []

    def hear(self, where: str, text: str) -> None:
        self.heard.append((where, text))

    def singing(self) -> list[str]:
        return [f"{canary} in {where}" for where, text in self.heard for canary in CANARIES if canary in text]


@pytest.fixture
def aviary(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aviary]:
    installed(tmp_path / "site", monkeypatch)
    settings = Settings(
        data_folder=tmp_path / "data",
        database_url=sqlite_database.engine.url.render_as_string(hide_password=False),
        log_file=tmp_path / "log.txt",
        log_level="debug",
        tests_per_minute=1000,
        outbound_allow=("127.0.0.0/8",),
    )
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure(settings)
    app = create_app(settings, sqlite_database, load_plugins(settings))
    app.config.update(WTF_CSRF_ENABLED=False)
    yield Aviary(app, settings, sqlite_database, PlainServer("nordwind", password=STORED))
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


ASKED_FOR_A_LINK = ("test", "changes", "get", "actor_types")
ASKED_BEFORE = ("test_configuration", "configuration_list")


def echo(aviary: Aviary, kind: type[Exception], calls: tuple[str, ...], *secrets: str) -> None:
    """Have the ERP repeat the secrets that it was sent, as badly written ones do."""
    told = f"refused {' '.join(secrets)}"
    for call in calls:
        error = kind(told) if kind is RuntimeError else kind(told, instruction=told, technical=told)
        aviary.server.fail[call] = error


def form(aviary: Aviary, **changes: str) -> dict[str, str]:
    values = {f"configuration.{key}": value for key, value in (VALUES | changes).items()}
    return values | {
        "name": "Another",
        "connector_id": str(aviary.connector_id),
        "visibility": "all",
        "url_revision": "1",
    }


def walk(aviary: Aviary, client: FlaskClient) -> int:
    """Ask every GET route, pages and API, for everything that is there."""
    known = {"link_id": aviary.link_id, "connector_id": aviary.connector_id, "user_id": aviary.administrator.id}
    answered = 0
    for rule in aviary.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.endswith("static"):
            continue
        values = {name: known.get(name, 1) for name in rule.arguments} | dict(rule.defaults or {})
        built = rule.build(values, append_unknown=False)
        assert built is not None, rule
        path = built[1]
        answer = client.get(path)
        aviary.hear(f"GET {path}", f"{answer.headers}{answer.get_data(as_text=True)}")
        answered += answer.status_code == 200
    return answered


def sync(aviary: Aviary) -> None:
    with aviary.database.writing() as session:
        request_run(session, aviary.link_id, Cause.PERSON, aviary.ida)
    assert RequestedRuns(aviary.runtime).work(threading.Event())


def activate(aviary: Aviary) -> None:
    with aviary.database.writing() as session:
        for row in session.scalars(select(LinkActorType)):
            row.active = row.name == "Customer"
        customer = select(LinkActorType.id).where(LinkActorType.name == "Customer").scalar_subquery()
        session.execute(
            update(LinkField)
            .where(LinkField.actor_type_id == customer, LinkField.key == "NAME")
            .values(to_crm=True, to_erp=True, crm_field="name")
        )
    activating.activate(aviary.runtime, aviary.ida, aviary.link_id)


def stored_texts(database: Database) -> Iterator[tuple[str, str]]:
    """Every row of every table, encrypted ones included: a ciphertext must not hold its text."""
    with database.reading() as session:
        for table in metadata.sorted_tables:
            for row in session.execute(select(table)):
                yield f"table {table.name}", repr(tuple(row))


def test_no_secret_leaves_by_any_door(aviary: Aviary, tmp_path: Path) -> None:
    client = client_of(aviary.app, aviary.administrator)

    def ask(method: str, path: str, **options: object) -> None:
        answer = getattr(client, method)(path, **options)
        aviary.hear(f"{method} {path}", f"{answer.headers}{answer.get_data(as_text=True)}")

    link, pages = f"/api/v1/erp-links/{aviary.link_id}", f"/settings/sync/links/{aviary.link_id}"
    ask("post", f"{link}/trace", json={"minutes": 60})
    activate(aviary)
    # a record may hold what nobody should have put there
    aviary.server.put("Customer", "C1", {"NAME": f"Alfa {TOKEN} {STATE}"})
    sync(aviary)
    assert walk(aviary, client) > 30

    # everything goes wrong now, and the ERP repeats what it was sent
    for kind in (ConfigurationError, RuntimeError, AuthenticationError):
        echo(aviary, kind, ASKED_FOR_A_LINK, STORED, TOKEN, STATE)
        for password in (TYPED, STORED):
            echo(aviary, kind, ASKED_BEFORE, password, TOKEN)
            ask("post", "/settings/sync/links/new", data=form(aviary, Password=password))
            ask("post", "/settings/sync/links/new", data=form(aviary, Password=password) | {"action": "test"})
            ask("post", "/settings/sync/links/new", data=form(aviary, Password=password) | {"action": "lists"})
            ask("post", "/settings/sync/links/try", data=form(aviary, Password=password))
            ask("post", "/settings/sync/links/items?field=Company", data=form(aviary, Password=password))
            values = VALUES | {"Password": password}
            body = {"connector_id": aviary.connector_id, "configuration": values}
            ask("post", "/api/v1/erp-links/test", json=body)
            ask("post", "/api/v1/erp-links", json=body | {"name": "X", "visibility": {"mode": "all"}})
            ask("post", f"{link}/test", json={"configuration": {"Password": password}})
        for action in ("test", "refresh", "resume", "activate"):
            ask("post", f"{link}/{action}", json={} if action == "test" else None)
            ask("post", f"{pages}/{action}", data={"version": "1"})
        with aviary.database.reading() as session:
            runs = session.get_one(ErpLink, aviary.link_id).paused_reason is None
        if runs:
            sync(aviary)
    walk(aviary, client)

    for table, row in stored_texts(aviary.database):
        aviary.hear(table, row)
    aviary.hear("the log", (tmp_path / "log.txt").read_text())
    for place in (
        "post /settings/sync/links/try",
        f"post {link}/test",
        "table sync_run",
        "the log",
        f"GET {pages}/trace/download",
    ):
        assert any("refused ***" in text for where, text in aviary.heard if where == place), place
    assert any("Alfa *** ***" in text for where, text in aviary.heard if where == f"GET {pages}/trace/download")
    assert aviary.singing() == []
    with aviary.database.reading() as session:
        assert session.scalar(select(Secret.name).where(Secret.name == "Password"))
        assert session.get_one(User, aviary.administrator.id).name == "Ida Holm"


def test_the_access_token_of_a_connectors_server_leaves_by_no_door(aviary: Aviary, tmp_path: Path) -> None:
    client = client_of(aviary.app, aviary.administrator)
    descriptor = Descriptor("books", "Books", "1.0", "0.1", ()).to_json()
    error = {"class": "unavailable", "text": f"refused {ACCESS}", "instruction": ACCESS, "technical": ACCESS}
    echoes = (
        answer("503 Service Unavailable", encode({"error": error}), Content_Type="application/json"),
        answer("302 Found", Location=f"https://elsewhere.example/{ACCESS}"),
        answer(body=ACCESS.encode(), Content_Type=f"text/{ACCESS}"),
        *(answer(body=encode(descriptor | {name: ACCESS}), Content_Type=DESCRIPTOR_TYPE) for name in descriptor),
    )

    def ask(method: str, path: str, **options: object) -> TestResponse:
        told = getattr(client, method)(path, **options)
        aviary.hear(f"{method} {path}", f"{told.headers}{told.get_data(as_text=True)}")
        return told

    with CannedServer(answer(body=encode(descriptor), Content_Type=DESCRIPTOR_TYPE)) as server:
        wanted = {"name": "Books", "url": server.address, "token": ACCESS}
        added = ask("post", "/api/v1/sync-connectors", json=wanted)
        assert added.status_code == 201
        page = f"/settings/sync/connectors/{added.json['id']}"
        for echoed in echoes:
            server.otherwise = echoed
            ask("post", "/api/v1/sync-connectors/probe", json={"url": server.address, "token": ACCESS})
            ask("post", f"/api/v1/sync-connectors/{added.json['id']}/refresh")
            assert ask("get", page).status_code == 200
    walk(aviary, client)
    assert any(f"Bearer {ACCESS}" in request for request in server.requests)
    for table, row in stored_texts(aviary.database):
        aviary.hear(table, row)
    aviary.hear("the log", (tmp_path / "log.txt").read_text())
    assert aviary.singing() == []


def test_no_secret_leaves_by_the_command_line(aviary: Aviary, tmp_path: Path) -> None:
    echo(aviary, AuthenticationError, ASKED_FOR_A_LINK, STORED, TOKEN, STATE)
    environment = {
        "TIELINE_DATA_FOLDER": str(aviary.settings.data_folder),
        "TIELINE_DATABASE_URL": aviary.settings.database_url,
    }
    backup = tmp_path / "saved"
    for arguments in (["link", "list"], ["link", "test", "Nordwind"], ["plugin", "list"], ["backup", str(backup)]):
        result = CliRunner().invoke(main, arguments, env=environment)
        aviary.hear(" ".join(arguments), f"{result.output}{result.exception!r}")
    aviary.hear("the backup", backup.read_bytes().decode("latin-1"))
    assert aviary.singing() == []


def test_the_canaries_are_where_they_belong(aviary: Aviary) -> None:
    runtime = replace(aviary.runtime)
    with aviary.database.reading() as session:
        store = SecretStore(session, runtime.secret_box)
        assert store.read(f"erp_link:{aviary.link_id}") == {"Password": STORED, "Token": TOKEN}
    assert aviary.server.seen[-1]["Password"] == STORED
