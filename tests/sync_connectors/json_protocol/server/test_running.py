"""Where a server listens, to whom, and how it stops."""

import ipaddress
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
import requests

from host.settings import Settings
from sync_connectors import Actor, Page
from sync_connectors.json_protocol.server import running
from sync_connectors.json_protocol.server.running import ListeningError
from sync_connectors.json_protocol.server.serving import Exposure, open_server
from tests.emulators.plain_erp import PlainErp
from tests.emulators.plain_server import PlainServer
from tests.sync_connectors.json_protocol.server.conftest import Serve, read_lines

OUTSIDE = "0.0.0.0"  # noqa: S104 - what must be refused
HERE = (ipaddress.ip_network("127.0.0.0/8"),)
NOT_HERE = (ipaddress.ip_network("10.1.0.0/16"),)


def test_where_others_can_reach_it_it_does_not_start_without_credentials(tmp_path: Path, settings: Settings) -> None:
    for host in (OUTSIDE, "::"):
        with pytest.raises(ListeningError, match=r"--token-file.*--allow-anonymous"):
            open_server(PlainErp(), settings, tmp_path, Exposure(host))


def test_where_others_can_reach_it_only_the_named_network_calls_without_a_token(serve: Serve, token_file: Path) -> None:
    for exposure, status in (
        ({"anonymous": NOT_HERE}, 401),
        ({"anonymous": HERE}, 200),
        ({"token_file": token_file}, 401),
        ({"token_file": token_file, "anonymous": HERE}, 200),
    ):
        served = serve(host=OUTSIDE, **exposure)
        caller = served.caller()
        caller.url = served.url.replace(socket.gethostname(), "127.0.0.1")
        assert caller.send("GET", "/").status_code == status, exposure
    caller.token = "token-of-nordwind-0001"
    assert caller.send("GET", "/").ok


def test_an_address_that_is_taken_or_none_is_told_with_what_to_set(
    serve: Serve, tmp_path: Path, settings: Settings
) -> None:
    port = int(serve().url.rpartition(":")[2])
    with pytest.raises(ListeningError, match="set --host or --port"):
        open_server(PlainErp(), settings, tmp_path, Exposure(port=port))
    with pytest.raises(ListeningError, match="set --host"):
        open_server(PlainErp(), settings, tmp_path, Exposure("no-such-host.invalid"))


def test_it_listens_on_ip_version_6_too(serve: Serve) -> None:
    served = serve(host="::1")
    assert served.url.startswith("http://[::1]:")
    assert served.caller().send("GET", "/").ok


def test_a_stop_lets_a_call_and_the_page_in_hand_end_and_no_more_begin(serve: Serve, erp: PlainServer) -> None:
    served = serve()
    caller = served.caller()
    caller.save()
    asked, go = Event(), Event()

    def pages(*_arguments: Any) -> Iterator[Page]:
        yield Page((Actor("Customer", "C1", {"NAME": "one"}, "1"),), resume="1")
        asked.set()
        assert go.wait(30)
        yield Page((Actor("Customer", "C2", {"NAME": "two" * 100_000}, "2"),), resume="2")
        yield Page((Actor("Customer", "C3", {"NAME": "three"}, "3"),), watermark="3")

    erp.answer["changes"] = pages
    stream = caller.changes()
    lines = stream.iter_lines()
    read = [next(lines), next(lines)]
    assert asked.wait(30)
    erp.answer["actor_types"] = lambda: go.wait(30) and ()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(served.caller(session_id="session-2").call, "actor-types")
        while ("actor_types", "") not in erp.calls:
            sleep(0.01)
        served.server.stop()
        late = served.caller(session_id="session-3")
        deadline = monotonic() + 30
        while (told := late.call("test")).status_code == 200 and monotonic() < deadline:
            sleep(0.01)
        assert (told.status_code, told.json()["error"]["unsent"]) == (503, True)
        assert "Retry-After" in told.headers
        assert late.send("GET", "/health").status_code == 503
        go.set()
        assert call.result().ok
    read += list(lines)
    served.thread.join(30)
    assert not served.thread.is_alive()
    told_pages = [json.loads(line) for line in read][1:]
    assert [page["page"]["resume"] for page in told_pages] == ["1", "2"]
    assert served.sessions.count == 0
    with pytest.raises(requests.ConnectionError):
        late.send("GET", "/health")


def test_whoever_asks_again_after_a_stop_goes_on_where_the_stream_ended(serve: Serve, erp: PlainServer) -> None:
    first = serve()
    first.caller().save()
    first.stop()
    erp.page_size = 2
    again = serve().caller(session_id="session-1").changes("2:C1")
    told = read_lines(again)
    assert [page["page"]["records"]["keys"] for page in told[1:-1]] == [["C2", "C3"], ["C4"]]


@pytest.mark.skipif(not hasattr(running.socket, "TCP_USER_TIMEOUT"), reason="the system does not have it")
def test_a_reader_that_reads_no_further_is_hung_up_on(
    serve: Serve, erp: PlainServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_STALLED_SECONDS", 1)
    served = serve()
    caller = served.caller()
    caller.save()
    ended = Event()

    def pages(*_arguments: Any) -> Iterator[Page]:
        try:
            for number in range(100_000):
                yield Page((Actor("Customer", "C1", {"NAME": "x" * 60_000}, "1"),), resume=str(number))
        finally:
            ended.set()

    erp.answer["changes"] = pages
    stream = caller.changes()
    assert ended.wait(60)
    stream.close()
