from typing import Any

import pytest

from host.address import address_of
from host.settings import Settings


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "::", "port": 81}, "http://localhost:81"),
        ({"host": "::1", "path_prefix": "/tieline"}, "http://[::1]:8080/tieline"),
        ({"public_url": "https://crm.example.com", "host": "::"}, "https://crm.example.com"),
        ({"public_url": "https://crm.example.com", "path_prefix": "/tieline"}, "https://crm.example.com/tieline"),
    ],
)
def test_an_installation_is_found_where_a_browser_can_go(settings: dict[str, Any], address: str) -> None:
    assert address_of(Settings(**settings)) == address
