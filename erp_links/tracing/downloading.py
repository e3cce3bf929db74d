"""A trace as a file: lines of JSON, the first about the trace, each other one about a call."""

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from flask import Response
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from erp_links.links.finding import managed_link
from erp_links.runtime import LinkRuntime
from erp_links.tracing.models import LinkTrace, TracedCall
from erp_links.tracing.operations import note_download, trace_view
from host.accounts.principal import Principal
from host.audit.doer import Doer
from host.database import Database, dump_json, load_json

MIME_TYPE = "application/x-ndjson"
_CALLS_AT_ONCE = 200
_LATEST = 20


def trace_file(runtime: LinkRuntime, doer: Doer, principal: Principal, link_id: int) -> Response:
    """Return the answer that streams a trace, and note that it was asked for.

    Raises:
        NotFoundError: There is no such link, the principal may not see its ERP's values, or it has no trace.
    """
    trace_id = note_download(runtime, doer, principal, link_id)
    with runtime.database.reading() as session:
        name = file_name(session, link_id)
    # a header is ASCII (RFC 6266)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(trace_lines(runtime, link_id, trace_id), mimetype=MIME_TYPE, headers=headers)


def file_name(session: Session, link_id: int) -> str:
    """Return a name for the file that tells link and time, of letters and digits of any language.

    Raises:
        NotFoundError: There is no such link.
    """
    words = re.sub(r"[\W_]+", "-", managed_link(session, link_id).name).strip("-")[:60]
    started_at = trace_view(session, link_id).started_at
    moment = f"-{started_at:%Y%m%dT%H%M%SZ}" if started_at else ""
    return f"trace-{words or f'erp-link-{link_id}'}{moment}.ndjson"


def trace_lines(runtime: LinkRuntime, link_id: int, trace_id: int) -> Iterator[str]:
    """Yield the lines of a trace, each with its line break; no transaction stays open between them.

    Calls are in the order in which they began. A trace that is replaced meanwhile ends early.
    """
    with runtime.database.reading() as session:
        header = _header(session, link_id)
    yield f"{dump_json(header)}\n"
    for line in _calls(runtime.database, trace_id):
        yield f"{line}\n"


def latest_calls(session: Session, link_id: int) -> list[dict[str, Any]]:
    """Return the calls of a trace that began last, the last first, as in the file."""
    statement = (
        select(TracedCall.line)
        .join(LinkTrace, LinkTrace.id == TracedCall.trace_id)
        .where(LinkTrace.link_id == link_id)
        .order_by(TracedCall.started_at.desc(), TracedCall.id.desc())
        .limit(_LATEST)
    )
    return [load_json(line) for line in session.scalars(statement)]


def _header(session: Session, link_id: int) -> dict[str, Any]:
    link = managed_link(session, link_id)
    view = trace_view(session, link_id)
    return {
        "trace": {
            "link": {"id": link.id, "name": link.name, "guid": link.guid},
            "sync_connector": {"name": link.connector.name, "plugin": link.tested_plugin},
            "state": view.state.value,
            "started_at": f"{view.started_at:%Y-%m-%dT%H:%M:%SZ}" if view.started_at else None,
            "until": f"{view.until:%Y-%m-%dT%H:%M:%SZ}" if view.until else None,
            "ended_at": f"{view.ended_at:%Y-%m-%dT%H:%M:%SZ}" if view.ended_at else None,
            "calls": view.calls,
            "lost": view.lost,
            "tieline": version("tieline"),
        }
    }


def _calls(database: Database, trace_id: int) -> Iterator[str]:
    statement = (
        select(TracedCall.started_at, TracedCall.id, TracedCall.line)
        .where(TracedCall.trace_id == trace_id)
        .order_by(TracedCall.started_at, TracedCall.id)
        .limit(_CALLS_AT_ONCE)
    )
    following = statement
    while True:
        with database.reading() as session:
            rows = session.execute(following).all()
        for row in rows:
            yield row.line
        if len(rows) < _CALLS_AT_ONCE:
            return
        last = rows[-1]
        following = statement.where(tuple_(TracedCall.started_at, TracedCall.id) > (last.started_at, last.id))
