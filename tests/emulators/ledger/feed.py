"""The feed of changes: pages with cursors over the positions of records, by version or by the clock."""

import random
from collections.abc import Mapping
from typing import Any

from tests.emulators.ledger.books import Books, Record
from tests.emulators.ledger.clock import text_of
from tests.emulators.ledger.faults import Faults

Position = tuple[str, str]
"""Where a record stands: its version or time as text that sorts, and its key."""


class ExpiredError(Exception):
    """The cursor is not known any more."""


def changes(books: Books, faults: Faults, table: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page.

    Args:
        asked: `since` (a mark, or None for everything), `cursor` (or None for the first page), `size`, `by`
            ("version" or "clock"), `inclusive` (whether what stands exactly at the mark comes again).

    A cursor carries the mark of the pass's first page, so that what changes while a pass is under way comes in the next
    one, also where it has come in this one.

    Raises:
        ExpiredError: The cursor is not known any more.
    """
    by, since, cursor = asked["by"], asked["since"], asked["cursor"]
    if cursor is not None and (cursor.count("|") < 2 or faults.strike("expired", "changes", table)):
        raise ExpiredError
    with books.lock:
        mark = cursor.split("|")[0] if cursor else _mark(books, by)
        records = [record for record in books.tables[table].values() if not record.hidden]
        rows = sorted((_position(record, by), record) for record in records if _is_due(record, by, since, asked))
        total = len(rows)
        begin = sum(1 for position, _record in rows if cursor and "|".join(position) <= cursor.split("|", 1)[1])
        end = begin + asked["size"]
        page = [record for _position_, record in rows[_overlapped(faults, table, begin) : end]]
        last = end >= total
        following = None if last else "|".join([mark, *rows[end - 1][0]])
        page = _disturbed(faults, table, page)
        if faults.strike("stuck", "changes", table):
            following = cursor or "|".join([mark, *rows[0][0]])
        return {
            "records": page,
            "cursor": following,
            "mark": mark,
            "total": total,
            "now": text_of(books.clock.now()),
        }


def deletions(books: Books, table: str, since: str | None, by: str) -> dict[str, Any]:
    """Return the keys that were deleted since a mark, the mark itself included."""
    with books.lock:
        gone = books.deleted[table]
        keys = [
            one.key for one in gone if since is None or (one.time if by == "clock" else _number(one.position)) >= since
        ]
        return {"keys": list(dict.fromkeys(keys)), "mark": _mark(books, by)}


def _mark(books: Books, by: str) -> str:
    return text_of(books.clock.now()) if by == "clock" else _number(books.version)


def _number(version: int) -> str:
    return f"{version:012d}"


def _position(record: Record, by: str) -> Position:
    return (record.time if by == "clock" else _number(record.position), record.key)


def _is_due(record: Record, by: str, since: str | None, asked: Mapping[str, Any]) -> bool:
    position = _position(record, by)[0]
    return since is None or position > since or (asked["inclusive"] and position == since)


def _overlapped(faults: Faults, table: str, begin: int) -> int:
    fault = faults.strike("overlap", "changes", table) if begin else None
    return max(0, begin - int(fault.options.get("records", 1))) if fault else begin


def _disturbed(faults: Faults, table: str, page: list[Record]) -> list[Record]:
    if page and faults.strike("repeat", "changes", table):
        page = [*page, *page[: len(page) // 2 + 1]]
    if fault := faults.strike("shuffle", "changes", table):
        page = random.Random(fault.seed + fault.struck).sample(page, len(page))
    return [record for record in page if not faults.strike("vanish", "changes", table, record.key)]
