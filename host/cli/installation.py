"""What the commands work on: the installation that the settings name."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

import click
from flask import Flask
from sqlalchemy.exc import OperationalError

from erp_links.runtime import EXTENSION as LINKS
from erp_links.runtime import LinkRuntime
from host import app as composition
from host.app.listening import AddressError
from host.audit.doer import Doer
from host.database import Database
from host.errors import InvalidInputError, TielineError
from host.logs import configure
from host.migrations import UnmigratedError, require_current
from host.secrets import KeyFileError, SecretBox
from host.settings import Settings, SettingsError
from sync_connectors.contract.errors import ConnectorError
from sync_connectors.loading import PluginError, Plugins, load_plugins

Result = TypeVar("Result")


class Installation:
    """Opens the parts of an installation as a command needs them."""

    @cached_property
    def settings(self) -> Settings:
        """The settings; unusable ones end the command as misuse, naming each."""
        try:
            settings = Settings.load(os.environ)
        except SettingsError as error:
            raise CommandMisusedError(str(error)) from error
        configure(settings)
        return settings

    @cached_property
    def database(self) -> Database:
        """The database, whatever state its schema is in."""
        opened = Database(self.settings.database_url)
        try:
            opened.engine.connect().close()
        except OperationalError as error:
            reason = str(error.orig).strip().partition("\n")[0]
            raise CommandFailedError(f"the database {opened.url} cannot be reached: {reason}") from error
        return opened

    @cached_property
    def migrated_database(self) -> Database:
        """The database, refused unless its schema is the one of this version."""
        try:
            require_current(self.database)
        except UnmigratedError as error:
            raise CommandFailedError(str(error)) from error
        return self.database

    @cached_property
    def secret_box(self) -> SecretBox:
        """The keys of the stored secrets."""
        try:
            return SecretBox.from_settings(self.settings)
        except KeyFileError as error:
            raise CommandFailedError(str(error)) from error

    @cached_property
    def plugins(self) -> Plugins:
        """The plugins, loaded."""
        try:
            return load_plugins(self.settings)
        except PluginError as error:
            raise CommandFailedError(str(error)) from error

    @cached_property
    def app(self) -> Flask:
        """The application, for operations that word texts or reach an ERP."""
        _ = self.secret_box  # refused in words before the application asks for it
        return composition.create_app(self.settings, self.migrated_database, self.plugins)

    @property
    def runtime(self) -> LinkRuntime:
        """What reaching an ERP takes."""
        runtime: LinkRuntime = self.app.extensions[LINKS]
        return runtime

    @property
    def doer(self) -> Doer:
        """Who stands in the audit log: the operating system's name of who runs the command."""
        return Doer(None, f"{getpass.getuser()} (command line)", "cli")


class CommandFailedError(click.ClickException):
    """Ends a command with a message and exit code 1."""

    exit_code = 1


class CommandMisusedError(click.ClickException):
    """Ends a command with a message and exit code 2."""

    exit_code = 2


@contextmanager
def told() -> Iterator[None]:
    """End the command with the words of the errors that operations raise."""
    try:
        yield
    except InvalidInputError as error:
        lines = [f"{field}: {fault}" for field, faults in error.errors.items() for fault in faults]
        raise CommandMisusedError("\n".join(lines) or error.text) from error
    except (TielineError, ConnectorError) as error:
        raise CommandFailedError(". ".join(part for part in (error.text, error.instruction) if part)) from error
    except (AddressError, KeyFileError, UnmigratedError) as error:
        raise CommandFailedError(str(error)) from error


pass_installation: Callable[[Callable[..., Result]], Callable[..., Result]] = click.make_pass_decorator(
    Installation, ensure=True
)
