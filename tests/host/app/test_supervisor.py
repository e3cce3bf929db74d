"""`tieline serve` as a process, and what becomes of its children however it or they end."""

import os
import signal
import socket

import requests

from tests.host.app.conftest import Start
from tests.serving import children_of, still_running


def test_both_processes_are_kept_running_and_end_with_a_signal(start: Start) -> None:
    tieline = start("serve")
    address = tieline.ready()
    assert requests.get(f"{address}/healthz", timeout=30).json() == {"status": "ok"}
    checks = requests.get(f"{address}/readyz", timeout=30).json()["checks"]
    assert checks == {"database": "ok", "migrations": "ok", "key": "ok", "worker": "ok"}
    assert "There is no administrator yet. Make one with this link, once: http" in tieline.output

    children = tieline.children
    assert children.keys() == {"web", "worker"}
    os.kill(children["worker"], signal.SIGKILL)
    os.kill(children["web"], signal.SIGKILL)
    tieline.wait_for(lambda: set(tieline.children.values()).isdisjoint(children.values()), "restarts nobody")
    tieline.wait_for(lambda: tieline.output.count("Tieline listens on") == 2, "does not listen again")
    tieline.ready()
    assert f"the worker process ended with {-signal.SIGKILL}" in tieline.output

    children = tieline.children
    (companion,) = tieline.wait_for(lambda: children_of(children["worker"]), "has no process that reads ahead")
    assert tieline.stop() == 0
    assert still_running([*children.values(), companion]) == []


def test_children_end_with_a_supervisor_that_is_killed(start: Start) -> None:
    tieline = start("serve")
    tieline.ready()
    children = tieline.children
    assert len(children) == 2
    (companion,) = children_of(children["worker"])
    tieline.stop(signal.SIGKILL)
    assert still_running([*children.values(), companion]) == []


def test_a_port_that_is_taken_is_told_in_words(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        tieline = start("serve", TIELINE_PORT=str(port))
        assert tieline.process.wait(timeout=60) == 1
    assert f"127.0.0.1:{port} cannot be listened on" in tieline.output
    assert "Traceback" not in tieline.output


def test_a_single_process_runs_without_a_supervisor(start: Start) -> None:
    start("db", "upgrade").process.wait(timeout=60)
    web = start("serve", "--only", "web")
    address = web.address()
    answer = requests.get(f"{address}/readyz", timeout=30)
    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"] == "no worker process is alive"
    worker = start("serve", "--only", "worker")
    web.wait_for(lambda: requests.get(f"{address}/readyz", timeout=30).ok, "sees no worker")
    assert worker.stop() == 0
    assert web.stop(signal.SIGINT) == 0
