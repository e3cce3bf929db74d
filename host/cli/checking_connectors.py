"""`tieline connector check`."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from host.cli.installation import CommandFailedError, CommandMisusedError, Installation, pass_installation, told
from sync_connectors.contract.errors import ConfigurationError, ConnectorError
from sync_connectors.testing.bench import Bench
from sync_connectors.testing.finding import find_connector
from sync_connectors.testing.outcomes import Outcome
from sync_connectors.testing.reporting import Judged, closing_lines, counted, judge_by_subject, report
from sync_connectors.testing.setup import Setup

_COLOURS = {Outcome.FAILS: "red", Outcome.HOLDS: "green", Outcome.NOT_JUDGED: "yellow"}
_WIDTH = max(len(outcome.value) for outcome in Outcome)


class Assignment(click.ParamType[tuple[str, str]]):
    """A configuration field and its value, `FIELD=VALUE`."""

    name = "field=value"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return field and value of a text."""
        if isinstance(value, tuple):
            return value
        field, sign, text = value.partition("=")
        if not sign or not field:
            self.fail(f"{field or value!r} has no value, write FIELD=VALUE", param, ctx)
        return field, text


@click.command("check")
@click.argument("url_or_plugin")
@click.option(
    "--set", "values", type=Assignment(), multiple=True, help="Value of a configuration field; may be given often."
)
@click.option("--ask", "asked", multiple=True, metavar="FIELD", help="Ask for a field's value, such as a password.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that holds the access token of the server behind the URL.",
)
@click.option("--read-only", is_flag=True, help="Write nothing into the ERP.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, when all is done.")
@click.option(
    "--files-root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder below which the connector may open files; TIELINE_FILES_ROOT unless given.",
)
@click.option("--time-zone", default=Setup.time_zone, show_default=True, help="Time zone of the ERP.")
@click.option(
    "--most-records",
    type=click.IntRange(min=1),
    default=Setup.most_records,
    show_default=True,
    help="How many records of a type are read.",
)
@pass_installation
def check_connector(
    installation: Installation,
    url_or_plugin: str,
    values: tuple[tuple[str, str], ...],
    asked: tuple[str, ...],
    token_file: Path | None,
    files_root: Path | None,
    time_zone: str,
    most_records: int,
    *,
    read_only: bool,
    as_json: bool,
) -> None:
    """Judge the connector behind a URL or the name of a plugin, and tell how to mend what fails.

    Without --read-only it creates records and changes those that it has created; they stay in the ERP, so take a
    test company. Needs no database. Exit code 1 when something fails.
    """
    settings = installation.settings
    # the checks provoke errors by the dozen, and tell of those that matter
    logging.getLogger("sync_connectors.guarding").setLevel(logging.ERROR)
    if files_root is not None:
        settings = replace(settings, files_root=files_root)
    configuration = {**dict(values), **{field: click.prompt(field, hide_input=True, err=True) for field in asked}}
    token = token_file.read_text(encoding="utf-8").strip() if token_file else ""
    with told():
        connector = find_connector(url_or_plugin, settings, token, installation.plugins)
    setup = Setup(
        connector,
        configuration,
        may_write=not read_only,
        most_records=most_records,
        time_zone=_checked_zone(time_zone),
        seconds=settings.connector_call_seconds,
        settings=settings,
    )
    with Bench(setup) as bench:
        _require_configuration(bench)
        judged = _judge(bench, quietly=as_json)
        if as_json:
            click.echo(json.dumps(report(bench, judged), indent=2, ensure_ascii=False))
        else:
            click.echo()
            click.echo("\n".join(closing_lines(bench, judged)))
    if failing := counted(judged)[Outcome.FAILS]:
        raise CommandFailedError(f"{failing} of {len(judged)} checks fail")


def _checked_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CommandMisusedError(f"{name} is no time zone such as Europe/Oslo") from error
    return name


def _require_configuration(bench: Bench) -> None:
    """Refuse a configuration that the connector's own declaration does not allow."""
    try:
        _ = bench.configuration_fields
    except ConnectorError:
        return  # that nothing can be asked is for the checks to tell
    try:
        _ = bench.configuration
    except ConfigurationError as error:
        faults = [f"{field}: {fault}" for field, fault in error.fields.items()]
        raise CommandMisusedError("\n".join([*faults, "give values with --set FIELD=VALUE"])) from error


def _judge(bench: Bench, *, quietly: bool) -> Sequence[Judged]:
    judged: list[Judged] = []
    for each in judge_by_subject(bench):
        if not quietly:
            if not judged or judged[-1].subject != each.subject:
                click.echo(click.style(each.subject, bold=True))
            _show(each)
        judged.append(each)
    return judged


def _show(judged: Judged) -> None:
    outcome = judged.verdict.outcome
    word = click.style(f"{outcome.value:{_WIDTH}}", fg=_COLOURS.get(outcome))
    click.echo(f"  {word}  {judged.check.asks}")
    for line in judged.lines:
        click.echo(f"  {'':{_WIDTH}}    {line}")
