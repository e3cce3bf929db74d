from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from host.settings import Settings, SettingsError
from host.settings.__main__ import reference

CHECKOUT = Path(__file__).parents[3]


def faults_of(environ: dict[str, str], toml_path: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.load(environ, toml_path)
    return caught.value.faults


def test_the_reference_page_is_what_the_declaration_says() -> None:
    page = (CHECKOUT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == reference(), "docs/settings.md is stale: python -m host.settings > docs/settings.md"


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_documented(name: str) -> None:
    page = (CHECKOUT / "docs" / "settings.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `TIELINE_{name.upper()}` |")]
    assert all(cell.strip() for cell in row.strip("|").split(" | "))


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.load({"PATH": "/bin", "HOME": "/root"})
    assert (settings.host, settings.port, settings.path_prefix) == ("127.0.0.1", 8080, "")
    assert settings.data_folder == Path.cwd() / "var"
    assert settings.database_url == f"sqlite:///{Path.cwd()}/var/tieline.db"
    assert settings.outbound_private is True
    assert settings.session_cookie_secure is False


def test_variables_become_the_declared_types(tmp_path: Path) -> None:
    settings = Settings.load(
        {
            "TIELINE_DATA_FOLDER": str(tmp_path),
            "TIELINE_PORT": "8443",
            "TIELINE_PLUGINS_STRICT": "yes",
            "TIELINE_OUTBOUND_ALLOW": "10.1.0.0/16, erp.local",
            "TIELINE_WORKER_POLL_SECONDS": "0.5",
            "TIELINE_LOG_FORMAT": "JSON",
            "TIELINE_LOG_FILE": "",
        }
    )
    assert settings.files_root == tmp_path / "files"
    assert settings.secret_key_file == tmp_path / "secret.key"
    assert settings.port == 8443
    assert settings.plugins_strict is True
    assert settings.outbound_allow == ("10.1.0.0/16", "erp.local")
    assert settings.worker_poll_seconds == 0.5
    assert settings.log_format == "json"
    assert settings.log_file is None


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "tieline.toml"
    config.write_text('port = 9000\nhost = "192.0.2.1"\nplugins_block = ["workbook"]\n', encoding="utf-8")
    settings = Settings.load({"TIELINE_CONFIG": str(config), "TIELINE_PORT": "9001"})
    assert (settings.port, settings.host, settings.plugins_block) == (9001, "192.0.2.1", ("workbook",))


def test_every_fault_of_both_sources_is_named_at_once(tmp_path: Path) -> None:
    config = tmp_path / "tieline.toml"
    config.write_text('langauge = "de"\nsession_hours = "many"\nplugins_trace = 3\n', encoding="utf-8")
    faults = faults_of({"TIELINE_PROT": "1", "TIELINE_WEB_THREADS": "0", "TIELINE_PORT": "70000"}, config)
    assert faults == [
        f"langauge in {config} is no setting, language is",
        f"session_hours in {config} is no whole number",
        f"plugins_trace in {config} is neither true nor false",
        "TIELINE_PORT is 70000, the greatest allowed is 65535",
        "TIELINE_PROT is no setting, TIELINE_PORT is",
        "TIELINE_WEB_THREADS is 0, the least allowed is 1",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("TIELINE_PORT", "8080x", "is no whole number"),
        ("TIELINE_WORKER_POLL_SECONDS", "nan", "is no finite number"),
        ("TIELINE_OUTBOUND_PRIVATE", "maybe", "is neither true nor false"),
        ("TIELINE_LOG_FORMAT", "xml", "is none of text, json"),
        ("TIELINE_TIME_ZONE", "Mars/Olympus", "is no known time zone, give one such as Europe/Oslo"),
        ("TIELINE_LANGUAGE", "xx", "is no known language, give one such as en or de"),
        ("TIELINE_SIGN_IN_LIMIT", "often", "is no limit such as 10 per minute"),
        ("TIELINE_PUBLIC_URL", "https://a.example/tieline", "is no address such as https://tieline.example.com"),
        ("TIELINE_PATH_PREFIX", "tieline/", "is no path such as /tieline"),
        ("TIELINE_OUTBOUND_PROXY", "proxy:3128", "is no URL such as http://proxy.example.com:3128"),
        ("TIELINE_DATABASE_URL", "mysql://h/d", "names mysql"),
        ("TIELINE_port", "8080", "is no setting, TIELINE_PORT is"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_reason(variable: str, value: str, reason: str) -> None:
    (fault,) = faults_of({variable: value})
    assert fault.startswith(f"{variable} {reason}")


def test_a_file_that_is_missing_or_no_toml_is_named(tmp_path: Path) -> None:
    (missing,) = faults_of({"TIELINE_CONFIG": str(tmp_path / "none.toml")})
    assert missing.startswith("TIELINE_CONFIG names ")
    broken = tmp_path / "broken.toml"
    broken.write_text("port = = 1", encoding="utf-8")
    (fault,) = faults_of({}, broken)
    assert fault.startswith(f"{broken} is no TOML file")


def test_variables_of_the_tests_are_no_settings() -> None:
    settings = Settings.load({"TIELINE_TEST_POSTGRES_URL": "postgresql+psycopg://x@127.0.0.1/postgres"})
    assert settings.port == 8080


def test_secrets_show_neither_in_repr_nor_in_faults() -> None:
    settings = Settings(
        secret_key="canary-key",
        database_url="postgresql+psycopg://tieline:canary-password@db/tieline",
        outbound_proxy="http://user:canary-proxy@proxy:3128",
    )
    assert "canary" not in repr(settings)
    faults = faults_of({"TIELINE_DATABASE_URL": "canary:// pass word", "TIELINE_SECRET_KEYS": "canary"})
    assert not any("pass" in fault or "TIELINE_SECRET_KEYS=" in fault for fault in faults)


def test_a_public_https_address_makes_cookies_secure_unless_told_otherwise() -> None:
    assert Settings(public_url="https://tieline.example.com").session_cookie_secure is True
    assert (
        Settings(public_url="https://tieline.example.com", session_cookie_secure=False).session_cookie_secure is False
    )


def test_settings_do_not_change_once_made() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]  # that it is refused is what is tested
