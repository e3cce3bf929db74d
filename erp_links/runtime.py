"""What work on ERP links needs beside its arguments, made once per process."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from host.database import Database
from host.secrets import SecretBox
from host.settings import Settings
from sync_connectors.loading import Plugins

EXTENSION = "tieline_links"


@dataclass(frozen=True)
class LinkRuntime:
    """The parts of a process that operations on links and runs work with.

    It replaces the session where an operation calls a connector: no transaction may be open during such a call, so
    the operation opens its own before and after.
    """

    database: Database
    plugins: Plugins
    settings: Settings
    secret_box: SecretBox


def current_runtime() -> LinkRuntime:
    """Return the runtime of the running Flask application."""
    return cast(LinkRuntime, current_app.extensions[EXTENSION])
