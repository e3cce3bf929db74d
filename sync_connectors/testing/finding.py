"""The connector that is judged, from whatever names it."""

from cryptography.fernet import Fernet

from host.secrets import SecretBox
from host.settings import Settings
from sync_connectors.connectors import Connectors
from sync_connectors.contract.connector import Connector
from sync_connectors.loading import Plugins, load_plugins


def find_connector(
    named: type[Connector] | Connector | str, settings: Settings, token: str = "", plugins: Plugins | None = None
) -> Connector:
    """Return the connector of a class, or that behind the name of an installed one or a URL.

    Args:
        named: A class, an instance, a name such as `workbook`, or a URL of any form that can be registered.
        settings: What may be called, and which plugins are loaded.
        token: Access token of the server behind a URL.
        plugins: Loaded from the installed distributions unless given.

    Raises:
        InvalidInputError: The URL has no form that this version can use.
        ConnectorMissingError: No plugin offers it.
        UnavailableError: Nothing that we know answers at a plain address.
    """
    if isinstance(named, Connector):
        return named
    if not isinstance(named, str):
        return named()
    box = SecretBox([Fernet.generate_key().decode()])  # nothing is stored under it
    connectors = Connectors(plugins or load_plugins(settings), settings, box)
    return connectors.at_url(named if ":" in named else f"plugin:{named}", token)
