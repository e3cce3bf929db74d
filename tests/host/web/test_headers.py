import pytest

from host.app import create_app
from host.settings import Settings
from tests.accounts import client_of

PATHS = ["/sign-in", "/nowhere", "/static/css/tokens.css", "/companies", "/api/v1/companies", "/test"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_tells_the_browser_what_to_refuse(app, path):
    headers = app.test_client().get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert policy["object-src"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_pages_are_kept_by_no_cache(app, user):
    assert client_of(app, user).get("/companies").headers["Cache-Control"] == "no-store"


def test_a_static_file_is_kept_only_under_an_address_with_its_version(app):
    client = app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    versioned = [part.split('"')[0] for part in page.split('href="')[1:] if ".css" in part.split('"')[0]]
    assert versioned
    for address in versioned:
        assert "max-age=31536000" in client.get(address).headers["Cache-Control"], address
    # modules import each other by their plain names, so an upgrade must reach them
    assert client.get("/static/js/theme.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("public_url", "expected"), [("https://tieline.example", True), ("http://t.example", False), ("", False)]
)
def test_browsers_are_held_to_https_only_where_the_public_url_says_so(web_database, tmp_path, public_url, expected):
    app = create_app(Settings(data_folder=tmp_path, public_url=public_url), web_database)
    assert ("Strict-Transport-Security" in app.test_client().get("/sign-in").headers) is expected
