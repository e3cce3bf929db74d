"""The key file: one Fernet key a line, newest first; the first encrypts, all decrypt."""

import os
import stat
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet


class KeyFileError(Exception):
    """The keys cannot be used as they are; the message says what to do."""


def new_key() -> str:
    """Return a fresh key in its text form (32 random bytes, base64)."""
    return Fernet.generate_key().decode()


def checked(keys: list[str], origin: str) -> list[str]:
    """Return the keys if each is one.

    Args:
        keys: Text forms, newest first.
        origin: Where they come from, for the message.

    Raises:
        KeyFileError: There is none, or one is malformed. The message never shows a key.
    """
    if not keys:
        raise KeyFileError(f"{origin} holds no key, make one with `tieline key new`")
    for number, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            raise KeyFileError(f"key {number} of {origin} is malformed, make one with `tieline key new`") from error
    return keys


def read_key_file(path: Path) -> list[str]:
    """Return the keys of the file; a missing file is made with one new key.

    Raises:
        KeyFileError: Others than the owner may read it, or it holds no usable key.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return _create(path)
    if os.name == "posix" and mode & 0o077:
        raise KeyFileError(f"{path} may be read by others than its owner, run `chmod 600 {path}`")
    return checked(path.read_text(encoding="ascii").split(), str(path))


def write_key_file(path: Path, keys: list[str]) -> None:
    """Replace the file in one step, so that a kill leaves either the old keys or the new ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _create(path: Path) -> list[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = new_key()
    try:
        # two processes of one installation start together: the one that comes second reads what the first made
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key_file(path)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key + "\n")
    return [key]
