"""Marshmallow's faults in our words and the reader's language."""

import re

from flask_babel import lazy_gettext as _


def in_our_words(message: str) -> str:
    """Return what a fault is called here; a message that is not marshmallow's own stays as it is."""
    for pattern, words in _WORDS:
        found = pattern.fullmatch(message)
        if found:
            return str(words) % found.groupdict()
    return message


_WORDS = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"Missing data for required field\.|Shorter than minimum length 1\.", _("is missing")),
        (r"Field may not be null\.", _("must not be empty")),
        (r"Unknown field\.", _("no such field")),
        (r"Invalid input type\.|Invalid type\.|Not a valid mapping type\.", _("is no object")),
        (r"Not a valid string\.", _("is no text")),
        (r"Not a valid integer\.", _("is no whole number")),
        (r"Not a valid number\.", _("is no number")),
        (r"Number too large\.|Special numeric values.*", _("is no finite number")),
        (r"Not a valid boolean\.", _("is neither true nor false")),
        (r"Not a valid list\.|Not a valid tuple\.", _("is no list")),
        (r"Not a valid date\.", _("is no date such as 2026-03-31")),
        (r"Not a valid (naive |aware )?datetime\.", _("is no time such as 2026-03-31T09:30:00Z")),
        (r"Not a valid email address\.", _("is no e-mail address")),
        (r"Not a valid URL\.", _("is no web address")),
        (r"Shorter than minimum length (?P<low>\d+)\.", _("has fewer than %(low)s characters or items")),
        (r"Longer than maximum length (?P<high>\d+)\.", _("has more than %(high)s characters or items")),
        (
            r"Length must be between (?P<low>\d+) and (?P<high>\d+)\.",
            _("must have between %(low)s and %(high)s characters or items"),
        ),
        (
            r"Must be greater than or equal to (?P<low>\S+) and less than or equal to (?P<high>\S+)\.",
            _("must be between %(low)s and %(high)s"),
        ),
        (r"Must be greater than or equal to (?P<low>\S+)\.", _("must be at least %(low)s")),
        (r"Must be less than or equal to (?P<high>\S+)\.", _("must be at most %(high)s")),
        (r"Must be one of: (?P<choices>.*)\.", _("is none of %(choices)s")),
        (r"Invalid JSON body\.", _("is no JSON")),
    )
)
