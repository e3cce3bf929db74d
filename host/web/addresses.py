"""Addresses that templates make."""

from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, current_app, request, url_for


def asset(path: str) -> str:
    """Return the address of a static file, with its time of change so that browsers may keep it long."""
    return url_for("static", filename=path, v=_version_of(Path(str(current_app.static_folder)) / path))


def with_arguments(**changes: str | None) -> str:
    """Return the present address with other query arguments; None drops one."""
    arguments = [(name, value) for name, value in request.args.items(multi=True) if name not in changes]
    arguments += [(name, value) for name, value in changes.items() if value is not None]
    path = url_for(request.endpoint or "web.home", **(request.view_args or {}))
    return f"{path}?{urlencode(arguments)}" if arguments else path


def search_url() -> str:
    """Return the address of the search over all records."""
    return url_for("crm.search")


def init_addresses(app: Flask) -> None:
    """Let templates use the functions above."""
    app.jinja_env.globals.update(asset=asset, with_arguments=with_arguments, search_url=search_url)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "bootstrap.static":  # its style sheet and icons change with the package only
            values.setdefault("v", _version_of_bootstrap())


@cache
def _version_of_bootstrap() -> str:
    return version("bootstrap-flask")


@lru_cache(maxsize=256)
def _version_of(path: Path) -> str:
    return format(path.stat().st_mtime_ns // 1_000_000, "x") if path.exists() else ""
