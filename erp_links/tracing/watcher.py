"""Who is told of the calls of one link, and keeps those that belong into its trace."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from erp_links.tracing.lines import line_of
from erp_links.tracing.storing import CallLine
from erp_links.tracing.tracer import Tracer
from host.logs import redact
from sync_connectors.watching import WatchedCall


@dataclass(frozen=True, slots=True)
class LinkSecrets:
    """What must not stand in a trace: texts, wherever they stand, and the names of fields that hold some."""

    values: frozenset[str] = field(default=frozenset(), repr=False)
    names: frozenset[str] = frozenset()


class LinkWatcher:
    """Writes the calls of one link into its trace while that is on; until then it only asks whether it is.

    Args:
        tracer: Of this process.
        link_id: The link.
        secrets: What the calls are made with.
        tokens: Returns what the connector keeps for the link now; it may change with each call.
        secret_fields: Returns the keys of the ERP's fields that hold secrets.
    """

    def __init__(
        self,
        tracer: Tracer,
        link_id: int,
        secrets: LinkSecrets,
        tokens: Callable[[], Iterable[str]],
        secret_fields: Callable[[], Iterable[str]],
    ) -> None:
        self._tracer = tracer
        self._link_id = link_id
        self._tokens = tokens
        self._secret_fields = secret_fields
        self._values = secrets.values
        self._names = secrets.names
        self._knows_fields = False

    def saw(self, call: WatchedCall) -> None:
        """Keep a call if the trace is on.

        Raises:
            SQLAlchemyError: What is secret cannot be read, so nothing may be told.
        """
        trace = self._tracer.present(self._link_id)
        if trace is None:
            return
        if not self._knows_fields:
            self._names |= frozenset(self._secret_fields())
            self._knows_fields = True
        self._values |= frozenset(self._tokens())  # the former ones stay secret
        with redact(self._values):
            line = line_of(call, self._names)
        size = len(line.encode()) + 1
        self._tracer.keep(CallLine(trace.id, call.started_at, datetime.now(UTC), line, size))
