"""`tieline` as a process of its own, for tests of what only a real process shows."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

import pytest
import requests

PATIENCE_SECONDS = 60.0
END_SECONDS = 60.0
LISTENS = re.compile(r"Tieline listens on (http://\S+?)/?$", re.MULTILINE)

Found = TypeVar("Found")


class Tieline:
    """One running command; its output lies in `output`.

    It starts in a session of its own, as a service manager starts it, so that a test can count what it leaves.
    """

    def __init__(self, data_folder: Path, *arguments: str, output: Path, **settings: str) -> None:
        self._output = output
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIELINE_")}
        environment = {"TIELINE_PORT": "0", "TIELINE_WORKER_POLL_SECONDS": "0.1", **settings}
        with output.open("wb") as written:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "host.cli", *arguments],
                env={**inherited, "TIELINE_DATA_FOLDER": str(data_folder), **environment},
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    @property
    def children(self) -> dict[str, int]:
        """The process ids of the supervised processes by role."""
        found = {}
        for process_id in children_of(self.process.pid):
            command = Path(f"/proc/{process_id}/cmdline").read_bytes().decode().split("\0")
            if "--only" in command:
                found[command[command.index("--only") + 1]] = process_id
            elif "connector" in command:
                found["connector"] = process_id
        return found

    def address(self) -> str:
        """Wait until the web process listens, and return its URL."""
        return self.wait_for(lambda: (LISTENS.findall(self.output) or [None])[-1], "listens nowhere")

    def ready(self) -> str:
        """Wait until everything that work needs is there, and return the URL."""
        address = self.address()
        self.wait_for(lambda: requests.get(f"{address}/readyz", timeout=30).ok, "is not ready")
        return address

    def wait_for(self, look: Callable[[], Found | None], fault: str) -> Found:
        """Return what `look` finds, and fail with the output of the command when it finds nothing in time."""
        deadline = monotonic() + PATIENCE_SECONDS
        while monotonic() < deadline:
            found = look()
            if found:
                return found
            if self.process.poll() is not None:
                break
            sleep(0.05)
        pytest.fail(f"tieline {fault} (exit code {self.process.poll()}):\n{self.output}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE_SECONDS)


def free_port() -> str:
    """Return a port as a setting; nothing listens there and on the next one, and no other test is given them.

    Below the ports that the system deals out: one of those may be taken by any connection at any moment.
    """
    for port in random.sample(range(15_000, 30_000, 2), 100):
        with (
            suppress(OSError),
            socket.create_server(("127.0.0.1", port)),
            socket.create_server(("127.0.0.1", port + 1)),
        ):
            return str(port)
    pytest.fail("no free port")


def children_of(process_id: int) -> list[int]:
    """Return the ids of a process's children."""
    listed = Path(f"/proc/{process_id}/task/{process_id}/children")
    return [int(each) for each in listed.read_text(encoding="ascii").split()] if listed.exists() else []


def is_running(process_id: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def still_running(process_ids: Iterable[int]) -> list[int]:
    """Return which processes are there after all had some seconds to end."""
    left = list(process_ids)
    deadline = monotonic() + END_SECONDS
    while left and monotonic() < deadline:
        sleep(0.05)
        left = [each for each in left if is_running(each)]
    return left
