"""Waiting for a process that is to listen."""

import socket
from contextlib import closing

import pytest

from host.app.listening import wait_until_listening

HOST = "127.0.0.1"


def test_what_listens_is_found() -> None:
    with closing(socket.create_server((HOST, 0))) as server:
        assert wait_until_listening(HOST, server.getsockname()[1], seconds=60)


def test_a_connection_that_meets_itself_is_nobody_who_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def connected_to_itself(address: tuple[str, int], timeout: float) -> socket.socket:
        connection = socket.socket()
        connection.bind((HOST, 0))
        connection.connect(connection.getsockname())
        tried.append((address, timeout))
        return connection

    monkeypatch.setattr(socket, "create_connection", connected_to_itself)
    assert not wait_until_listening(HOST, 1, seconds=0.15)
    assert tried


def test_nobody_waits_for_a_process_that_has_ended() -> None:
    assert not wait_until_listening(HOST, 1, seconds=3600, is_ended=lambda: True)
