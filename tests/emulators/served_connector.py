"""Any connector as another machine would see it: served on loopback, called through the client of the protocol."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from host.settings import Settings
from sync_connectors import Connector
from sync_connectors.json_protocol.client import RemoteConnector
from sync_connectors.json_protocol.server.serving import Exposure, open_server


@contextmanager
def served(connector: Connector, settings: Settings, folder: Path) -> Iterator[str]:
    """Serve a connector on a thread; yield the address."""
    folder.mkdir(exist_ok=True)
    server = open_server(connector, settings, folder, Exposure())
    thread = threading.Thread(target=server.run, name="served connector")
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join()


@contextmanager
def over_the_wire(connector: Connector, settings: Settings, folder: Path) -> Iterator[RemoteConnector]:
    """Yield the same connector behind a server."""
    settings = replace(settings, outbound_allow=("127.0.0.0/8",))
    with served(connector, settings, folder) as url:
        remote = RemoteConnector(url, "", settings)
        try:
            yield remote
        finally:
            remote.close()
