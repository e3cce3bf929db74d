"""A connector behind a URL: the real server on a thread of this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from host.settings import Settings
from sync_connectors import Connector
from sync_connectors.json_protocol.server.serving import Exposure, open_server

PATIENCE_SECONDS = 30


@contextmanager
def served(connector: Connector, folder: Path, port: int = 0, token: str = "") -> Iterator[str]:
    """Serve a connector inside the block; the URL comes out.

    Args:
        connector: Of a plugin, or one of a test.
        folder: Where the server keeps its links; another one forgets them.
        port: A free one unless given.
        token: What it wants to be shown; nothing unless given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    token_file = None
    if token:
        token_file = folder / "tokens"
        token_file.write_text(f"host:{token}\n", encoding="ascii")
        token_file.chmod(0o600)
    settings = Settings(data_folder=folder / "data")
    server = open_server(connector, settings, folder / "kept", Exposure(port=port, token_file=token_file))
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
