"""Encryption under the keys of this installation."""

from pathlib import Path
from typing import Self, cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from host.secrets.keys import checked, read_key_file
from host.settings import Settings

EXTENSION = "tieline_secret_box"


class UndecryptableError(Exception):
    """None of the keys fits a ciphertext: the key it was made with is lost."""


class SecretBox:
    """Encrypts with the newest key and decrypts with all.

    A rotation by another process changes the key file under a running one, so the file is looked at again before an
    encryption and when no key fits.
    """

    def __init__(self, keys: list[str], key_file: Path | None = None) -> None:
        self.key_file = key_file
        self._read_at = _changed_at(key_file)
        self._use(keys)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Open the box of an installation; the key file is made if there is none.

        Raises:
            KeyFileError: The keys are malformed or readable by others.
        """
        if settings.secret_key:
            return cls(checked([key.strip() for key in settings.secret_key.split(",")], "TIELINE_SECRET_KEY"))
        return cls.from_key_file(settings.secret_key_file)

    @classmethod
    def from_key_file(cls, path: Path) -> Self:
        """Open a box with the keys of one file, made if there is none.

        Raises:
            KeyFileError: The keys are malformed or readable by others.
        """
        return cls(read_key_file(path), path)

    @property
    def keys(self) -> list[str]:
        """The keys, newest first."""
        return list(self._keys)

    def encrypt(self, text: str) -> bytes:
        """Return the ciphertext of a text under the newest key."""
        self._reread_if_changed()
        return self._fernet.encrypt(text.encode())

    def decrypt(self, ciphertext: bytes) -> str:
        """Return the text of a ciphertext.

        Raises:
            UndecryptableError: No key fits.
        """
        for _attempt in range(2):
            try:
                return self._fernet.decrypt(ciphertext).decode()
            except InvalidToken:
                if not self._reread_if_changed():
                    break
        raise UndecryptableError("no key fits this secret, type it again")

    def derive(self, purpose: bytes) -> bytes:
        """Return 32 bytes for one purpose, such as signing sessions; a rotation changes them."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tieline " + purpose).derive(self._keys[0].encode())

    def _use(self, keys: list[str]) -> None:
        self._keys = keys
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def _reread_if_changed(self) -> bool:
        changed_at = _changed_at(self.key_file)
        if self.key_file is None or changed_at == self._read_at:
            return False
        self._read_at = changed_at
        self._use(read_key_file(self.key_file))
        return True


def _changed_at(path: Path | None) -> int:
    try:
        return path.stat().st_mtime_ns if path else 0
    except FileNotFoundError:
        return 0


def current_secret_box() -> SecretBox:
    """Return the box of the running Flask application."""
    return cast(SecretBox, current_app.extensions[EXTENSION])
