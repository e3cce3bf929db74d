"""The web process."""

import signal
from dataclasses import replace
from types import FrameType

from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from host.accounts.setup import first_administrator_link
from host.address import address_of
from host.app.factory import create_app
from host.app.listening import check_address
from host.database import Database
from host.settings import Settings


def run_web(settings: Settings, database: Database) -> None:
    """Serve pages and API under waitress until SIGTERM or SIGINT; blocks.

    Raises:
        AddressError: The address is taken or not ours.
    """
    check_address(settings)
    app = create_app(settings, database)
    server = create_server(
        app,
        host=settings.host,
        port=settings.port,
        threads=settings.web_threads,
        ident="tieline",
        # the application trusts as many proxies as the settings say; waitress would drop their headers before
        clear_untrusted_proxy_headers=settings.trusted_proxies == 0,
    )
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    settings = replace(settings, port=_port_of(server))  # where they say 0, the system chose one
    with database.writing() as session:
        link = first_administrator_link(session, settings)
    print(f"Tieline listens on {address_of(settings)}/", flush=True)  # noqa: T201 - for whoever started it
    if link:
        print(f"There is no administrator yet. Make one with this link, once: {link}", flush=True)  # noqa: T201 - for the console
    try:
        server.run()
    finally:
        server.close()


def _port_of(server: MultiSocketServer | BaseWSGIServer) -> int:
    """Return the port that is listened on."""
    if isinstance(server, MultiSocketServer):  # a name that stands for several addresses
        return int(server.effective_listen[0][1])
    return int(server.getsockname()[1])


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
