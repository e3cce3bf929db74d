"""Each form of a URL is recognised, kept as it was typed, or refused with what to write in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import InvalidInputError
from sync_connectors.urls import Protocol, parse_connector_url, stored_url


def refused(text):
    with pytest.raises(InvalidInputError) as caught:
        parse_connector_url(text)
    assert set(caught.value.errors) == {"url"}
    return " ".join(caught.value.errors["url"])


@pytest.mark.parametrize("text", ["plugin:workbook", " plugin:workbook\n", "PLUGIN:workbook", "plugin:exact-online-2"])
def test_a_plugin_url_names_a_connector(text):
    url = parse_connector_url(text)
    assert url.protocol is Protocol.PLUGIN
    assert url.plugin == text.strip().partition(":")[2]
    assert url.text == text.strip()
    assert url.unavailable == ""


@pytest.mark.parametrize(
    ("text", "protocol", "is_asked"),
    [
        ("https://erp.example/ErpConnectorWS.svc", Protocol.ASKED, True),
        ("http://localhost:8080/x", Protocol.ASKED, True),
        ("soap+https://erp.example/x", Protocol.SOAP, False),
        ("soap+http://127.0.0.1/x", Protocol.SOAP, False),
        ("json+https://[2001:db8::1]:8443/x", Protocol.JSON, True),
        ("JSON+http://erp_1.local./x", Protocol.JSON, True),
    ],
)
def test_a_wire_protocol_is_recognised(text, protocol, is_asked):
    url = parse_connector_url(text)
    assert (url.protocol, url.is_asked) == (protocol, is_asked)


def test_a_protocol_that_is_not_there_yet_says_so():
    url = parse_connector_url("soap+https://erp.example/x")
    assert "yet" in url.unavailable
    with pytest.raises(InvalidInputError, match="yet"):
        url.require_available()


def test_a_query_is_kept_byte_for_byte():
    text = "https://erp.example/a%20b/WS.svc?ConnectorName=A+B&x=%c3%A5&&y=;/?"
    url = parse_connector_url(f"soap+{text}")
    assert url.text == f"soap+{text}"
    assert url.address == text


@pytest.mark.parametrize("text", ["http://erp.example/", "soap+http://10.0.0.5/x", "json+http://erp:8080"])
def test_plain_http_to_another_machine_warns_that_secrets_travel_in_clear(text):
    assert "travel in clear" in parse_connector_url(text).warning


def test_a_url_that_cannot_be_used_yet_is_refused_with_its_warning():
    url = parse_connector_url("soap+http://10.0.0.5/x")
    with pytest.raises(InvalidInputError) as caught:
        url.require_available()
    assert caught.value.errors["url"] == [url.unavailable, url.warning]


@pytest.mark.parametrize("text", ["https://erp.example/", "http://localhost/", "http://127.0.0.9/", "http://[::1]/"])
def test_https_and_this_machine_do_not_warn(text):
    assert parse_connector_url(text).warning == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is missing"),
        ("   ", "is missing"),
        (None, "is missing"),
        (5, "is missing"),
        ("workbook", "none of the known forms"),
        ("ftp://erp.example/", "none of the known forms"),
        ("javascript:alert(1)", "none of the known forms"),
        ("file:///etc/passwd", "none of the known forms"),
        ("localhost:8080/x", "none of the known forms"),
        ("plugin://workbook", "write plugin:workbook"),
        ("plugin://workbook/", "write plugin:workbook"),
        ("plugin://../x", "write plugin:NAME"),
        ("plugin:", "names no connector"),
        ("plugin:Work", "names no connector"),
        ("plugin:work?x=1", "names no connector"),
        ("plugin:work/../x", "names no connector"),
        ("app://abc", "SuperOffice Online"),
        ("app:abc", "SuperOffice Online"),
        ("https://", "names no host"),
        ("https:erp.example", "names no host"),
        ("https:///path", "names no host"),
        ("https://?x", "names no host"),
        ("https://erp.example:0/", "names no host"),
        ("https://-erp/", "names no host"),
        ("https://a..b/", "names no host"),
        ("https://evil.example\\@erp.example/", "names no host"),
        ("https://erp.example:99999/", "no valid web address"),
        ("https://erp.example:x/", "no valid web address"),
        ("https://[::1/", "no valid web address"),
        ("https://erp.example/#part", "behind #"),
        ("soap+https://erp.example/#", "behind #"),
        ("https://erp.example/a b", "blanks"),
        ("https://erp.example/a\tb", "blanks"),
        ("https://erp.example/\r\nHost: x", "blanks"),
        ("https://erp.example/\x00", "control"),
        ("https://bücher.example/", "percent-encode"),
        ("https://erp.example/" + "x" * 1004, "more than 1023"),
    ],
)
def test_what_has_no_usable_form_is_refused_in_words(text, words):
    assert words in refused(text)


def test_user_information_is_refused_and_not_repeated():
    words = refused("https://ida:canary@erp.example:99/")
    assert "belong into the configuration" in words
    assert "canary" not in words
    assert "canary" not in refused("https://ida:canary@erp.example:port/")


def test_a_url_of_the_greatest_length_is_taken():
    text = "https://erp.example/" + "x" * 1003
    assert len(text) == 1023
    assert parse_connector_url(text).text == text


@given(st.text() | st.from_regex(r"(plugin:|soap\+https?://|https?://)[ -~]{0,30}", fullmatch=True))
def test_any_text_is_taken_as_it_is_or_refused_under_its_field(text):
    try:
        url = parse_connector_url(text)
    except InvalidInputError as refusal:
        named = set(refusal.errors)
    else:
        named = {"url"} if url.text == text.strip() else set()
    assert named == {"url"}


def test_a_stored_url_of_an_unknown_form_is_none():
    assert stored_url("nonsense") is None
    assert stored_url("plugin:books").plugin == "books"
