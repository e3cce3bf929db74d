"""Keeps the processes of one installation running together."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

log = logging.getLogger(__name__)

STOP_SECONDS = 30.0
SHORT_LIFE_SECONDS = 10.0
SHORT_LIVES = 3
LOOK_SECONDS = 0.2


SERVING: Mapping[str, Sequence[str]] = {role: ("serve", "--only", role) for role in ("web", "worker")}
"""The processes of an installation: role, and the command of `tieline` that it runs."""


class Supervisor:
    """Starts one child per role, starts it again when it dies, and stops all together.

    A child reads the pipe that its parent holds open; its end tells the child that the parent is gone, however it
    went, so that nothing stays behind.

    Args:
        commands: Arguments of `tieline` by role; each command knows `--supervised`.
        environment: Variables that the children get beside those of this process.
    """

    def __init__(self, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str] | None = None) -> None:
        self._commands = dict(commands)
        self._environment = {**os.environ, **(environment or {})}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._started_at: dict[str, float] = {}
        self._short_lives = dict.fromkeys(commands, 0)
        self._stopping = False

    def run(self, beside: Callable[[], None] | None = None) -> bool:
        """Supervise until a signal comes; blocks.

        Args:
            beside: Called once, when the children are started.

        Returns:
            Whether it ended as asked; False when a child died again and again soon after its start.
        """
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        try:
            for role in self._commands:
                self._start(role)
            if beside is not None:
                beside()
            while not self._stopping:
                time.sleep(LOOK_SECONDS)
                if not self._restart_the_dead():
                    return False
            return True
        finally:
            self._end_children()

    def _start(self, role: str) -> None:
        self._started_at[role] = time.monotonic()
        # a session of its own: Ctrl-C reaches the supervisor only, which then stops the children in order
        self._children[role] = subprocess.Popen(  # noqa: S603 - our own program and roles
            [sys.executable, "-m", "host.cli", *self._commands[role], "--supervised"],
            stdin=subprocess.PIPE,
            env=self._environment,
            start_new_session=True,
        )

    def _restart_the_dead(self) -> bool:
        for role, child in list(self._children.items()):
            if child.poll() is None or self._stopping:
                continue
            lived = time.monotonic() - self._started_at[role]
            self._short_lives[role] = self._short_lives[role] + 1 if lived < SHORT_LIFE_SECONDS else 0
            log.error("the %s process ended with %s after %.0f s", role, child.returncode, lived)
            if self._short_lives[role] >= SHORT_LIVES:
                return False
            time.sleep(self._short_lives[role])
            self._start(role)
        return True

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end_children(self) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for role, child in self._children.items():
            try:
                child.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                log.error("the %s process did not stop within %.0f s and is killed", role, STOP_SECONDS)  # noqa: TRY400 - no traceback to show
                child.kill()
                child.wait()
            if child.stdin:
                child.stdin.close()
