import json
import logging
import re
from contextvars import copy_context
from pathlib import Path
from threading import Thread
from time import thread_time

import pytest
from flask import Flask

from host.logs import bind, configure, redact, redacted, request_id
from host.logs.requests import init_app
from host.settings import Settings

logger = logging.getLogger("tieline.tests")


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "tieline.log"
    configure(Settings(log_file=path, log_format="text"))
    return path


@pytest.fixture
def json_log(tmp_path: Path) -> Path:
    path = tmp_path / "tieline.jsonl"
    configure(Settings(log_file=path, log_format="json"))
    return path


def entries(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_text_line_tells_time_severity_logger_run_and_message(log_file: Path) -> None:
    with bind(run_id="17"):
        logger.warning("page %s is late", 3)
    logger.info("alone")
    first, second = log_file.read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{12}Z WARNING tieline\.tests \[run_id=17\] page 3 is late", first)
    assert second.endswith("INFO    tieline.tests [-] alone")


def test_a_json_line_carries_bound_and_extra_fields(json_log: Path) -> None:
    with bind(request_id="r1"), bind(run_id="17"):
        logger.info("größer", extra={"records": 5})
    (entry,) = entries(json_log)
    assert entry.pop("time")
    assert entry == {
        "severity": "info",
        "logger": "tieline.tests",
        "request_id": "r1",
        "run_id": "17",
        "message": "größer",
        "records": 5,
    }


def test_the_level_of_the_settings_holds(tmp_path: Path) -> None:
    path = tmp_path / "tieline.log"
    configure(Settings(log_file=path, log_level="warning"))
    logger.info("too small")
    logger.error("large enough")
    assert path.read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.parametrize("format_", ["text", "json"])
def test_registered_secrets_appear_neither_in_messages_nor_extras_nor_tracebacks(tmp_path: Path, format_: str) -> None:
    path = tmp_path / "log"
    configure(Settings(log_file=path, log_format=format_))
    with redact(["canary &value"]):
        logger.info(
            "sent %s", {"x": "canary &value"}, extra={"address": "canary &value", "api_key": "canary-unregistered"}
        )
        logger.info("GET /?q=canary%20%26value")
        try:
            raise ValueError("the ERP says canary &value")
        except ValueError:
            logger.exception("failed")
    written = path.read_text(encoding="utf-8")
    assert "canary" not in written
    assert "ValueError: the ERP says ***" in written


def test_other_handlers_still_see_the_record_as_it_was(log_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger().addHandler(caplog.handler)
    with redact(["canary"]):
        logger.warning("it is %s", "canary")
    assert caplog.records[-1].args == ("canary",)
    assert "canary" not in log_file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=abc&next=1", "password=***&next=1"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("{'client_secret': 'a b', 'site': 'x'}", "{'client_secret': ***, 'site': 'x'}"),
        ('{"refresh_token": "a\\"b", "n": 1}', '{"refresh_token": ***, "n": 1}'),
        ("Set-Cookie: session=abc", "Set-Cookie: ***"),
        ("https://user:abc@erp.example/x", "https://***@erp.example/x"),
        ("the api-key: abc", "the api-key: ***"),
        ("3 companies were read", "3 companies were read"),
        ("the token has expired", "the token has expired"),
    ],
)
def test_values_of_telling_names_are_masked(text: str, expected: str) -> None:
    assert redacted(text) == expected


def test_a_megabyte_without_a_space_is_looked_through_quickly() -> None:
    began = thread_time()
    assert len(redacted("a" * 1_000_000)) == 1_000_000
    assert len(redacted("token" * 200_000)) == 1_000_000
    assert thread_time() - began < 2


def test_a_short_secret_is_masked_as_a_word_only() -> None:
    with redact(["ab", ""]):
        assert redacted("ab is about ab") == "*** is about ***"


def test_a_pool_thread_takes_context_and_secrets_over(log_file: Path) -> None:
    with bind(run_id="9"), redact(["canary"]):
        thread = Thread(target=copy_context().run, args=(logger.warning, "on a thread: canary"))
        thread.start()
        thread.join()
    assert "[run_id=9] on a thread: ***" in log_file.read_text(encoding="utf-8")


def answering(trusted_proxies: int) -> Flask:
    app = Flask("answering")
    init_app(app, Settings(trusted_proxies=trusted_proxies))

    @app.get("/id")
    def show_id() -> str:
        logger.info("inside")
        return request_id()

    return app


def test_every_request_has_an_id_in_its_answer_and_on_its_records(json_log: Path) -> None:
    response = answering(trusted_proxies=0).test_client().get("/id?q=Ada", headers={"X-Request-ID": "forged"})
    chosen = response.headers["X-Request-ID"]
    assert chosen == response.text != "forged"
    inside, answered = entries(json_log)
    assert inside["request_id"] == answered["request_id"] == chosen
    assert str(answered["message"]).startswith("GET /id 200 in ")
    assert "Ada" not in json_log.read_text(encoding="utf-8")
    assert request_id() == ""


def test_the_id_of_a_trusted_proxy_is_kept_where_it_is_harmless() -> None:
    client = answering(trusted_proxies=1).test_client()
    assert client.get("/id", headers={"X-Request-ID": "abc-1"}).text == "abc-1"
    assert client.get("/id", headers={"X-Request-ID": "<script>"}).text != "<script>"


def test_a_path_that_does_not_exist_has_an_id_too(json_log: Path) -> None:
    response = answering(trusted_proxies=0).test_client().get("/none")
    assert response.status_code == 404
    assert entries(json_log)[-1]["request_id"] == response.headers["X-Request-ID"]


def test_a_one_time_token_in_a_path_never_reaches_the_log(tmp_path, caplog):
    app = Flask("quiet")
    init_app(app, Settings(data_folder=tmp_path))
    app.add_url_rule("/setup/<token>", "setup", lambda token: token.upper())
    caplog.set_level(logging.INFO)
    assert app.test_client().get("/setup/canary-token").status_code == 200
    assert "GET /setup/<token> 200" in caplog.text
    assert "canary-token" not in caplog.text
