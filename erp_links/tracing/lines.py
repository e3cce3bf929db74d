"""One call as the line of JSON that is kept of it."""

import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from erp_links.tracing.bounds import LARGEST_CALL
from erp_links.tracing.plain_form import LEFT_OUT, PlainForm
from host.database import dump_json
from host.logs import bound
from sync_connectors import ConfigurationError, RateLimitedError
from sync_connectors.watching import WatchedCall

_FORMS = ((50, 2_000), (10, 500), (3, 100))
"""How much is kept of lists and texts; a call that is too large is tried with less."""


def line_of(call: WatchedCall, secret_names: AbstractSet[str] = frozenset()) -> str:
    """Return the line of a call, of `LARGEST_CALL` bytes at most; texts are redacted as `host.logs.redact` says."""
    for most_parts, longest_text in _FORMS:
        told = _call_to_json(call, PlainForm(secret_names, most_parts, longest_text))
        line = dump_json(told)
        size = len(line.encode())
        if size <= LARGEST_CALL:
            return line
    return dump_json(told | {"arguments": {}, "answer": {f"{LEFT_OUT}_bytes": size}, "notices": []})


def _call_to_json(call: WatchedCall, form: PlainForm) -> dict[str, Any]:
    bindings = bound()
    answer = form.of(call.answer)
    return {
        "started_at": f"{call.started_at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "milliseconds": round(call.seconds * 1000, 1),
        "call": call.name,
        "page": call.page,
        "actor_type": _actor_type_of(call.arguments),
        "run_id": int(bindings["run_id"]) if bindings.get("run_id") else None,
        "request_id": bindings.get("request_id") or None,
        "process": os.getpid(),
        "arguments": form.of({name: value for name, value in call.arguments.items() if name != "actor_type"}),
        "notices": answer.pop("notices", []) if hasattr(call.answer, "notices") else [],
        "answer": answer,
        "error": _error_to_json(call.error, form) if call.error is not None else None,
    }


def _actor_type_of(arguments: Mapping[str, Any]) -> str | None:
    if "actor_type" in arguments:
        return str(arguments["actor_type"])
    actors = arguments.get("actors") or [arguments.get("actor")]
    return getattr(actors[0], "actor_type", None)


def _error_to_json(error: BaseException, form: PlainForm) -> dict[str, Any]:
    told: dict[str, Any] = {"class": type(error).__name__, "text": getattr(error, "text", "") or str(error)}
    told |= {name: text for name in ("instruction", "technical") if (text := getattr(error, name, ""))}
    if isinstance(error, ConfigurationError) and error.fields:
        told["fields"] = list(error.fields.items())
    if isinstance(error, RateLimitedError) and error.retry_after is not None:
        told["retry_after"] = error.retry_after
    plain: dict[str, Any] = form.of(told)
    return plain
