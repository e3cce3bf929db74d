"""`tieline demo` as a process: fresh, again, reset, and refused."""

import re
import signal
import sqlite3
from pathlib import Path

import requests

from host.app.demo.people import USERS
from tests.host.app.conftest import Start
from tests.serving import Tieline, free_port, still_running


def shown(start: Start, *arguments: str) -> Tieline:
    """Start the demo, and wait until it has printed how to sign in."""
    demo = start("demo", *arguments, TIELINE_PORT=free_port())
    demo.wait_for(lambda: "Ctrl-C stops everything" in demo.output, "shows no logins")
    return demo


def shop_of(told: str, folder: Path) -> str:
    """Return the address of the second ERP, once all that was told of it is so."""
    address = re.search(r"at json\+(http://127\.0\.0\.1:\d+)$", told, re.MULTILINE)
    assert address is not None, told
    assert re.search(r"First sync of Nordwind Web Shop:.*success: \d+ read, 30 created", told, re.DOTALL)
    with sqlite3.connect(folder / "data" / "tieline.db") as connection:
        (orders,) = connection.execute("SELECT count(*) FROM sales_order WHERE your_reference LIKE 'WEB-%'").fetchone()
    assert orders == 30
    assert requests.get(address[1], timeout=30).status_code == 401
    return address[1]


def run_count(folder: Path) -> int:
    with sqlite3.connect(folder / "data" / "tieline.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM sync_run").fetchone()
    return count


def test_the_demo_shows_the_main_job_keeps_its_data_and_starts_over_when_told(start: Start, tmp_path: Path) -> None:
    demo = shown(start)
    told = demo.output
    first = told.partition("First sync of Nordwind Finance DK:")[2].partition("First sync of")[0]
    counts = re.search(r"(success|partial): (\d+) read, (\d+) created, .*(\d+) changed, (\d+) skipped", first)
    assert counts is not None, told
    assert min(int(counts[2]), int(counts[3])) > 0
    for user in USERS:
        assert f"{user.login}   "[:6] in told
        assert user.password in told
    address = demo.ready()
    assert f"Tieline is at {address}/" in told
    assert requests.get(f"{address}/sign-in", timeout=30).ok
    # the terminal tells of the first sync; who asked for what lies in the log
    assert "GET /sign-in" not in demo.output
    assert "GET /sign-in" in (tmp_path / "data" / "tieline.log").read_text(encoding="utf-8")
    shop = shop_of(told, tmp_path)
    children = demo.children
    assert children.keys() == {"web", "worker", "connector"}
    assert demo.stop(signal.SIGINT) == 0
    assert still_running(children.values()) == []

    again = shown(start)
    assert "First sync" not in again.output
    assert requests.get(f"{shop}/health", timeout=30).json() == {"status": "ok"}
    assert again.stop(signal.SIGINT) == 0
    assert run_count(tmp_path) == 2

    (tmp_path / "data" / "files" / "left-over").touch()
    fresh = start("demo", "--reset", TIELINE_PORT=free_port())
    # the rest of the way is that of the first time
    fresh.wait_for(lambda: "CRM: " in fresh.output, "does not start over")
    assert not (tmp_path / "data" / "files" / "left-over").exists()
    assert run_count(tmp_path) == 0
    fresh.stop(signal.SIGTERM)


def test_the_demo_leaves_other_data_alone(start: Start, tmp_path: Path) -> None:
    kept = tmp_path / "data" / "tieline.db"
    kept.parent.mkdir()
    kept.write_text("of somebody else")
    for arguments in ([], ["--reset"]):
        refused = start("demo", *arguments)
        assert refused.process.wait(timeout=60) == 2
        assert "set TIELINE_DATA_FOLDER to a new folder" in refused.output
    assert kept.read_text() == "of somebody else"
