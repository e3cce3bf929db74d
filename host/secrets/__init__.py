"""Secrets, encrypted with a key that lies outside the database."""

from host.secrets.box import SecretBox, UndecryptableError, current_secret_box
from host.secrets.keys import KeyFileError
from host.secrets.rotation import Rotated, rotate_keys, under_new_key
from host.secrets.store import KeyLostError, SecretStore, StoredSecret, lost_secrets

__all__ = [
    "KeyFileError",
    "KeyLostError",
    "Rotated",
    "SecretBox",
    "SecretStore",
    "StoredSecret",
    "UndecryptableError",
    "current_secret_box",
    "lost_secrets",
    "rotate_keys",
    "under_new_key",
]
