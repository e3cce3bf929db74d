"""However an address is written, and whatever becomes of its name, nothing is sent to where nothing may be sent."""

import socket
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from host.errors import InvalidInputError
from host.settings import Settings
from sync_connectors import ConnectorError, UnavailableError
from sync_connectors.json_protocol.client import RemoteConnector
from sync_connectors.probing import Outcome, probe
from sync_connectors.urls import parse_connector_url
from tests.hostile.calling import CALLS, calling
from tests.hostile.cases import QUICK
from tests.hostile.leftovers import nothing_left
from tests.hostile.server import TOKEN, HostileProcess

LOOPBACK = (
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "localhost",
    "[::1]",
    "0.0.0.0",  # noqa: S104 - called, not bound to
    "0",
)
"""Spellings of this machine."""
NEVER = (
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "[fd00:ec2::254]",
    "100.100.100.200",
)
"""What is refused although everything is allowed: other spellings of addresses, and those of metadata."""
EVERYTHING = ("0.0.0.0/0", "::/0")


@pytest.mark.parametrize(("allowed", "name"), [*(((), name) for name in LOOPBACK), *((EVERYTHING, n) for n in NEVER)])
def test_nothing_is_sent_to_a_refused_address(
    server: HostileProcess, settings: Settings, allowed: tuple[str, ...], name: str
) -> None:
    strict = replace(settings, outbound_allow=allowed)
    url = f"http://{name}:{urlsplit(server.url).port}"
    with nothing_left(20.0, 30.0):
        try:
            parsed = parse_connector_url(url)
        except InvalidInputError:
            parsed = None  # one that cannot even be registered
        if parsed is not None:
            attempts = probe(strict, parsed, TOKEN, QUICK).attempts
            assert [one.outcome for one in attempts] == [Outcome.ADDRESS_REFUSED]
        remote = RemoteConnector(url, TOKEN, strict)
        with pytest.raises(UnavailableError, match="must not be called from here") as raised:
            remote.configuration_fields()
        remote.close()
    assert raised.value.unsent
    assert raised.value.instruction
    assert server.seen() == []


def test_a_name_that_moves_to_a_metadata_address_is_called_at_the_checked_one_only(
    server: HostileProcess, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve, asked = socket.getaddrinfo, []

    def moving(host: str, *arguments: object, **options: object) -> object:
        if host != "erp.example":
            return resolve(host, *arguments, **options)
        asked.append(host)
        return resolve("127.0.0.1" if len(asked) == 1 else "169.254.169.254", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", moving)
    url = f"http://erp.example:{urlsplit(server.url).port}"
    with nothing_left(20.0, 30.0), calling(url, settings, QUICK) as side:
        CALLS["test"].make(side)  # the connection stays, and with it the address that was looked at
        assert asked == ["erp.example"]
        server.misbehave("hangs up", "test")
        with pytest.raises(UnavailableError, match=r"169\.254\.169\.254 is a cloud's metadata address") as raised:
            CALLS["test"].make(side)
        assert raised.value.unsent
    assert asked[1:] == ["erp.example"] * (len(asked) - 1)
    assert {one["headers"]["host"] for one in server.seen()} == {urlsplit(url).netloc}


@pytest.mark.parametrize("name", ["byte by byte", "never", "10 GB", "cut in the middle"])
def test_a_server_behind_tls_gets_no_further(server: HostileProcess, secure_settings: Settings, name: str) -> None:
    seconds = QUICK if name == "10 GB" else 0.4
    with nothing_left(100.0, 30.0), calling(server.secure_url, secure_settings, QUICK) as side:
        side.services.seconds = seconds
        assert CALLS["test"].make(side).details == {"Company": "1"}
        server.misbehave(name, "test", "changes")
        for call in ("test", "changes"):
            with pytest.raises(ConnectorError, match=r"larger than 64 MiB|no complete answer|did not answer|broke off"):
                CALLS[call].make(side)
