"""Passwords: what is a good one, and how one is kept and compared."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _

SHORTEST = 10
LONGEST = 1024

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Return the argon2id hash that is stored."""
    return _hasher.hash(password)


def password_matches(stored_hash: str | None, password: str) -> bool:
    """Compare a password with the stored hash, or with none for a login that nobody has.

    Both take the same time, so that the time tells nobody which logins exist.
    """
    try:
        _hasher.verify(stored_hash or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored_hash is not None


def is_outdated(stored_hash: str) -> bool:
    """Tell whether a hash was made with weaker parameters than are in use now."""
    return _hasher.check_needs_rehash(stored_hash)


def faults_of(password: str, login: str) -> list[str]:
    """Return why a password is not taken; length counts, kinds of characters do not."""
    if len(password) < SHORTEST:
        return [_("needs at least %(count)s characters", count=SHORTEST)]
    if len(password) > LONGEST:
        return [_("has more than %(count)s characters", count=LONGEST)]
    if len(set(password)) < SHORTEST // 2 or login.casefold() == password.casefold():
        return [_("is too easy to guess, use several words")]
    return []


@cache
def _hash_of_nobody() -> str:
    # the text stands nowhere else; matching it still signs nobody in
    return _hasher.hash("the password of a login that nobody has")
