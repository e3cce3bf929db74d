"""Structured logs: every record tells its request or run, and none tells a secret.

Code logs through `logging.getLogger(__name__)` as anywhere. Around a request, a run or a call with secrets it says so:

    with bind(run_id=str(run.id)), redact(configuration.secrets.values()):
        ...

Both hold for the present thread. A pool thread takes them over with `contextvars.copy_context().run(...)`.
"""

from host.logs.context import bind, bound, request_id
from host.logs.handlers import configure
from host.logs.redaction import redact, redacted

__all__ = ["bind", "bound", "configure", "redact", "redacted", "request_id"]
