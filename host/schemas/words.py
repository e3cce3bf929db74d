"""Marshmallow's faults in our words and the reader's language."""

import re
from collections.abc import Callable

from flask_babel import gettext as _


def in_our_words(message: str) -> str:
    """Return what a fault is called here; a message that is not marshmallow's own stays as it is."""
    for pattern, word in _WORDS:
        found = pattern.fullmatch(message)
        if found:
            return word(found.groupdict())
    return message


_Word = Callable[[dict[str, str]], str]
_WORDS: tuple[tuple[re.Pattern[str], _Word], ...] = tuple(
    (re.compile(pattern, re.DOTALL), word)
    for pattern, word in (
        (r"Missing data for required field\.", lambda found: _("is missing")),
        (r"Field may not be null\.", lambda found: _("must not be empty")),
        (r"Unknown field\.", lambda found: _("no such field")),
        (r"Invalid input type\.|Invalid type\.|Not a valid mapping type\.", lambda found: _("is no object")),
        (r"Not a valid string\.", lambda found: _("is no text")),
        (r"Not a valid integer\.", lambda found: _("is no whole number")),
        (r"Not a valid number\.", lambda found: _("is no number")),
        (r"Number too large\.|Special numeric values.*", lambda found: _("is no finite number")),
        (r"Not a valid boolean\.", lambda found: _("is neither true nor false")),
        (r"Not a valid list\.|Not a valid tuple\.", lambda found: _("is no list")),
        (r"Not a valid date\.", lambda found: _("is no date such as 2026-03-31")),
        (r"Not a valid (naive |aware )?datetime\.", lambda found: _("is no time such as 2026-03-31T09:30:00Z")),
        (r"Not a valid email address\.", lambda found: _("is no e-mail address")),
        (r"Not a valid URL\.", lambda found: _("is no web address")),
        (r"Shorter than minimum length (?P<low>\d+)\.", lambda found: _shortest(found["low"])),
        (
            r"Longer than maximum length (?P<high>\d+)\.",
            lambda found: _("has more than %(high)s characters or items", **found),
        ),
        (r"Length must be between (?P<low>\d+) and (?P<high>\d+)\.", lambda found: _length(**found)),
        (
            r"Must be greater than or equal to (?P<low>\S+) and less than or equal to (?P<high>\S+)\.",
            lambda found: _("must be between %(low)s and %(high)s", **found),
        ),
        (r"Must be greater than or equal to (?P<low>\S+)\.", lambda found: _("must be at least %(low)s", **found)),
        (r"Must be less than or equal to (?P<high>\S+)\.", lambda found: _("must be at most %(high)s", **found)),
        (r"Must be one of: (?P<choices>.*)\.", lambda found: _("is none of %(choices)s", **found)),
        (r"Invalid JSON body\.", lambda found: _("is no JSON")),
    )
)


def _shortest(low: str) -> str:
    return _("is missing") if low == "1" else _("has fewer than %(low)s characters or items", low=low)


def _length(low: str, high: str) -> str:
    return _("must have between %(low)s and %(high)s characters or items", low=low, high=high)
