"""Checks of a pass: its pages, its cursors, and what comes when it is resumed."""

from sync_connectors.contract.errors import ConnectorError, ProtocolError
from sync_connectors.testing.check import type_check
from sync_connectors.testing.outcomes import CheckFailedError, apply_if, require
from sync_connectors.testing.passes import Pass, read_pass
from sync_connectors.testing.records import TypeBench

UNKNOWN_CURSOR = "no-such-cursor-7q"


@type_check(
    mend="Declare the capability `paging`, and set `resume` on each page but the last.",
)
def paging_is_declared(kind: TypeBench) -> None:
    """A pass of several pages is declared as paging, with a cursor behind every page but the last."""
    pages = kind.first_pass.pages
    apply_if(len(pages) > 1, "all records came in one page")
    require(kind.able.paging, f"{len(pages)} pages came, and paging is not declared")


@type_check(
    mend="Tell how many records the whole pass brings, or None; not those of one page.",
)
def total_covers_the_pass(kind: TypeBench) -> None:
    """`total` is never less than what came, where it is told."""
    pages = kind.first_pass.pages
    apply_if(any(page.total is not None for page in pages), "no page tells a total")
    count = len(kind.records)
    for page in pages:
        require(page.total is None or page.total >= count, f"{count} records came, and a page told {page.total}")


@type_check(
    mend="Put all that is needed to go on into the cursor. The host resumes after a crash, in another process.",
)
def resumed_pass_loses_nothing(kind: TypeBench) -> None:
    """A pass that is resumed behind a page, in another session, brings all records behind that page."""
    first, cursor = _first_page(kind)
    rest = kind.first_pass.records.keys() - {actor.key for actor in first.pages[0].actors}
    missing = sorted(rest - _resumed(kind, cursor).records.keys())
    require(not missing, f"resumed behind its first page, the pass lacks {', '.join(missing[:5])}")


@type_check(
    mend="Read from the cursor on. A pass that always begins anew never ends where the connection breaks now and then.",
)
def resumed_pass_goes_on(kind: TypeBench) -> None:
    """A pass that is resumed goes on, and does not begin anew."""
    _, cursor = _first_page(kind)
    count, whole = len(_resumed(kind, cursor).records), len(kind.first_pass.records)
    require(count < whole, f"resumed behind its first page, the pass brings all {whole} records again")


@type_check(
    mend="Raise ProtocolError for a cursor that is unknown or has expired: the host then begins the pass anew. To "
    "begin anew silently hides that records may have been missed.",
)
def unknown_cursor_is_refused(kind: TypeBench) -> None:
    """A cursor that the connector never gave raises ProtocolError."""
    apply_if(kind.able.paging, "it declares no paging")
    _ = kind.records
    try:
        read_pass(kind.bench.session, kind.name, None, kind.field_keys, resume=UNKNOWN_CURSOR, most=1)
    except ProtocolError:
        return
    except ConnectorError as error:
        raise CheckFailedError(f"a cursor that was never given raises {type(error).__name__}: {error}") from error
    raise CheckFailedError("a cursor that was never given is accepted")


def _first_page(kind: TypeBench) -> tuple[Pass, str]:
    apply_if(kind.able.paging, "it declares no paging")
    apply_if(kind.first_pass.complete, "there are too many records to read all")
    cursor = kind.first_pass.pages[0].resume if kind.first_pass.pages else None
    apply_if(cursor is not None, "all records came in one page")
    return kind.first_pass, cursor or ""


def _resumed(kind: TypeBench, cursor: str) -> Pass:
    with kind.bench.another_session() as session:
        return read_pass(session, kind.name, None, kind.field_keys, resume=cursor)


CHECKS = (
    paging_is_declared,
    total_covers_the_pass,
    resumed_pass_loses_nothing,
    resumed_pass_goes_on,
    unknown_cursor_is_refused,
)
