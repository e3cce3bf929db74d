import gzip
import logging
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from host.outbound import (
    AddressRefusedError,
    CallDeadlineError,
    OutboundError,
    ResponseTooLargeError,
    open_outbound_session,
)
from host.settings import Settings


class Server(BaseHTTPRequestHandler):
    """What an ERP may do to its callers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, dict(self.headers)))
        getattr(self, "answer_" + self.path.partition("?")[0].strip("/"))()

    do_POST = do_GET  # noqa: N815 - likewise

    def log_message(self, *_arguments):
        pass

    def _send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_plain(self):
        self._send(200, b"hello")

    def answer_chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (b"hel", b"lo"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def answer_to_metadata(self):
        self._send(302, Location="http://169.254.169.254/latest/meta-data/")

    def answer_to_plain(self):
        self._send(302, Location="/plain")

    def answer_elsewhere(self):
        self._send(int(self.path.rpartition("=")[2]), Location=f"http://localhost:{self.server.server_port}/plain")

    def answer_round(self):
        self._send(302, Location="/round")

    def answer_bomb(self):
        self._send(200, gzip.compress(bytes(20 * 2**20)), Content_Encoding="gzip")

    def answer_slow_head(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self._drip(b"X-Slow: 1\r\n")

    def answer_slow_body(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        self._drip(b".")

    def answer_never(self):
        self.server.ended.wait(60)

    def answer_busy(self):
        if len(self.server.seen) < 3:
            self._send(503)
        else:
            self._send(200, b"at last")

    def answer_limited(self):
        self._send(429, b"later", Retry_After="120")

    def _drip(self, piece):
        try:
            while not self.server.ended.wait(0.1):
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            pass


@pytest.fixture
def server():
    instance = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    instance.seen = []
    instance.ended = threading.Event()
    instance.url = f"http://127.0.0.1:{instance.server_port}"
    thread = threading.Thread(target=instance.serve_forever, daemon=True)
    thread.start()
    yield instance
    instance.ended.set()
    instance.shutdown()
    instance.server_close()


@pytest.fixture
def settings(tmp_path):
    return Settings(data_folder=tmp_path, outbound_allow=("127.0.0.0/8",))


@pytest.fixture
def session(settings):
    return open_outbound_session(settings, lambda: 60.0)


def test_an_answer_comes_whole_whatever_its_framing(session, server):
    assert session.get(f"{server.url}/plain").text == "hello"
    assert session.get(f"{server.url}/chunked").text == "hello"
    assert session.get(f"{server.url}/to_plain").text == "hello"


def test_loopback_is_refused_unless_allowed(tmp_path, server):
    session = open_outbound_session(Settings(data_folder=tmp_path), lambda: 60.0)
    with pytest.raises(AddressRefusedError, match="loopback"):
        session.get(f"{server.url}/plain")
    assert server.seen == []


def test_a_redirect_to_a_refused_address_is_not_followed(session, server):
    with pytest.raises(AddressRefusedError, match="metadata"):
        session.get(f"{server.url}/to_metadata")


def test_a_redirect_to_another_server_is_shown_nothing_that_was_meant_for_the_first(settings, server):
    allowed = replace(settings, outbound_allow=("127.0.0.0/8", "::1", "localhost"))
    session = open_outbound_session(allowed, lambda: 60.0)
    session.headers["X-Api-Key"] = "canary"
    assert session.post(f"{server.url}/elsewhere?=302", data="canary", auth=("ida", "canary")).text == "hello"
    assert session.get(f"{server.url}/to_plain").text == "hello"
    (first, elsewhere, _again, here) = (headers for _path, headers in server.seen)
    assert "canary" in first["X-Api-Key"]
    assert set(elsewhere) <= {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    assert here["X-Api-Key"] == "canary"


def test_a_body_does_not_go_on_to_another_server(session, server):
    with pytest.raises(OutboundError, match="with a body to another server, localhost"):
        session.post(f"{server.url}/elsewhere?=307", data="canary")
    assert len(server.seen) == 1
    assert session.post(f"{server.url}/elsewhere?=307", data="x", allow_redirects=False).status_code == 307


def test_redirects_in_a_circle_end(session, server):
    with pytest.raises(requests.TooManyRedirects):
        session.get(f"{server.url}/round")
    assert len(server.seen) == 6


def test_a_name_that_changes_its_address_after_the_look_is_still_called_at_the_checked_one(
    session, server, monkeypatch
):
    real, asked = socket.getaddrinfo, []

    def rebinding(host, *args, **kwargs):
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 or host == "127.0.0.1" else "169.254.169.254", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert session.get(f"http://erp.example:{server.server_port}/plain").text == "hello"
    assert asked.count("erp.example") == 1
    assert server.seen[0][1]["Host"] == f"erp.example:{server.server_port}"


@pytest.mark.parametrize("path", ["never", "slow_head", "slow_body"])
def test_the_deadline_holds_for_the_call_as_a_whole(settings, server, path):
    session = open_outbound_session(settings, lambda: 0.4)
    with pytest.raises(CallDeadlineError):
        session.get(f"{server.url}/{path}")


def test_the_limit_counts_unpacked_bytes(session, server):
    session._largest = 2**20
    with pytest.raises(ResponseTooLargeError):
        session.get(f"{server.url}/bomb")


def test_reads_are_tried_again_and_writes_are_not(settings, server):
    session = open_outbound_session(settings, lambda: 60.0)
    assert session.get(f"{server.url}/busy").text == "at last"
    server.seen.clear()
    assert session.post(f"{server.url}/busy", data="x").status_code == 503
    assert len(server.seen) == 1


def test_a_wait_beyond_the_deadline_is_left_to_the_caller(session, server):
    answer = session.get(f"{server.url}/limited")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "120")
    assert len(server.seen) == 1


def test_the_environment_is_not_looked_at(session, server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://10.255.255.1:1")
    monkeypatch.setenv("http_proxy", "http://10.255.255.1:1")
    assert session.get(f"{server.url}/plain").text == "hello"


def test_a_proxy_is_used_and_the_target_is_checked_before_it(tmp_path, server):
    settings = Settings(data_folder=tmp_path, outbound_allow=("127.0.0.0/8",), outbound_proxy=server.url)
    session = open_outbound_session(settings, lambda: 60.0)
    with pytest.raises(AddressRefusedError):
        session.get("http://169.254.169.254/latest")
    assert server.seen == []


def test_the_log_shows_no_query(session, server, caplog):
    caplog.set_level(logging.DEBUG)
    session.get(f"{server.url}/plain?token=canary-out")
    assert "/plain" in caplog.text
    assert "canary-out" not in caplog.text


def test_a_host_without_an_address_is_a_connection_error(session):
    with pytest.raises(requests.ConnectionError):
        session.get("http://nothing.invalid/")
