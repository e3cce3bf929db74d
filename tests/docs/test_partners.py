"""The connector of docs/partners.md, run as it stands on the page against a server of its own."""

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from inspect import signature
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests

import sync_connectors
from host.settings import Settings
from sync_connectors import AuthenticationError, Connector, ConnectorError, StateStore, UnavailableError
from sync_connectors.contract import hooks
from sync_connectors.loading import load_plugins
from sync_connectors.loading.discovering import FoundPlugin

PAGE = Path(__file__).parents[2] / "docs" / "partners.md"
CUSTOMERS = [
    {"id": number, "changed": number * 10, "name": f"Customer {number}", "city": "Bergen", "credit": number + 0.25}
    for number in range(1, 6)
]
PAGE_SIZE = 2


class GreenbookServer(BaseHTTPRequestHandler):
    """The imaginary ERP: customers by change number, two on a page."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if self.headers["Authorization"] != "Bearer right":
            self._answer(401, {})
        elif parts.path == "/about":
            self._answer(200, {"company": "Nordlys AS"})
        elif "ids" in query:
            self._answer(200, {"customers": [row for row in CUSTOMERS if str(row["id"]) in query["ids"].split(",")]})
        else:
            since, after = int(query["since"]), int(query.get("after", 0))
            rows = [row for row in CUSTOMERS if row["changed"] >= since and row["id"] > after]
            following = str(rows[PAGE_SIZE - 1]["id"]) if len(rows) > PAGE_SIZE else None
            self._answer(200, {"customers": rows[:PAGE_SIZE], "next": following, "clock": 50})

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class PlainServices:
    """What the host would hand to the connector, without a host."""

    def __init__(self, folder: Path) -> None:
        self.http = requests.Session()
        self.files_root = folder
        self.time_zone = ZoneInfo("UTC")

    @property
    def state(self) -> StateStore:
        raise AssertionError("Greenbook keeps no state")

    def remaining(self) -> float:
        return 30

    def log(self, message: str, fields: Mapping[str, object] | None = None) -> None:
        raise AssertionError("Greenbook logs nothing")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture
def greenbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connector]:
    (name, value), *_ = tomllib.loads(block("toml"))["project"]["entry-points"]["tieline"].items()
    (tmp_path / f"{value}.py").write_text(block("python"), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = FoundPlugin("tieline-greenbook", "1.0", EntryPoint(name, value, "tieline"))
    yield load_plugins(Settings(plugins_strict=True), [found]).connector("greenbook")
    sys.modules.pop(value, None)


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), GreenbookServer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_connector_of_the_page_tests_its_configuration(greenbook: Connector, address: str, tmp_path: Path) -> None:
    services = PlainServices(tmp_path)
    tested = greenbook.test_configuration({"address": address, "token": "right"}, services)
    assert tested.details == {"Company": "Nordlys AS"}
    with pytest.raises(AuthenticationError) as refused:
        greenbook.test_configuration({"address": address, "token": "wrong"}, services)
    assert refused.value.fields == {"token": "refused by Greenbook"}
    with pytest.raises(UnavailableError):
        greenbook.test_configuration({"address": "http://127.0.0.1:9", "token": "right"}, services)


def test_the_connector_of_the_page_yields_pages_and_resumes(greenbook: Connector, address: str, tmp_path: Path) -> None:
    configuration = {"address": address, "token": "right"}
    with greenbook.open("00000000-0000-0000-0000-000000000001", configuration, PlainServices(tmp_path)) as session:
        pages = list(session.changes("Customer", None, None, ["name"]))
        assert [[actor.key for actor in page.actors] for page in pages] == [["1", "2"], ["3", "4"], ["5"]]
        assert [page.resume for page in pages] == ["2", "4", None]
        assert pages[0].actors[0].values["credit"] == Decimal("1.25")
        resumed = list(session.changes("Customer", None, pages[0].resume, ["name"]))
        assert [actor.key for page in resumed for actor in page.actors] == ["3", "4", "5"]
        again = list(session.changes("Customer", pages[-1].watermark, None, ["name"]))
        assert [actor.key for page in again for actor in page.actors] == ["5"]
        assert [actor.key for actor in session.get("Customer", ["4", "99"], ["name"]).actors] == ["4"]


def test_the_page_names_every_error_that_a_connector_may_raise() -> None:
    text = PAGE.read_text(encoding="utf-8")
    exported = (getattr(sync_connectors, name) for name in sync_connectors.__all__)
    errors = {kind.__name__ for kind in exported if isinstance(kind, type) and issubclass(kind, ConnectorError)}
    assert {name for name in errors - {"ConnectorError"} if f"| `{name}` |" not in text} == set()


def test_every_hook_stands_on_the_page_with_its_signature() -> None:
    text = PAGE.read_text(encoding="utf-8")
    specified = [hook for hook in vars(hooks).values() if hasattr(hook, f"{hooks.ENTRY_POINT_GROUP}_spec")]
    assert specified
    for hook in specified:
        parameters = ", ".join(
            f"{name}: {parameter.annotation.__name__}" for name, parameter in signature(hook).parameters.items()
        )
        assert f"| `{hook.__name__}({parameters}) -> {signature(hook).return_annotation}` |" in text


@pytest.mark.parametrize("name", ["TIELINE_PLUGINS_STRICT", "TIELINE_PLUGINS_TRACE", "TIELINE_PLUGINS_BLOCK"])
def test_the_settings_that_the_page_names_exist(name: str) -> None:
    assert name in PAGE.read_text(encoding="utf-8")
    assert hasattr(Settings(), name.removeprefix("TIELINE_").lower())
