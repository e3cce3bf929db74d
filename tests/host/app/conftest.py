from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.serving import Tieline, still_running

Start = Callable[..., Tieline]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts commands on one data folder; whatever still runs at the end of the test is stopped."""
    started: list[Tieline] = []
    children: set[int] = set()

    def start_command(*arguments: str, **settings: str) -> Tieline:
        tieline = Tieline(tmp_path / "data", *arguments, output=tmp_path / f"output{len(started)}", **settings)
        started.append(tieline)
        return tieline

    yield start_command
    for tieline in started:
        children.update(tieline.children.values())
        tieline.stop()
    assert still_running(children) == []
