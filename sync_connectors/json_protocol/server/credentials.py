"""Who may call a served connector: holders of a token, and whoever calls from a network that is let in without one."""

import hashlib
import ipaddress
import os
import re
import stat
from collections.abc import Mapping, Sequence
from hmac import compare_digest
from pathlib import Path

ANONYMOUS = ""
"""Stands for all callers without a token; no token has this name."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TOKEN = re.compile(r"[\x21-\x7e]{16,512}")
_SCHEME = "bearer "
_NO_TOKEN = "no token at all"  # noqa: S105 - what is hashed where none was sent


class CredentialsError(Exception):
    """The tokens cannot be used as they are; the message says what to do and shows none of them."""


class Credentials:
    """Tells who a caller is, in the same time for each answer.

    Only hashes of the tokens are kept, and a token is compared with all of them: neither where it differs nor whose
    it is shows in how long that takes.

    Args:
        tokens: Tokens by name of the holder.
        anonymous: Networks from which a call without a token is taken.
    """

    def __init__(self, tokens: Mapping[str, str], anonymous: Sequence[Network] = ()) -> None:
        self._hashes = {name: _hashed(token) for name, token in tokens.items()}
        self._anonymous = tuple(anonymous)

    @property
    def count(self) -> int:
        """How many holders there may be; all callers without a token are one."""
        return len(self._hashes) + bool(self._anonymous)

    def holder(self, authorization: str | None, address: str | None) -> str | None:
        """Return the name of the token that a call came with, `ANONYMOUS`, or None for a caller to turn away.

        A wrong token is turned away also where none is needed: its holder believes to be somebody.

        Args:
            authorization: The header `Authorization`, None where it is missing.
            address: The caller's IP address; None where nobody knows it, as behind a proxy.
        """
        offered = _hashed(_token_of(authorization))
        found = None
        for name, expected in self._hashes.items():
            if compare_digest(offered, expected):
                found = name
        if authorization is None and self._is_let_in(address):
            return ANONYMOUS
        return found

    def _is_let_in(self, address: str | None) -> bool:
        try:
            caller = ipaddress.ip_address(address or "")
        except ValueError:
            return False
        mapped = getattr(caller, "ipv4_mapped", None)
        return any((mapped or caller) in network for network in self._anonymous)


def read_tokens(path: Path) -> dict[str, str]:
    """Return the tokens of a file, one `name:token` a line, by name; blank lines and those after `#` are left out.

    Raises:
        CredentialsError: Others than the owner may read the file, or a line is none.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if os.name == "posix" and mode & 0o077:
        raise CredentialsError(f"{path} may be read by others than its owner, run `chmod 600 {path}`")
    tokens: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _colon, token = (part.strip() for part in line.partition(":"))
        if not _NAME.fullmatch(name) or not _TOKEN.fullmatch(token):
            raise CredentialsError(
                f"line {number} of {path} is no `name:token`: a name has letters, digits, `_`, `.` and `-`, "
                "a token 16 to 512 characters without blanks"
            )
        if name in tokens or token in tokens.values():
            raise CredentialsError(f"line {number} of {path} repeats a name or a token, give each holder its own")
        tokens[name] = token
    if not tokens:
        raise CredentialsError(f"{path} holds no token, write a line `name:token`")
    return tokens


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _token_of(authorization: str | None) -> str:
    if authorization is None or not authorization.lower().startswith(_SCHEME):
        return _NO_TOKEN
    return authorization[len(_SCHEME) :].strip()
