"""A traced link, and its trace as it is downloaded."""

import json
from typing import Any

from erp_links.runtime import LinkRuntime
from erp_links.tracing.downloading import trace_lines
from erp_links.tracing.operations import TraceView, start_trace, trace_of, trace_view
from host.audit.doer import Doer

IDA = Doer(None, "Ida Holm", "page")


def traced(runtime: LinkRuntime, link_id: int, minutes: int = 15) -> None:
    """Switch the trace of a link on."""
    start_trace(runtime, IDA, link_id, minutes)


def text_of(runtime: LinkRuntime, link_id: int) -> str:
    """Return the trace of a link as it is downloaded, once what this process waits with is written."""
    runtime.tracer.write()
    with runtime.database.reading() as session:
        trace = trace_of(session, link_id)
    assert trace is not None
    return "".join(trace_lines(runtime, link_id, trace.id))


def calls_of(runtime: LinkRuntime, link_id: int) -> list[dict[str, Any]]:
    """Return the calls of a trace."""
    _header, *lines = text_of(runtime, link_id).splitlines()
    return [json.loads(line) for line in lines]


def names_of(runtime: LinkRuntime, link_id: int) -> list[str]:
    """Return the names of the calls of a trace."""
    return [call["call"] for call in calls_of(runtime, link_id)]


def view_of(runtime: LinkRuntime, link_id: int) -> TraceView:
    """Return how the trace stands."""
    with runtime.database.reading() as session:
        return trace_view(session, link_id)
