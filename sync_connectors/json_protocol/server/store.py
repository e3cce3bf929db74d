"""What a served connector keeps of its links: their configurations and their states, both encrypted.

The tables lie in a file of the server's own and have nothing to do with those of a Tieline beside it. Every row
belongs to the credential that saved it; for another one it does not exist.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from host.database import Database, UtcDateTime
from host.secrets import Rotated, SecretBox, UndecryptableError
from sync_connectors.contract.services import StoredState

FILE = "served.db"
_FORMAT = 1
_logger = logging.getLogger(__name__)
_metadata = MetaData()


def _table(name: str, *columns: "Column[Any]") -> Table:
    owner = (
        Column("connector", String(64), primary_key=True),
        Column("credential", String(64), primary_key=True),
        Column("guid", String(36), primary_key=True),
    )
    return Table(name, _metadata, *owner, *columns)


_links = _table(
    "served_link",
    Column("name", Text, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
)
_states = _table(
    "served_state",
    Column("key", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)


class StoreError(Exception):
    """The file of the store cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class LinkKey:
    """Names one link: the credential that saved it, and the GUID by which that caller knows it."""

    credential: str
    guid: str


@dataclass(frozen=True, slots=True)
class ServedLink:
    """One link as it was saved.

    Attributes:
        configuration: JSON forms of the values by field key, secrets in clear; never in a repr.
        time_zone: Name of the ERP time zone.
        name: The link's name, for the log.
    """

    configuration: Mapping[str, Any] = field(repr=False)
    time_zone: str = "UTC"
    name: str = ""


class LinkStore:
    """The links of one connector.

    Args:
        folder: Where the file lies; made if there is none, for its owner only.
        box: Encrypts what is kept.
        connector: Name of the connector; several may share a folder.

    Raises:
        StoreError: The file is of another version.
    """

    def __init__(self, folder: Path, box: SecretBox, connector: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._database = Database(f"sqlite:///{folder / FILE}")
        self._box = box
        self._connector = connector
        self._prepare(folder / FILE)

    def link(self, key: LinkKey) -> ServedLink | None:
        """Return a link; None where this credential has saved none, or where the key of its secrets is lost.

        The caller then sends the configuration again, which mends both.
        """
        with self._database.reading() as session:
            found = session.execute(
                select(_links.c.ciphertext, _links.c.time_zone, _links.c.name).where(*self._is(_links, key))
            ).one_or_none()
        if found is None:
            return None
        try:
            configuration = json.loads(self._box.decrypt(found.ciphertext))
        except UndecryptableError:
            _logger.warning("the key of the configuration of link %s is lost, it has to be sent again", key.guid)
            return None
        return ServedLink(configuration, found.time_zone, found.name)

    def save(self, key: LinkKey, link: ServedLink) -> None:
        """Keep a link, in place of what was kept of it."""
        values = {
            "name": link.name,
            "time_zone": link.time_zone,
            "ciphertext": self._box.encrypt(json.dumps(link.configuration)),
            "saved_at": datetime.now(UTC),
        }
        with self._database.writing() as session:
            session.execute(delete(_links).where(*self._is(_links, key)))
            session.execute(insert(_links).values(**self._owner(key), **values))

    def delete(self, key: LinkKey) -> None:
        """Forget a link and its state."""
        with self._database.writing() as session:
            session.execute(delete(_links).where(*self._is(_links, key)))
            session.execute(delete(_states).where(*self._is(_states, key)))

    def state(self, key: LinkKey) -> "LinkState":
        """Return the state of a link, which its sessions read and change."""
        return LinkState(self, key)

    def read_state(self, key: LinkKey, name: str) -> StoredState | None:
        """Return one value of a link's state; one whose key is lost counts as absent."""
        with self._database.reading() as session:
            found = session.execute(
                select(_states.c.ciphertext, _states.c.version).where(*self._is(_states, key), _states.c.key == name)
            ).one_or_none()
        return self._opened(found.ciphertext, found.version) if found else None

    def swap_state(self, key: LinkKey, name: str, text: str | None, expected_version: int) -> StoredState | None:
        """Store one value (None deletes) if its version is still the expected one, else return None."""
        row = (*self._is(_states, key), _states.c.key == name)
        with self._database.writing() as session:  # takes the write lock at once: nobody comes in between
            found = session.execute(select(_states.c.ciphertext, _states.c.version).where(*row)).one_or_none()
            stored = self._opened(found.ciphertext, found.version) if found else None
            if (stored.version if stored else 0) != expected_version:
                return None
            session.execute(delete(_states).where(*row))
            if text is None:
                return StoredState("", 0)
            version = expected_version + 1
            session.execute(
                insert(_states).values(
                    **self._owner(key), key=name, version=version, ciphertext=self._box.encrypt(text)
                )
            )
        return StoredState(text, version)

    def reencrypt(self, box: SecretBox) -> Rotated:
        """Encrypt what is kept, also of other connectors, under the newest key of a box that has the present one."""
        count, lost = 0, []
        with self._database.writing() as session:
            for table in (_links, _states):
                of_row = [column for column in table.c if column.primary_key]
                for row in session.execute(select(table.c.ciphertext, *of_row)).all():
                    named = dict(zip((column.name for column in of_row), row[1:], strict=True))
                    try:
                        text = box.decrypt(row.ciphertext)
                    except UndecryptableError:
                        lost.append((f"link {named['guid']}", named.get("key", "configuration")))
                        continue
                    is_row = [column == named[column.name] for column in of_row]
                    session.execute(update(table).where(*is_row).values(ciphertext=box.encrypt(text)))
                    count += 1
        return Rotated(count, tuple(lost))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _opened(self, ciphertext: bytes, version: int) -> StoredState | None:
        try:
            return StoredState(self._box.decrypt(ciphertext), version)
        except UndecryptableError:
            return None

    def _owner(self, key: LinkKey) -> dict[str, str]:
        return {"connector": self._connector, "credential": key.credential, "guid": key.guid}

    def _is(self, table: Table, key: LinkKey) -> tuple[ColumnElement[bool], ...]:
        return tuple(table.c[name] == value for name, value in self._owner(key).items())

    def _prepare(self, path: Path) -> None:
        with self._database.writing() as session:
            connection = session.connection()
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found not in {0, _FORMAT}:
                raise StoreError(f"{path} is of another version of Tieline, name an empty folder with --data-folder")
            _metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {_FORMAT}")


class LinkState:
    """The durable store that the sessions of one link are handed."""

    def __init__(self, store: LinkStore, key: LinkKey) -> None:
        self._store = store
        self._key = key

    def get(self, key: str) -> StoredState | None:
        """Return the stored value, or None if there is none."""
        return self._store.read_state(self._key, key)

    def swap(self, key: str, text: str | None, expected_version: int) -> StoredState | None:
        """Store `text` (None deletes) if the version is still the expected one, else return None."""
        return self._store.swap_state(self._key, key, text, expected_version)
