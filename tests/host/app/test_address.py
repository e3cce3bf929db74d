from typing import Any

import pytest
from flask import Flask, redirect, request, url_for
from flask.testing import FlaskClient

from host.app.address import init_app
from host.settings import Settings


def client_of(**settings: Any) -> FlaskClient:
    app = Flask("addressed", static_folder=None)
    init_app(app, Settings(**settings))

    @app.get("/where")
    def where() -> dict[str, str | None]:
        return {"client": request.remote_addr, "self": url_for("where"), "full": url_for("where", _external=True)}

    @app.get("/")
    def start() -> Any:
        return redirect(url_for("where"))

    return app.test_client()


FORWARDED = {
    "X-Forwarded-For": "198.51.100.7, 203.0.113.5",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "crm.example",
}


def test_without_trusted_proxies_forwarded_headers_are_not_believed() -> None:
    answer = client_of().get("/where", headers=FORWARDED).json
    assert answer == {"client": "127.0.0.1", "self": "/where", "full": "http://localhost/where"}


def test_behind_one_proxy_the_client_is_the_one_that_the_proxy_saw() -> None:
    answer = client_of(trusted_proxies=1).get("/where", headers=FORWARDED).json
    assert answer == {"client": "203.0.113.5", "self": "/where", "full": "https://crm.example/where"}


def test_a_public_url_wins_over_a_forged_host() -> None:
    client = client_of(public_url="https://tieline.example.com", trusted_proxies=1)
    answer = client.get("/where", headers={**FORWARDED, "Host": "evil.example"}).json
    assert answer is not None
    assert answer["full"] == "https://tieline.example.com/where"


@pytest.mark.parametrize("path", ["/tieline/where", "/where"])
def test_below_a_path_prefix_links_carry_it_whether_the_proxy_cut_it_off_or_not(path: str) -> None:
    answer = client_of(path_prefix="/tieline").get(path).json
    assert answer is not None
    assert answer["self"] == "/tieline/where"


def test_the_prefix_alone_is_the_start_page() -> None:
    client = client_of(path_prefix="/tieline")
    assert client.get("/tieline/").location == "/tieline/where"
    assert client.get("/tielines/where").status_code == 404
