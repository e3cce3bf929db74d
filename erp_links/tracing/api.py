"""API resource `trace` of an ERP link."""

from flask import Response
from flask.views import MethodView

from erp_links.links.finding import managed_link
from erp_links.runtime import current_runtime
from erp_links.tracing import operations
from erp_links.tracing.downloading import MIME_TYPE, trace_file
from erp_links.tracing.operations import TraceView, trace_view
from erp_links.tracing.schemas import TraceInput, TraceSchema
from host.accounts.current import current_doer, current_principal
from host.api import TokenScope, api_blueprint, requires

trace = api_blueprint("trace", "/erp-links/<int:link_id>/trace", "What was asked of one ERP link, and answered.")


@trace.route("")
class LinkTraceItem(MethodView):
    """The trace of a link."""

    @requires(TokenScope.ADMIN)
    @trace.response(200, TraceSchema)
    def get(self, link_id: int) -> TraceView:
        """Read whether the trace is on, and how much it holds."""
        return _view(link_id)

    @requires(TokenScope.ADMIN)
    @trace.arguments(TraceInput)
    @trace.response(201, TraceSchema)
    def post(self, values: dict[str, int], link_id: int) -> TraceView:
        """Switch the trace on; an earlier one is replaced."""
        operations.start_trace(current_runtime(), current_doer(), link_id, values["minutes"])
        return _view(link_id)


@trace.route("/stop", methods=["POST"])
@requires(TokenScope.ADMIN)
@trace.response(200, TraceSchema)
@trace.alt_response(409, "CONFLICT")
def stop(link_id: int) -> TraceView:
    """Switch the trace off; what it holds can be downloaded for a week."""
    operations.stop_trace(current_runtime(), current_doer(), link_id)
    return _view(link_id)


@trace.route("/calls")
class TracedCalls(MethodView):
    """What a trace holds."""

    @requires(TokenScope.ADMIN)
    @trace.response(
        200,
        {"type": "string"},
        content_type=MIME_TYPE,
        description="A line of JSON about the trace, then one for each call, in the order in which they began.",
    )
    def get(self, link_id: int) -> Response:
        """Download the calls; only for those who may see the link, because they hold values of its ERP."""
        return trace_file(current_runtime(), current_doer(), current_principal(), link_id)


def _view(link_id: int) -> TraceView:
    with current_runtime().database.reading() as session:
        managed_link(session, link_id)
        return trace_view(session, link_id)
