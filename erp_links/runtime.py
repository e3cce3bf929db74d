"""What work on ERP links needs beside its arguments, made once per process."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from flask import current_app

from erp_links.tracing.tracer import Tracer
from host.database import Database
from host.jobs.companion import Companion
from host.secrets import SecretBox
from host.settings import Settings
from sync_connectors.connectors import Connectors
from sync_connectors.loading import Plugins

EXTENSION = "tieline_links"

Context = Callable[[], AbstractContextManager[object]]
"""Makes the context in which texts are worded, such as that of the Flask application."""


@dataclass(frozen=True)
class LinkRuntime:
    """The parts of a process that operations on links and runs work with.

    It replaces the session where an operation calls a connector: no transaction may be open during such a call, so
    the operation opens its own before and after.

    Attributes:
        reader: Reads pages beside the worker; None where everything is done in one process.
    """

    database: Database
    plugins: Plugins
    settings: Settings
    secret_box: SecretBox
    reader: Companion | None = None

    @cached_property
    def connectors(self) -> Connectors:
        """The roads to all connectors, whose threads they share."""
        return Connectors(self.plugins, self.settings, self.secret_box)

    @cached_property
    def tracer(self) -> Tracer:
        """What knows which links are traced, and writes their calls."""
        return Tracer(self.database)


def current_runtime() -> LinkRuntime:
    """Return the runtime of the running Flask application."""
    return cast(LinkRuntime, current_app.extensions[EXTENSION])
