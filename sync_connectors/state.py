"""Where connectors keep small things per link: rotating tokens, call budgets."""

from threading import Lock

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from host.database import Database
from host.secrets import KeyLostError, SecretBox, SecretStore, StoredSecret
from sync_connectors.contract.services import StoredState


def state_owner(link_id: int) -> str:
    """Return under which owner the secrets table holds the state of a link."""
    return f"connector_state:{link_id}"


class DatabaseState:
    """The state of one saved link, encrypted; each call is a transaction of its own.

    A text whose key is lost counts as absent: the connector then asks for a new token instead of failing for ever.
    """

    def __init__(self, database: Database, box: SecretBox, link_id: int) -> None:
        self._database = database
        self._box = box
        self._owner = state_owner(link_id)

    def get(self, key: str) -> StoredState | None:
        """Return the stored value, or None if there is none."""
        with self._database.reading() as session:
            found = self._read(session, key)
        return StoredState(found.text, found.version) if found else None

    def swap(self, key: str, text: str | None, expected_version: int) -> StoredState | None:
        """Store `text` (None deletes) if the version is still the expected one, else return None."""
        try:
            with self._database.writing() as session:
                store = SecretStore(session, self._box)
                if expected_version == 0 and self._read(session, key) is None:
                    store.remove(self._owner, [key])
                    if text is None:
                        return StoredState("", 0)
                swapped = store.swap(self._owner, key, text, expected_version)
        except IntegrityError:
            return None  # another process stored the first value at the same moment
        return StoredState(swapped.text, swapped.version) if swapped else None

    def _read(self, session: Session, key: str) -> StoredSecret | None:
        try:
            return SecretStore(session, self._box).get(self._owner, key)
        except KeyLostError:
            return None


class MemoryState:
    """The state of a link that is not saved yet; gone with the process."""

    def __init__(self) -> None:
        self._texts: dict[str, StoredState] = {}
        self._lock = Lock()

    def get(self, key: str) -> StoredState | None:
        """Return the stored value, or None if there is none."""
        return self._texts.get(key)

    def swap(self, key: str, text: str | None, expected_version: int) -> StoredState | None:
        """Store `text` (None deletes) if the version is still the expected one, else return None."""
        with self._lock:
            stored = self._texts.get(key)
            if (stored.version if stored else 0) != expected_version:
                return None
            if text is None:
                self._texts.pop(key, None)
                return StoredState("", 0)
            self._texts[key] = StoredState(text, expected_version + 1)
            return self._texts[key]
