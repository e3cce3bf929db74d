"""`tieline plugin`."""

import json

import click

from host.cli.installation import Installation, pass_installation
from sync_connectors.loading import PluginReport, PluginStatus


@click.group()
def plugin() -> None:
    """Look at the connector plugins."""


@plugin.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the traceback of each failure.")
@pass_installation
def list_plugins(installation: Installation, *, as_json: bool) -> None:
    """List the plugins that were found, those that failed with the reason.

    A failed plugin stops nothing else, and does not make this command fail.
    """
    reports = installation.plugins.reports
    if as_json:
        click.echo(json.dumps([_as_json(report) for report in reports], indent=2))
        return
    if not reports:
        click.echo("no plugin is installed")
    for report in reports:
        what = ", ".join(f"plugin:{name}" for name in report.connectors) or report.reason
        colour = "green" if report.status is PluginStatus.LOADED else "red"
        click.echo(
            f"{click.style(report.status.value, fg=colour):8}  {report.entry_point}  "
            f"({report.distribution} {report.version})  {what}"
        )


def _as_json(report: PluginReport) -> dict[str, object]:
    return {
        "entry_point": report.entry_point,
        "distribution": report.distribution,
        "version": report.version,
        "status": report.status.value,
        "reason": report.reason,
        "detail": report.detail,
        "connectors": list(report.connectors),
    }
