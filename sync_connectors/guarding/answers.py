"""Checks of what surrounds the records of an answer: notices, pages, lists."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from host.logs.redaction import redacted
from sync_connectors.contract.answers import Notice, NoticeLevel, Rejection, Tested
from sync_connectors.guarding.actors import broken
from sync_connectors.guarding.values import LONGEST_KEY, check_key, check_text

LONGEST_CURSOR = 100_000
_LONGEST_NOTICE = 2_000
_MOST_NOTICES = 100
_MOST_ITEMS = 100_000


def check_answer(owner: str, answer: Any, expected: type[Any]) -> Any:
    """Return an answer that is of the expected class.

    Raises:
        ProtocolError: It is of another.
    """
    if not isinstance(answer, expected):
        raise broken(owner, f"it answers {type(answer).__name__} in place of {expected.__name__}")
    return answer


def check_notices(owner: str, notices: Any) -> tuple[Notice, ...]:
    """Return notices with their texts cut to what can be shown."""
    if not isinstance(notices, Iterable):
        raise broken(owner, f"its notices are of type {type(notices).__name__}")
    checked = []
    for notice in list(notices)[:_MOST_NOTICES]:
        check_answer(owner, notice, Notice)
        try:
            level = NoticeLevel(notice.level)
            checked.append(Notice(level, _cut(notice.text), _cut(notice.technical)))
        except ValueError as error:
            raise broken(owner, f"a notice {error}") from None
    return tuple(checked)


def check_tested(owner: str, tested: Any) -> Tested:
    """Return the answer to a test.

    Raises:
        ProtocolError: It is none.
    """
    check_answer(owner, tested, Tested)
    details = check_items(owner, "details", tested.details)
    return Tested(check_notices(owner, tested.notices), {key: redacted(text) for key, text in details.items()})


def check_items(owner: str, name: str, items: Any) -> dict[str, str]:
    """Return the items of a list, key → display text.

    Raises:
        ProtocolError: They are no texts, or too many.
    """
    if not isinstance(items, Mapping):
        raise broken(owner, f"the list {name} is of type {type(items).__name__} and not a mapping")
    if len(items) > _MOST_ITEMS:
        raise broken(owner, f"the list {name} has {len(items)} items, the most allowed are {_MOST_ITEMS}")
    checked = {}
    for key, text in items.items():
        try:
            checked[check_key(key)] = check_text(text, _LONGEST_NOTICE)
        except ValueError as error:
            raise broken(owner, f"the list {name} has an item whose key or text {error}") from None
    return checked


def check_cursor(owner: str, name: str, cursor: Any) -> str | None:
    """Return a resume cursor or watermark: text, or None.

    Raises:
        ProtocolError: It is neither.
    """
    if cursor is None:
        return None
    try:
        return check_text(cursor, LONGEST_CURSOR)
    except ValueError as error:
        raise broken(owner, f"a {name} {error}") from None


def check_keys(owner: str, name: str, keys: Any) -> tuple[str, ...]:
    """Return keys, each once.

    Raises:
        ProtocolError: One is no key.
    """
    if not isinstance(keys, Iterable) or isinstance(keys, str | bytes):
        raise broken(owner, f"{name} is of type {type(keys).__name__} and no list of keys")
    try:
        return tuple(dict.fromkeys(check_key(key) for key in keys))
    except ValueError as error:
        raise broken(owner, f"{name} holds a key that {error}") from None


def check_rejections(owner: str, rejections: Any, sent: Sequence[str] | None = None) -> tuple[Rejection, ...]:
    """Return why records of a batch were refused, or why records of a page cannot be read (then nothing was sent).

    Raises:
        ProtocolError: One concerns a record that was not sent, or the same record twice.
    """
    checked: dict[str, Rejection] = {}
    known = None if sent is None else set(sent)
    for rejection in rejections if isinstance(rejections, Iterable) else [rejections]:
        check_answer(owner, rejection, Rejection)
        try:
            key = check_key(rejection.key)
            text, instruction = _cut(rejection.text), _cut(rejection.instruction)
            technical = _cut(rejection.technical)
            field = check_text(rejection.field, LONGEST_KEY)
        except ValueError as error:
            raise broken(owner, f"a rejection {error}") from None
        if key in checked or (known is not None and key not in known):
            raise broken(owner, "it rejects a record that was not sent, or one twice")
        checked[key] = Rejection(key, text, instruction, technical, field, rejection.stale is True)
    return tuple(checked.values())


def _cut(text: Any) -> str:
    """Return a text for people, short and without the secrets that the server behind a connector may repeat."""
    return redacted(check_text(text)[:_LONGEST_NOTICE])
