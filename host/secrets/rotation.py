"""Changing the key under which all secrets are encrypted."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from host.database import Database
from host.secrets.box import SecretBox, UndecryptableError
from host.secrets.keys import new_key, write_key_file
from host.secrets.models import Secret


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: how many secrets are under the new key, and (owner, name) of those no key fits."""

    reencrypted: int
    lost: tuple[tuple[str, str], ...]


def rotate_keys(database: Database, box: SecretBox) -> Rotated:
    """Encrypt all secrets of an installation anew under a new key."""
    return under_new_key(box, lambda newest: _reencrypt(database, newest))


def under_new_key(box: SecretBox, reencrypt: Callable[[SecretBox], Rotated]) -> Rotated:
    """Have everything encrypted anew under a new key.

    With a key file a new key is made and written first, beside the ones that are needed; with keys from the
    environment the first of them is the new one. Killed before the transaction, the next call starts again and both
    keys are in the file; killed after it, only the file's last tidying is left to the next call. The former key stays
    in the file until the next rotation, because a running process may still encrypt with it.

    Args:
        box: The present keys.
        reencrypt: Encrypts all anew, in one transaction.
    """
    if box.key_file is not None:
        write_key_file(box.key_file, [new_key(), *box.keys])
        box = SecretBox.from_key_file(box.key_file)
    rotated = reencrypt(box)
    if box.key_file is not None and not rotated.lost:
        write_key_file(box.key_file, box.keys[:2])
    return rotated


def _reencrypt(database: Database, box: SecretBox) -> Rotated:
    changes: list[dict[str, object]] = []
    lost: list[tuple[str, str]] = []
    with database.writing() as session:
        for owner, name, ciphertext in session.execute(
            select(Secret.owner, Secret.name, Secret.ciphertext).with_for_update()
        ):
            try:
                text = box.decrypt(ciphertext)
            except UndecryptableError:
                lost.append((owner, name))
                continue
            changes.append({"an_owner": owner, "a_name": name, "ciphertext": box.encrypt(text)})
        if changes:
            table = Secret.__table__
            session.connection().execute(
                update(Secret)
                .where(table.c.owner == bindparam("an_owner"), table.c.name == bindparam("a_name"))
                .values(ciphertext=bindparam("ciphertext")),
                changes,
            )
    return Rotated(len(changes), tuple(lost))
