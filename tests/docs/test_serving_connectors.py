"""The page on serving connectors says what the code does."""

import re
import stat
import subprocess
from pathlib import Path

from sync_connectors.json_protocol.media import DEEPEST_NESTING, LARGEST_MESSAGE
from sync_connectors.json_protocol.server.application import LARGEST_LINK
from sync_connectors.json_protocol.server.credentials import read_tokens
from sync_connectors.json_protocol.server.running import STOP_SECONDS
from sync_connectors.json_protocol.server.serving import KEY_FILE
from sync_connectors.json_protocol.server.sessions import IDLE_SECONDS
from sync_connectors.json_protocol.server.shares import CALLS_WITHOUT_SESSION, LEAST_PARALLEL, MOST_SESSIONS, Share
from sync_connectors.json_protocol.server.store import FILE

PAGE = Path("docs/serving-connectors.md").read_text(encoding="utf-8")


def test_the_limits_are_those_of_the_code() -> None:
    table = PAGE.split("| Limit | Value |\n|---|---|\n")[1].split("\n\n")[0]
    numbers = [int(number) for number in re.findall(r"\d+", table)]
    sizes = [LARGEST_MESSAGE // 2**20, DEEPEST_NESTING, LARGEST_LINK // 1024]
    least = Share.of(100)
    shares = [MOST_SESSIONS, least.sessions, CALLS_WITHOUT_SESSION, least.calls - least.sessions]
    assert numbers == [*sizes, LEAST_PARALLEL, MOST_SESSIONS, *shares, IDLE_SECONDS, STOP_SECONDS]


def test_the_files_are_those_that_are_written() -> None:
    table = PAGE.split("| File | What it is |\n|---|---|\n")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\S+)`", table, re.MULTILINE) == [FILE, KEY_FILE]


def test_the_token_file_of_the_page_is_one(tmp_path: Path) -> None:
    script = PAGE.split("umask 077\n")[1].split("\n")[0]
    subprocess.run(["bash", "-c", f"umask 077\n{script}"], cwd=tmp_path, check=True)
    written = tmp_path / "tokens"
    assert list(read_tokens(written)) == ["tieline"]
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
