"""Ledger as a process of its own: it answers connectors, and misbehaves when it is told to over HTTP."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

TOKEN = {"Authorization": "Bearer s3cret"}
FEED = {"table": "Customer", "since": None, "cursor": None, "size": 10, "by": "version", "inclusive": True}


@pytest.fixture
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.emulators.ledger", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_a_process_serves_records_and_takes_orders_to_misbehave(url: str) -> None:
    def call(name: str, **asked: object) -> requests.Response:
        return requests.post(f"{url}/api/{name}", json={"columns": [], **asked}, headers=TOKEN, timeout=60)

    def control(what: str, method: str = "POST", **told: object) -> requests.Response:
        return requests.request(method, f"{url}/control/{what}", json=told, timeout=60)

    control("records", table="Customer", key="C1", values={"NAME": "Alfa", "CREDIT": "2"})
    control("rules", table="Customer", column="NAME", steps=["upper"])
    made = call("create", table="Customer", values={"NAME": "Beta"}, parent=None).json()["record"]
    assert (made["key"], made["values"]["NAME"]) == ("C2", "BETA")
    control("faults", kind="lost", calls=["create"], times=1)
    with pytest.raises(requests.ConnectionError):
        call("create", table="Customer", values={"NAME": "Gamma"}, parent=None)
    control("faults", kind="status", status=429, retry_after=7)
    refused = call("changes", **FEED)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    control("faults", "DELETE")
    before = call("changes", **FEED).json()
    assert [one["values"]["NAME"] for one in before["records"]] == ["Alfa", "BETA", "GAMMA"]
    control("clock", seconds=3600)
    assert call("changes", **FEED).json()["now"] > before["now"]
    control("records", "DELETE", table="Customer", key="C1")
    assert call("deletions", table="Customer", since=None, by="version").json()["keys"] == ["C1"]
    state = requests.get(f"{url}/control/state", timeout=60).json()
    assert sorted(state["records"]["Customer"]) == ["C2", "C3"]
    assert state["calls"]["create"] == 2
    assert requests.post(f"{url}/api/about", json={}, timeout=60).status_code == 401
