"""Every setting of Tieline: name, type, default and help, in this one place."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, Self

from sqlalchemy import URL

from host.settings import checks
from host.settings.declaring import DERIVED, declaration_of, setting
from host.settings.reading import read_settings

_DATA, _WEB, _ACCOUNTS, _OUTBOUND = "Data", "Web", "Sign-in and secrets", "Outbound connections"
_PLUGINS, _LOGS, _TEXTS, _WORK = "Plugins", "Logs", "Texts and times", "Syncs and deadlines"


@dataclass(frozen=True)
class Settings:
    """The settings of one installation, complete and of the declared types.

    Made with keyword arguments it takes defaults for the rest, which is what tests want; `load` is what a process
    starts with. Paths are absolute. Secrets do not show in `repr`.
    """

    data_folder: Path = setting(_DATA, Path("var"), "Folder of everything that Tieline writes.")
    database_url: str = setting(
        _DATA,
        DERIVED,
        "SQLAlchemy URL of the database: `sqlite:///…` or `postgresql+psycopg://…`.",
        secret=True,
        derive=lambda known: URL.create("sqlite", database=str(known.data_folder / "tieline.db")).render_as_string(),
        default_words="`tieline.db` (SQLite) in the data folder",
        check=checks.database_url,
    )
    files_root: Path = setting(
        _DATA,
        DERIVED,
        "Folder below which plugins may open files, a workbook for one.",
        derive=lambda known: known.data_folder / "files",
        default_words="`files` in the data folder",
    )

    host: str = setting(_WEB, "127.0.0.1", "Address on which the web process listens.")
    port: int = setting(
        _WEB, 8080, "TCP port on which the web process listens; 0 takes a free one.", minimum=0, maximum=65_535
    )
    public_url: str = setting(
        _WEB,
        "",
        "Address under which browsers reach Tieline, without a path: `https://tieline.example.com`. "
        "Links in messages and callbacks are made with it.",
        check=checks.public_url,
    )
    path_prefix: str = setting(
        _WEB,
        "",
        "Path below which a reverse proxy serves Tieline, such as `/tieline`.",
        check=checks.path_prefix,
    )
    trusted_proxies: int = setting(
        _WEB,
        0,
        "How many reverse proxies stand in front, each adding to `X-Forwarded-For`. The sign-in limit and the audit "
        "log take the client's address from there; too high a number lets clients forge it.",
        minimum=0,
    )
    web_threads: int = setting(_WEB, 8, "Threads of the web process.", minimum=1)
    upload_megabytes: int = setting(_WEB, 20, "Largest file that a browser may send, in megabytes.", minimum=1)

    secret_key: str = setting(
        _ACCOUNTS,
        "",
        "Key or keys, comma separated, newest first, that encrypt stored secrets. Where set, the key file is not used.",
        secret=True,
    )
    secret_key_file: Path = setting(
        _ACCOUNTS,
        DERIVED,
        "File of the keys that encrypt stored secrets; made on the first start, readable by its owner only.",
        derive=lambda known: known.data_folder / "secret.key",
        default_words="`secret.key` in the data folder",
    )
    session_hours: int = setting(_ACCOUNTS, 12, "Hours without use after which a user has to sign in again.", minimum=1)
    session_cookie_secure: bool = setting(
        _ACCOUNTS,
        DERIVED,
        "Whether browsers send the session cookie over https only.",
        derive=lambda known: known.public_url.startswith("https://"),
        default_words="true where the public URL is https",
    )
    sign_in_limit: str = setting(
        _ACCOUNTS,
        "10 per minute",
        "How often one address may try to sign in.",
        check=checks.rate_limit,
    )

    outbound_allow: tuple[str, ...] = setting(
        _OUTBOUND,
        (),
        "Networks (`10.1.0.0/16`) or hosts (`erp.local`) that may be called although they are loopback, link-local or "
        "otherwise refused. Cloud metadata addresses stay refused.",
    )
    outbound_private: bool = setting(_OUTBOUND, True, "Whether private networks may be called; ERPs live there.")
    outbound_proxy: str = setting(
        _OUTBOUND,
        "",
        "URL of the proxy for outbound calls. The proxy variables of the environment are not read.",
        secret=True,
        check=checks.proxy_url,
    )
    outbound_ca_bundle: Path | None = setting(
        _OUTBOUND,
        None,
        "PEM file of the authorities trusted for outbound https, in place of the usual ones.",
    )

    plugins_block: tuple[str, ...] = setting(_PLUGINS, (), "Names of plugins that are not loaded.")
    plugins_strict: bool = setting(_PLUGINS, False, "Whether a plugin that fails to load stops the start.")
    plugins_trace: bool = setting(_PLUGINS, False, "Whether every call of a plugin hook is logged.")

    log_level: Literal["debug", "info", "warning", "error"] = setting(_LOGS, "info", "Least severity that is logged.")
    log_format: Literal["text", "json"] = setting(_LOGS, "text", "Lines to read, or one JSON object per line.")
    log_file: Path | None = setting(_LOGS, None, "File that the log is appended to, in place of the standard error.")

    language: str = setting(
        _TEXTS, "en", "Language of those who have not chosen one, such as `en` or `de`.", check=checks.language
    )
    time_zone: str = setting(
        _TEXTS, "UTC", "Time zone of those who have not chosen one, such as `Europe/Oslo`.", check=checks.time_zone
    )

    automatic_sync_minutes: int = setting(
        _WORK, 5, "Minutes between two automatic syncs of a link that sets none of its own.", minimum=1
    )
    worker_threads: int = setting(_WORK, 4, "How many links one worker syncs at the same time.", minimum=1)
    worker_poll_seconds: float = setting(_WORK, 1.0, "Seconds between two looks of the worker for work.", minimum=0.05)
    connector_test_seconds: int = setting(_WORK, 30, "Deadline of the test of an ERP link, in seconds.", minimum=1)
    connector_call_seconds: int = setting(_WORK, 30, "Deadline of a call that a page waits for, in seconds.", minimum=1)
    sync_call_seconds: int = setting(_WORK, 300, "Deadline of one call during a sync, in seconds.", minimum=1)
    erp_tab_seconds: int = setting(_WORK, 10, "Deadline of one block of an ERP tab, in seconds.", minimum=1)
    tests_per_minute: int = setting(_WORK, 10, "How many tests of ERP links one user may run in a minute.", minimum=1)

    def __post_init__(self) -> None:
        # Frozen is for those who use the settings; here they are still being made. Derived defaults may hang on the
        # fields declared before them, so the order of declaration is the order of filling in.
        for declared in fields(self):
            value = getattr(self, declared.name)
            derive = declaration_of(declared).derive
            if value is DERIVED and derive is not None:
                value = derive(self)
            if isinstance(value, Path):
                value = value.absolute()
            object.__setattr__(self, declared.name, value)

    @classmethod
    def load(cls, environ: Mapping[str, str], toml_path: Path | None = None) -> Self:
        """Read the settings of this process.

        Args:
            environ: The environment; its `TIELINE_…` variables win over the file.
            toml_path: The file, in place of the one that `TIELINE_CONFIG` names.

        Raises:
            SettingsError: names every unknown, ill-typed or unusable setting at once.
        """
        return cls(**read_settings(cls, environ, toml_path))
