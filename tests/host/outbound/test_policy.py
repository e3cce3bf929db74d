import ipaddress
import socket

import pytest

from host.outbound import AddressPolicy
from host.outbound.errors import RefusedAddress
from host.outbound.policy import METADATA
from host.settings import Settings

OPEN = AddressPolicy(networks=(ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")))


def _reason(text, policy=None, host=""):
    return (policy or AddressPolicy()).reason_against(ipaddress.ip_address(text), host)


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "2001:4860:4860::8888", "10.1.2.3", "192.168.1.5", "172.16.0.1", "fd12::1"]
)
def test_public_and_private_addresses_may_be_called(text):
    assert _reason(text) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.9.1", "loopback"),
        ("::1", "loopback"),
        ("169.254.7.7", "link-local"),
        ("fe80::1", "link-local"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
    ],
)
def test_special_addresses_are_refused_with_the_setting_that_allows_them(text, kind):
    assert kind in _reason(text)
    assert "TIELINE_OUTBOUND_ALLOW" in _reason(text)
    assert _reason(text, OPEN) == ""


@pytest.mark.parametrize(
    "text",
    [
        *sorted(map(str, METADATA)),
        "0.0.0.0",  # noqa: S104 - refused here, not bound to
        "::",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "2002:a9fe:a9fe::1",
        "2001::5601:5601",
    ],
)
def test_some_addresses_are_refused_whatever_is_allowed(text):
    assert _reason(text, OPEN)
    assert _reason(text, AddressPolicy(hosts=frozenset({"erp.local"})), "erp.local")


@pytest.mark.parametrize("text", ["10.1.2.3", "192.168.1.5", "100.64.0.1", "fd12::1"])
def test_private_networks_can_be_closed_and_opened_again_one_by_one(text):
    assert "private" in _reason(text, AddressPolicy(private=False))
    network = ipaddress.ip_network(text)
    assert _reason(text, AddressPolicy(networks=(network,), private=False)) == ""


def test_settings_name_networks_and_hosts(tmp_path):
    settings = Settings(data_folder=tmp_path, outbound_allow=("127.0.0.0/8", "ERP.local"), outbound_private=False)
    policy = AddressPolicy.from_settings(settings)
    assert _reason("127.0.0.1", policy) == ""
    assert _reason("10.0.0.1", policy, "erp.local") == ""
    assert _reason("10.0.0.1", policy, "other.local")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]"])
def test_other_spellings_of_loopback_are_refused(host):
    with pytest.raises((RefusedAddress, socket.gaierror)):
        AddressPolicy().resolve(host, 80)


def test_a_name_with_one_good_address_leads_only_there(monkeypatch):
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, 80)) for text in ("127.0.0.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: answers)
    assert AddressPolicy().resolve("mixed.example", 80) == ["10.0.0.1"]
