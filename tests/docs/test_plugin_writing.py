"""The connector of docs/plugins/writing.md, run as it stands on the page against a server of its own."""

import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from inspect import signature
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests

import sync_connectors
from host.settings import Settings
from sync_connectors import AuthenticationError, Connector, ConnectorError, StateStore, UnavailableError
from sync_connectors.contract import hooks
from sync_connectors.loading import load_plugins
from tests.docs.greenbook import PAGES, serving, write_plugin

PAGE = PAGES / "writing.md"


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


@pytest.fixture
def greenbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connector]:
    found = write_plugin(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield load_plugins(Settings(plugins_strict=True), [found]).connector("greenbook")
    sys.modules.pop(found.entry_point.value, None)


@pytest.fixture
def address() -> Iterator[str]:
    with serving() as address:
        yield address


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
