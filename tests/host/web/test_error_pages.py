import logging

import pytest

from host.errors import ConflictError, StaleVersionError, TooManyRequestsError
from tests.accounts import client_of

SECRET = "canary-4711 in /srv/secret/place"


def raising(error: Exception):
    def view() -> str:
        raise error

    return view


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("get", "/nowhere", 404, "There is no such page"),
        ("delete", "/sign-in", 405, "This page cannot be used so"),
        ("get", "/test", 500, "Something went wrong in Tieline"),
        ("post", "/sign-in", 400, "This form is no longer valid"),
    ],
)
def test_an_error_page_says_what_happened_what_to_do_and_its_number(app, page_that, method, path, status, text):
    page_that(raising(RuntimeError(SECRET)))
    response = getattr(app.test_client(), method)(path)
    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert text in response.text
    assert response.headers["X-Request-ID"] in response.text
    assert "<p>" in response.text  # what to do next


def test_an_unexpected_error_is_in_the_log_and_not_on_the_page(app, page_that, caplog):
    page_that(raising(RuntimeError(SECRET)))
    with caplog.at_level(logging.ERROR):
        page = app.test_client().get("/test").text
    for trace in (SECRET, "RuntimeError", "Traceback", ".py"):
        assert trace not in page
    assert any(record.exc_info and SECRET in str(record.exc_info[1]) for record in caplog.records)


def test_errors_of_ours_are_told_in_their_own_words(app, page_that):
    page_that(raising(ConflictError("a run is under way", "wait for its end")))
    response = app.test_client().get("/test")
    assert response.status_code == 409
    assert "A run is under way" in response.text
    assert "Wait for its end" in response.text


def test_a_stale_save_names_who_was_first(app, page_that):
    page_that(raising(StaleVersionError("Ida Holm")))
    response = app.test_client().get("/test")
    assert response.status_code == 409
    assert "Changed by Ida Holm meanwhile" in response.text
    assert "Nothing was overwritten" in response.text


def test_who_asks_too_often_learns_when_to_come_back(app, page_that):
    page_that(raising(TooManyRequestsError("too many tries", 17)))
    response = app.test_client().get("/test")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "17")


def test_a_wrong_method_learns_the_right_ones(app):
    assert "POST" in app.test_client().delete("/sign-in").headers["Allow"]


def test_too_large_an_upload_is_refused_with_a_page(app, user, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 10)
    response = client_of(app, user).post("/sign-out", data={"file": "x" * 100})
    assert response.status_code == 413
    assert "The file is too large" in response.text


def test_pages_lead_strangers_to_the_sign_in(app):
    response = app.test_client().get("/companies")
    assert response.status_code == 302
    assert "/sign-in" in response.headers["Location"]


def test_the_api_answers_its_own_errors(app):
    assert app.test_client().get("/api/v1/nowhere").mimetype == "application/problem+json"


def test_a_lost_database_still_gives_an_answer_without_a_trace(app, user, web_database, monkeypatch):
    client = client_of(app, user)
    monkeypatch.setattr(web_database, "reading", raising(RuntimeError(SECRET)))
    response = client.get("/companies")
    assert response.status_code == 500
    assert response.headers["X-Request-ID"] in response.text
    assert SECRET not in response.text
