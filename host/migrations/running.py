"""Running migrations, and finding out whether they have been run."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from host.database import Database

FOLDER = Path(__file__).parent


class UnmigratedError(Exception):
    """The schema is not the one that this version of Tieline needs; the message says what to run."""


def configuration() -> Config:
    """Return the Alembic configuration, made here because an installed wheel has no `alembic.ini`."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def head() -> str | None:
    """Return the newest revision that this version of Tieline knows."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def revision(database: Database) -> str | None:
    """Return the revision that the database is at, None when it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    """Whether nothing is left to migrate."""
    return revision(database) == head()


def require_current(database: Database) -> None:
    """Do nothing if the schema is current.

    Raises:
        UnmigratedError: It is older or newer; says which.
    """
    present, wanted = revision(database), head()
    if present != wanted:
        raise UnmigratedError(
            f"the database is at revision {present or 'none'} and this version needs {wanted}, run `tieline db upgrade`"
        )


def upgrade(database: Database, target: str = "head") -> None:
    """Bring the schema to a revision, each migration in a transaction of its own."""
    config = configuration()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)
