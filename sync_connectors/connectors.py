"""Which connector answers behind a registered URL: one of a plugin in this process, or one behind a server."""

import threading
from dataclasses import dataclass, field
from typing import cast

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from host.errors import InvalidInputError
from host.secrets import SecretBox
from host.settings import Settings
from sync_connectors.contract.connector import Connector
from sync_connectors.contract.errors import UnavailableError
from sync_connectors.guarding import GuardedConnector
from sync_connectors.json_protocol.client import RemoteConnector
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.loading import ConnectorMissingError, Plugins
from sync_connectors.probing import probe, summary
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.token import read_token
from sync_connectors.urls import ConnectorUrl, Protocol, parse_connector_url

EXTENSION = "tieline_connectors"

JSON, SOAP = "json", "soap"
"""What `SyncConnector.speaks` holds."""

_LONGEST_IDENTITY = 254


class _Remotes:
    """One guard per registered connector and address, because a guard holds the threads of its connector."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[tuple[str, str], RemoteConnector, GuardedConnector]] = {}
        self._lock = threading.Lock()

    def guard(self, row_id: int, address: str, token: str, settings: Settings, kept: Declaration | None) -> Connector:
        with self._lock:
            known = self._kept.get(row_id)
            if known is not None and known[0] == (address, token):
                return known[2]
            remote = _remote(address, token, settings, kept)
            guard = GuardedConnector(remote, settings.connector_call_seconds)
            self._kept[row_id] = ((address, token), remote, guard)
        if known is not None:
            known[2].retire()
            known[1].close()
        return guard


@dataclass(frozen=True)
class Connectors:
    """The roads to all connectors of an installation, made once per process.

    Nothing here calls a connector, except `at_url` with a plain address.
    """

    plugins: Plugins
    settings: Settings
    secret_box: SecretBox
    _remotes: _Remotes = field(default_factory=_Remotes, init=False, repr=False, compare=False)

    def behind(self, session: Session, row: SyncConnector) -> Connector:
        """Return the guarded connector behind a registered URL.

        Args:
            session: A session to read the access token with.
            row: The registered connector.

        Raises:
            ConnectorMissingError: No plugin offers it, or this version cannot use the URL.
        """
        url = self._usable(row)
        if url.protocol is Protocol.PLUGIN:
            return self.plugins.connector(url.plugin)
        kept = Declaration.from_json(row.declaration) if row.declaration else None
        token = read_token(session, self.secret_box, row.id)
        return self._remotes.guard(row.id, url.address, token, self.settings, kept)

    def require(self, row: SyncConnector) -> None:
        """Do nothing where something can answer behind a registered URL.

        Raises:
            ConnectorMissingError: As of `behind`.
        """
        url = self._usable(row)
        if url.protocol is Protocol.PLUGIN:
            self.plugins.connector(url.plugin)

    def identity_of(self, row: SyncConnector) -> str:
        """Return name, version and origin in one text; a test of a link counts only for the same one.

        Raises:
            ConnectorMissingError: As of `behind`.
        """
        url = self._usable(row)
        if url.protocol is Protocol.PLUGIN:
            return self.plugins.identity_of(url.plugin)
        kept = Declaration.from_json(row.declaration) if row.declaration else None
        return f"{kept.name} {kept.version} (json)"[:_LONGEST_IDENTITY] if kept else "(json)"

    def at_url(self, text: str, token: str = "") -> Connector:
        """Return the guarded connector behind a URL that is not registered; a plain address is asked what it speaks.

        Raises:
            InvalidInputError: The URL has no form that this version can use.
            ConnectorMissingError: No plugin offers it.
            UnavailableError: Nothing that we know answers there.
        """
        url = parse_connector_url(text)
        url.require_available()
        if url.protocol is Protocol.PLUGIN:
            return self.plugins.connector(url.plugin)
        if url.protocol is Protocol.ASKED:
            probed = probe(self.settings, url, token)
            if not probed.is_usable:
                raise UnavailableError(summary(probed), unsent=True)
        return GuardedConnector(_remote(url.address, token, self.settings, None), self.settings.connector_call_seconds)

    def _usable(self, row: SyncConnector) -> ConnectorUrl:
        try:
            url = parse_connector_url(row.url)
            url.require_available()
        except InvalidInputError as error:
            raise ConnectorMissingError(row.url, "; ".join(error.errors["url"])) from error
        if url.protocol is Protocol.ASKED and row.speaks != JSON:
            reason = (
                _("a SOAP service answers there, which this version of Tieline does not speak yet")
                if row.speaks == SOAP
                else _("it has not told yet what it speaks")
            )
            raise ConnectorMissingError(row.url, reason, _("refresh the sync connector on its page"))
        return url


def _remote(address: str, token: str, settings: Settings, kept: Declaration | None) -> RemoteConnector:
    known = (
        Descriptor(kept.name, kept.label, kept.version, kept.contract_version, kept.fields)
        if kept is not None
        else None
    )
    return RemoteConnector(address, token, settings, known)


def current_connectors() -> Connectors:
    """Return the connectors of the running Flask application."""
    return cast(Connectors, current_app.extensions[EXTENSION])
