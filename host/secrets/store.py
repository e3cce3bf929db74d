"""Reading and writing the secrets of one owner inside the caller's transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.orm import Session

from host.secrets.box import SecretBox, UndecryptableError
from host.secrets.models import Secret


class KeyLostError(Exception):
    """Secrets of an owner exist but no key fits them; they have to be typed again.

    Attributes:
        owner: Whose they are, such as `erp_link:7`.
        names: Which of them.
    """

    def __init__(self, owner: str, names: Collection[str]) -> None:
        super().__init__(f"the key of {', '.join(sorted(names))} of {owner} is lost, type them again")
        self.owner = owner
        self.names = frozenset(names)


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret in clear, with the version that a compare-and-swap needs."""

    text: str
    version: int

    def __repr__(self) -> str:
        return f"StoredSecret(version={self.version})"


class SecretStore:
    """The secrets of all owners, seen through one session and one box."""

    def __init__(self, session: Session, box: SecretBox) -> None:
        self._session = session
        self._box = box

    def names(self, owner: str) -> set[str]:
        """Return which secrets an owner has, without decrypting any."""
        return set(self._session.scalars(select(Secret.name).where(Secret.owner == owner)))

    def read(self, owner: str) -> dict[str, str]:
        """Return all secrets of an owner in clear, by name.

        Raises:
            KeyLostError: One or more cannot be decrypted; it names them all.
        """
        texts: dict[str, str] = {}
        lost: list[str] = []
        for name, ciphertext in self._session.execute(
            select(Secret.name, Secret.ciphertext).where(Secret.owner == owner)
        ):
            try:
                texts[name] = self._box.decrypt(ciphertext)
            except UndecryptableError:
                lost.append(name)
        if lost:
            raise KeyLostError(owner, lost)
        return texts

    def get(self, owner: str, name: str) -> StoredSecret | None:
        """Return one secret in clear, or None if there is none.

        Raises:
            KeyLostError: It cannot be decrypted.
        """
        found = self._session.execute(
            select(Secret.ciphertext, Secret.version).where(Secret.owner == owner, Secret.name == name)
        ).one_or_none()
        if found is None:
            return None
        try:
            return StoredSecret(self._box.decrypt(found.ciphertext), found.version)
        except UndecryptableError as error:
            raise KeyLostError(owner, [name]) from error

    def write(self, owner: str, texts: Mapping[str, str]) -> None:
        """Store secrets under their names, replacing those that exist and leaving the others."""
        if not texts:
            return
        self.remove(owner, texts)
        now = datetime.now(UTC)
        self._session.execute(
            insert(Secret),
            [
                {"owner": owner, "name": name, "version": 1, "ciphertext": self._box.encrypt(text), "updated_at": now}
                for name, text in texts.items()
            ],
        )

    def remove(self, owner: str, names: Collection[str] | None = None) -> None:
        """Forget some secrets of an owner, or all."""
        statement = delete(Secret).where(Secret.owner == owner)
        if names is not None:
            statement = statement.where(Secret.name.in_(list(names)))
        self._session.execute(statement)

    def swap(self, owner: str, name: str, text: str | None, expected_version: int) -> StoredSecret | None:
        """Store a secret (None deletes it) if its version is still the expected one; 0 expects none.

        Returns:
            What is stored now (version 0 after a deletion), or None when somebody else was quicker.
        """
        if expected_version == 0:
            if text is None or self.get(owner, name) is not None:
                return None
            self.write(owner, {name: text})
            return StoredSecret(text, 1)
        mine = (Secret.owner == owner, Secret.name == name, Secret.version == expected_version)
        version = 0 if text is None else expected_version + 1
        statement = (
            delete(Secret).where(*mine)
            if text is None
            else update(Secret)
            .where(*mine)
            .values(ciphertext=self._box.encrypt(text), version=version, updated_at=datetime.now(UTC))
        )
        result = self._session.execute(statement)
        if not isinstance(result, CursorResult) or result.rowcount == 0:
            return None
        return StoredSecret(text or "", version)


def lost_secrets(session: Session, box: SecretBox) -> dict[str, set[str]]:
    """Return the names of all secrets that no key fits, by owner."""
    lost: dict[str, set[str]] = {}
    for owner, name, ciphertext in session.execute(select(Secret.owner, Secret.name, Secret.ciphertext)):
        try:
            box.decrypt(ciphertext)
        except UndecryptableError:
            lost.setdefault(owner, set()).add(name)
    return lost
