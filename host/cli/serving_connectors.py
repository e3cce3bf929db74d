"""`tieline connector serve`."""

import ipaddress
import logging
import signal
from dataclasses import replace
from pathlib import Path

import click

from host.app.processes import stop_with_parent, tune_worker
from host.cli.installation import CommandFailedError, CommandMisusedError, Installation, pass_installation
from host.secrets import KeyFileError
from sync_connectors.json_protocol.server.credentials import CredentialsError, Network
from sync_connectors.json_protocol.server.running import ListeningError
from sync_connectors.json_protocol.server.serving import Exposure, open_server
from sync_connectors.json_protocol.server.store import StoreError
from sync_connectors.loading import ConnectorMissingError

_logger = logging.getLogger(__name__)


class NetworkType(click.ParamType[Network]):
    """An IP network such as `10.1.0.0/16`, or one address."""

    name = "network"

    def convert(self, value: str | Network, param: click.Parameter | None, ctx: click.Context | None) -> Network:
        """Return the network of a text."""
        try:
            return ipaddress.ip_network(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("serve")
@click.argument("plugin")
@click.option("--protocol", type=click.Choice(["json"]), default="json", show_default=True, help="How it is called.")
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="TCP port; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Tokens of those who may call, one `name:token` a line; readable by its owner only.",
)
@click.option(
    "--allow-anonymous",
    "anonymous",
    type=NetworkType(),
    multiple=True,
    help="IP network from which calls without a token are taken; may be given several times.",
)
@click.option(
    "--data-folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the links and their key are kept; `served/PLUGIN` in TIELINE_DATA_FOLDER unless given.",
)
@click.option(
    "--files-root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder below which the connector may open files; TIELINE_FILES_ROOT unless given.",
)
@click.option("--supervised", is_flag=True, hidden=True, help="Stop at the end of the standard input.")
@pass_installation
def serve_connector(
    installation: Installation,
    plugin: str,
    protocol: str,
    port: int,
    host: str,
    token_file: Path | None,
    anonymous: tuple[Network, ...],
    data_folder: Path | None,
    files_root: Path | None,
    *,
    supervised: bool,
) -> None:
    """Serve the connector PLUGIN by a URL of its own, until Ctrl-C or SIGTERM.

    Needs no database and no other part of Tieline beside it. On this machine's own address everybody may call unless
    tokens are given; on another one it refuses to start without --token-file or --allow-anonymous.
    """
    settings = installation.settings
    if files_root is not None:
        settings = replace(settings, files_root=files_root)
    settings.files_root.mkdir(parents=True, exist_ok=True)
    folder = (data_folder or settings.data_folder / "served" / plugin).absolute()
    try:
        connector = installation.plugins.connector(plugin)
        server = open_server(connector, settings, folder, Exposure(host, port, token_file, anonymous))
    except (ConnectorMissingError, CredentialsError) as error:
        raise CommandMisusedError(str(error)) from error
    except (ListeningError, KeyFileError, StoreError, OSError) as error:
        raise CommandFailedError(str(error)) from error
    if supervised:
        stop_with_parent()
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    signal.signal(signal.SIGINT, lambda *_: server.stop())
    click.echo(f"{connector.label} is served by {server.url}, register it as {protocol}+{server.url}")
    tune_worker()  # a served connector hands over the pages that a worker takes
    server.run()
    _logger.info("the server of %s has stopped", plugin)
