"""What a URL answers is told in words, over real sockets: who was asked, with what, and what came back."""

import errno
import gzip
import json
import socket
from datetime import timedelta

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from host.settings import Settings
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.json_protocol.reading import encode
from sync_connectors.probing import Outcome, Probe, probe, summary, words_of
from sync_connectors.probing.telling import _WORDS
from sync_connectors.urls import parse_connector_url
from tests.emulators.canned_server import CannedServer, answer, self_signed

DESCRIPTOR = encode(Descriptor("books", "Books", "1.0", "0.1", ()).to_json())
WSDL = b'<?xml version="1.0"?><w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/"><w:types/></w:definitions>'


@pytest.fixture
def settings(tmp_path):
    return Settings(data_folder=tmp_path, outbound_allow=("127.0.0.0/8",), connector_call_seconds=60)


@pytest.fixture
def server():
    with CannedServer(answer("404 Not Found")) as running:
        yield running


@pytest.fixture
def words():
    """Return all words of a probe in English."""
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context(), force_locale("en"):
        yield lambda probed: " | ".join(words_of(one) for one in probed.attempts)


def ask(settings, address, token="", **options):
    return probe(settings, parse_connector_url(address), token, **options)


def outcomes(probed):
    return [one.outcome for one in probed.attempts]


def test_a_plain_url_that_answers_our_descriptor_speaks_json(settings, server):
    server.answers["/erp?company=1"] = answer(body=DESCRIPTOR, Content_Type="text/plain")
    probed = ask(settings, f"{server.address}/erp?company=1", "t0ken")
    assert (probed.speaks, probed.is_usable, outcomes(probed)) == ("json", True, [Outcome.DESCRIPTOR])
    assert probed.attempts[0].called == f"GET {server.address}/erp?company=1"
    head = server.requests[0]
    assert "Accept: application/vnd.tieline.connector+json\r\n" in head
    assert "Authorization: Bearer t0ken\r\n" in head


@pytest.mark.parametrize("query", ["wsdl", "singleWsdl"])
def test_a_plain_url_with_a_wsdl_speaks_soap_which_comes_later(settings, server, words, query):
    server.answers[f"/WS.svc?{query}"] = answer(body=WSDL)
    probed = ask(settings, f"{server.address}/WS.svc?ConnectorName=Books")
    assert (probed.speaks, probed.is_usable) == ("soap", False)
    assert server.targets[0] == "/WS.svc?ConnectorName=Books"
    assert server.targets[-1] == f"/WS.svc?{query}"
    assert "Authorization" not in "".join(server.requests)
    assert "does not speak yet" in words(probed)
    assert "does not speak SOAP yet" in summary(probed)


def test_an_address_that_names_its_protocol_is_asked_for_the_descriptor_only(settings, server):
    server.otherwise = answer(body=WSDL)
    assert outcomes(ask(settings, f"json+{server.address}/x")) == [Outcome.WSDL]
    assert server.targets == ["/x"]


@pytest.mark.parametrize(
    ("reply", "outcome", "told"),
    [
        (answer("404 Not Found"), Outcome.STATUS, "status 404 Not Found"),
        (answer("799 Strange"), Outcome.STATUS, "status 799"),
        (answer("503 Service Unavailable", Retry_After="1"), Outcome.STATUS, "status 503 Service Unavailable"),
        (answer("401 Unauthorized"), Outcome.STATUS, "wants an access token, and none is given"),
        (answer("302 Found", Location="https://other.example/x"), Outcome.REDIRECTED, "https://other.example/x"),
        (answer("302 Found"), Outcome.REDIRECTED, "no address to go on"),
        (answer(body=b"<!DOCTYPE html><html></html>"), Outcome.WRONG_ANSWER, "a web page"),
        (answer(body=b"<html><body/></html>"), Outcome.WRONG_ANSWER, "a web page"),
        (answer(body=b"<?xml version='1.0'?><a/>"), Outcome.WRONG_ANSWER, "XML that is no WSDL"),
        (answer(body=b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', Content_Type="x/y"), Outcome.WRONG_ANSWER, "(x/y)"),
        (answer(body=b'{"protocol": "other"}'), Outcome.WRONG_ANSWER, "JSON that is no descriptor"),
        (
            answer(body=DESCRIPTOR.replace(b'"label":"Books",', b"")),
            Outcome.WRONG_ANSWER,
            "cannot be read",
        ),
        (answer(body=b"[" * 100_000), Outcome.WRONG_ANSWER, "no connector says of itself"),
        (answer(), Outcome.WRONG_ANSWER, "answered with nothing"),
        (answer(body=b"not packed at all", Content_Encoding="gzip"), Outcome.WRONG_ANSWER, "cannot be unpacked"),
        (answer(body=gzip.compress(bytes(5 * 2**20)), Content_Encoding="gzip"), Outcome.TOO_LARGE, "far more"),
        (b"220 mail.example ESMTP\r\n", Outcome.BROKEN, "without an answer that is HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Outcome.BROKEN, "ended the connection"),
    ],
)
def test_a_wrong_answer_is_told_in_words(settings, server, words, reply, outcome, told):
    server.otherwise = reply
    probed = ask(settings, f"json+{server.address}/x")
    assert outcomes(probed) == [outcome]
    assert told in words(probed)
    assert probed.speaks == ""
    assert len(server.requests) == 1


def test_a_refused_token_is_told_from_a_missing_one(settings, server, words):
    server.otherwise = answer("403 Forbidden")
    probed = ask(settings, f"json+{server.address}/x", "canary")
    assert "does not accept the access token" in words(probed)
    assert "canary" not in json.dumps(probed.to_json())


def test_another_version_of_the_protocol_is_named(settings, server, words):
    server.otherwise = answer(body=DESCRIPTOR.replace(b'"protocol_version":"0.1"', b'"protocol_version":"7.0"'))
    probed = ask(settings, server.address)
    assert outcomes(probed) == [Outcome.WRONG_VERSION]
    assert "version 7.0 of the JSON protocol, this Tieline knows 0.1" in words(probed)


def test_what_a_server_says_of_itself_cannot_break_lines(settings, server):
    server.otherwise = answer(body=json.dumps({**json.loads(DESCRIPTOR), "label": "a\r\n\x1bb" + "x" * 999}).encode())
    label = ask(settings, server.address).attempts[0].details["label"]
    assert label.startswith("a   bxxx")
    assert len(label) == 300


def test_a_server_that_never_answers_is_given_up_at_the_deadline_and_asked_once(settings, server, words):
    server.otherwise = None
    probed = ask(settings, server.address, seconds=1.0)
    assert outcomes(probed) == [Outcome.TIMED_OUT]
    assert "gave no whole answer within" in words(probed)
    assert len(server.requests) == 1


def test_a_port_without_a_listener_refuses(settings, words):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    probed = ask(settings, f"http://127.0.0.1:{port}/")
    assert outcomes(probed) == [Outcome.REFUSED]
    assert f"127.0.0.1 refuses connections on port {port}" in words(probed)


def test_a_name_that_nobody_knows_is_named(settings, words, monkeypatch):
    def unknown(*_arguments, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    probed = ask(settings, "https://erp.example/x")
    assert outcomes(probed) == [Outcome.NAME_NOT_FOUND]
    assert "the name erp.example is not known" in words(probed)


def test_a_host_to_which_no_way_leads_is_named(settings, words, monkeypatch):
    def nowhere(*_arguments, **_options):
        raise OSError(errno.EHOSTUNREACH, "No route to host")

    monkeypatch.setattr("host.outbound.connections.create_connection", nowhere)
    assert "no way leads to 127.0.0.1" in words(ask(settings, "http://127.0.0.1:9/"))


def test_an_address_that_the_policy_forbids_gets_nothing_and_the_setting_is_named(tmp_path, server, words):
    probed = ask(Settings(data_folder=tmp_path), server.address)
    assert outcomes(probed) == [Outcome.ADDRESS_REFUSED]
    assert "leads to 127.0.0.1, which may be called only where TIELINE_OUTBOUND_ALLOW names it" in words(probed)
    assert server.requests == []


def test_an_address_of_a_clouds_metadata_is_never_called(settings, words):
    assert "169.254.169.254, which is never called" in words(ask(settings, "http://169.254.169.254/"))


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        ({}, "it signed its certificate itself"),
        ({"valid_for": timedelta(days=-3)}, "its certificate has expired"),
        ({"name": "erp.example"}, "its certificate is for another address"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_told_with_reason_and_end(tmp_path, words, certificate, reason):
    context, path, until = self_signed(tmp_path, **certificate)
    trusted = {} if not certificate else {"outbound_ca_bundle": path}
    settings = Settings(data_folder=tmp_path, outbound_allow=("127.0.0.0/8",), **trusted)
    with CannedServer(answer(body=DESCRIPTOR), tls=context) as server:
        probed = ask(settings, server.address, "canary")
        assert server.requests == []
    assert outcomes(probed) == [Outcome.TLS]
    told = words(probed)
    assert reason in told
    assert f"valid until {until:%B} {until.day}, {until.year}" in told


def test_a_trusted_certificate_is_no_obstacle(tmp_path):
    context, path, _until = self_signed(tmp_path)
    settings = Settings(data_folder=tmp_path, outbound_allow=("127.0.0.0/8",), outbound_ca_bundle=path)
    with CannedServer(answer(body=DESCRIPTOR), tls=context) as server:
        assert ask(settings, server.address).speaks == "json"


def test_a_server_without_tls_behind_https_is_recognised(settings, server, words):
    probed = ask(settings, server.address.replace("http://", "https://"))
    assert outcomes(probed) == [Outcome.TLS]
    assert "does not speak TLS" in words(probed)


def test_a_probe_is_stored_and_read_as_it_was(settings, server, words):
    probed = ask(settings, server.address)
    restored = Probe.from_json(json.loads(json.dumps(probed.to_json())))
    assert restored == probed
    assert words(restored) == words(probed)


def test_every_outcome_has_its_words():
    assert set(_WORDS) == set(Outcome)
