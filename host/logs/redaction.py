"""Keeping secrets out of texts that are logged.

Two nets, because each has holes: values known to be secret are masked wherever they stand, and whatever follows a
word such as `password` is masked although nobody registered it. Masking too much is preferred to masking too little:
a log line that lost a harmless word can still be read, a secret that was written down cannot be taken back.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote, quote_plus

MASK = "***"
# Shorter secrets stand inside ordinary words, and masking those would leave nothing to read.
_SHORTEST_ANYWHERE = 4

_TELLING_WORDS = r"password|passwd|passphrase|secret|token|api[_-]?key|authorization|credential|cookie"
_TELLING_NAME = re.compile(_TELLING_WORDS, re.IGNORECASE)
# Starts at the telling word itself and limits what follows it: an ERP may send a megabyte without a space.
_NAMED_VALUE = re.compile(
    rf"""(?P<name>(?:{_TELLING_WORDS})[\w.-]{{0,40}}["']?\s{{0,8}}[:=]\s{{0,8}})
         (?:"(?:[^"\\]|\\.)*"
           |'(?:[^'\\]|\\.)*'
           |(?:(?:bearer|basic|digest|negotiate|ntlm)\s+)?[^\s"',;&<>)}}\]]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_USER_INFORMATION = re.compile(r"(?<=://)[^/\s@]+@")

_secrets: ContextVar[frozenset[str]] = ContextVar("tieline_log_secrets", default=frozenset())


@contextmanager
def redact(secret_values: Iterable[str]) -> Iterator[None]:
    """Mask these values in everything logged inside the block, also where they stand quoted in a URL."""
    values = {value for value in secret_values if value.strip()}
    spellings = values | {quote(value, safe="") for value in values} | {quote_plus(value) for value in values}
    token = _secrets.set(_secrets.get() | spellings)
    try:
        yield
    finally:
        _secrets.reset(token)


def redacted(text: str) -> str:
    """Return `text` without the registered values, values of telling names, and user information in URLs."""
    for value in sorted(_secrets.get(), key=len, reverse=True):
        if len(value) >= _SHORTEST_ANYWHERE:
            text = text.replace(value, MASK)
        else:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text)
    text = _NAMED_VALUE.sub(rf"\g<name>{MASK}", text)
    return _USER_INFORMATION.sub(f"{MASK}@", text)


def is_secret_name(name: str) -> bool:
    """Tell whether a field of this name is masked whatever it holds."""
    return _TELLING_NAME.search(name) is not None
