"""An id for every request, on its log records and in its answer, and one line per answer."""

import logging
import re
from contextlib import ExitStack
from time import monotonic
from uuid import uuid4

from flask import Flask, Response, g, request

from host.logs.context import bind, request_id
from host.settings import Settings

HEADER = "X-Request-ID"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_logger = logging.getLogger(__name__)


def init_app(app: Flask, settings: Settings) -> None:
    """Give the requests of `app` their ids; a trusted proxy may have given one already."""

    def begin() -> None:
        offered = request.headers.get(HEADER, "") if settings.trusted_proxies else ""
        chosen = offered if _ACCEPTABLE.fullmatch(offered) else uuid4().hex
        g.request_began = monotonic()
        g.request_bound = ExitStack()
        g.request_bound.enter_context(bind(request_id=chosen))

    def finish(response: Response) -> Response:
        if "request_began" not in g:  # refused before this request began, by a limit for one
            return response
        response.headers[HEADER] = request_id()
        milliseconds = round((monotonic() - g.request_began) * 1000)
        # Without the query string: a search for a person does not belong in a log.
        _logger.info(
            "%s %s %s in %s ms",
            request.method,
            _shown_path(),
            response.status_code,
            milliseconds,
            extra={"status": response.status_code, "milliseconds": milliseconds},
        )
        return response

    def release(_error: BaseException | None) -> None:
        if "request_bound" in g:
            g.pop("request_bound").close()

    app.before_request(begin)
    app.after_request(finish)
    app.teardown_request(release)


def _shown_path() -> str:
    """Return the path of the request; one that holds a one-time token as the rule that it matched."""
    if request.url_rule is not None and "token" in (request.view_args or {}):
        return request.url_rule.rule
    return request.path
