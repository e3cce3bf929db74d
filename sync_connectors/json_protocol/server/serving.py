"""Putting a served connector together: store, credentials, application and socket."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from host.secrets import Rotated, SecretBox, under_new_key
from host.settings import Settings
from sync_connectors.contract.connector import Connector
from sync_connectors.guarding import GuardedConnector
from sync_connectors.json_protocol.server.admission import Admission
from sync_connectors.json_protocol.server.application import create_application
from sync_connectors.json_protocol.server.credentials import LOOPBACK, Credentials, Network, read_tokens
from sync_connectors.json_protocol.server.running import Address, ConnectorServer, ListeningError
from sync_connectors.json_protocol.server.served import ServedConnector
from sync_connectors.json_protocol.server.sessions import SessionPool
from sync_connectors.json_protocol.server.shares import Share
from sync_connectors.json_protocol.server.store import FILE, LinkStore, StoreError
from sync_connectors.json_protocol.server.underway import CallsUnderWay

KEY_FILE = "secret.key"


@dataclass(frozen=True, slots=True)
class Exposure:
    """Where a connector is served, and to whom.

    Attributes:
        token_file: Tokens of those who may call; None for none.
        anonymous: Networks from which calls without a token are taken. Unless given, and without a token file, those
            of this machine's own address.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token_file: Path | None = None
    anonymous: Sequence[Network] = ()


def open_server(connector: Connector, settings: Settings, folder: Path, exposure: Exposure) -> ConnectorServer:
    """Return a server that listens and waits to be run.

    Args:
        connector: As the host has it, or of a plugin as it is.
        settings: Of this process.
        folder: Where it keeps its links.
        exposure: Where and to whom.

    Raises:
        ListeningError: The address cannot or must not be listened on.
        CredentialsError: The token file cannot be used.
        KeyFileError: The key of the stored secrets cannot be used.
        StoreError: The folder is of another version.
    """
    tokens = read_tokens(exposure.token_file) if exposure.token_file else {}
    address = Address.of(exposure.host, exposure.port)
    if not address.is_loopback and not tokens and not exposure.anonymous:
        raise ListeningError(
            f"{exposure.host} can be reached by others: give --token-file, or name with --allow-anonymous the network "
            "from which everybody may call"
        )
    box = _box(settings, folder)
    guarded = connector if isinstance(connector, GuardedConnector) else GuardedConnector(connector)
    credentials = Credentials(tokens, exposure.anonymous or (() if tokens else LOOPBACK))
    share = Share.of(credentials.count)
    sessions, calls = SessionPool(share=share.sessions), CallsUnderWay()
    served = ServedConnector(guarded.for_another_guard(), settings, LinkStore(folder, box, connector.name), sessions)
    application = create_application(served, settings, calls)
    door = Admission(application, credentials, share.calls, on_loopback=address.is_loopback)
    return ConnectorServer(door, address.listen(), sessions, calls)


def rotate_key(settings: Settings, folder: Path) -> Rotated:
    """Encrypt what the server of a folder keeps under a new key; it may be running meanwhile.

    Raises:
        StoreError: No server has kept anything there, or one of another version.
        KeyFileError: The present keys cannot be used.
    """
    if not (folder / FILE).is_file():
        raise StoreError(f"{folder} holds no {FILE}, give the folder in which a served connector keeps its links")
    box = _box(settings, folder)
    store = LinkStore(folder, box, "")
    try:
        return under_new_key(box, store.reencrypt)
    finally:
        store.close()


def _box(settings: Settings, folder: Path) -> SecretBox:
    return SecretBox.from_settings(settings) if settings.secret_key else SecretBox.from_key_file(folder / KEY_FILE)
