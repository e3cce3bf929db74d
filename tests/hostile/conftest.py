import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from host.logs import configure, redact
from host.settings import Settings
from tests.hostile.server import PASSWORD, TOKEN, HostileProcess, hostile_server


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileProcess]:
    with hostile_server(tmp_path_factory.mktemp("hostile")) as server:
        yield server


@pytest.fixture
def server(process: HostileProcess) -> Iterator[HostileProcess]:
    """The server with 25 customers, which come in three pages; it behaves until it is told otherwise."""
    for number in range(25):
        process.put("Customer", f"C{number:02}", {"NAME": f"Customer {number}"})
    process.seen()
    yield process
    process.behave()
    process.forget()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_folder=tmp_path / "data",
        outbound_allow=("127.0.0.0/8",),
        log_file=tmp_path / "log.txt",
        log_level="debug",
    )


@pytest.fixture
def log(settings: Settings) -> Iterator[Path]:
    """The log of the test, in which no secret may stand at its end."""
    configure(settings)
    with redact([TOKEN, PASSWORD]):  # as the host does around all calls of a link
        yield settings.log_file
    for handler in logging.getLogger().handlers:
        handler.flush()
    written = settings.log_file.read_text(encoding="utf-8")
    assert singing(written) == []
    assert not any(line.startswith("2026-01-01 CRITICAL") for line in written.splitlines())


@pytest.fixture
def secure_settings(settings: Settings, process: HostileProcess) -> Settings:
    """Settings that trust the certificate of the server."""
    return replace(settings, outbound_ca_bundle=process.certificate)


def singing(text: str) -> list[str]:
    """Return which of the secrets that the server knows stand in a text."""
    return [canary for canary in (TOKEN, PASSWORD) if canary in text]
