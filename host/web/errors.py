"""Error pages: what happened, what it means, what to do next; never a traceback."""

import logging

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from host.errors import StaleVersionError, TielineError, TooManyRequestsError
from host.logs import request_id

_KEPT_HEADERS = ("Allow", "Retry-After")

log = logging.getLogger(__name__)


def init_error_pages(app: Flask) -> None:
    """Show pages for errors of pages; the API answers its own."""
    app.register_error_handler(TielineError, _of_ours)
    app.register_error_handler(CSRFError, _of_forgery)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_anything)


def _of_ours(error: TielineError) -> ResponseReturnValue:
    text, instruction = error.text, error.instruction
    if isinstance(error, StaleVersionError):
        by_whom = {"name": error.changed_by}
        text = _("changed by %(name)s meanwhile", **by_whom) if error.changed_by else _("changed meanwhile")
        instruction = _("Nothing was overwritten. Load the page again and repeat your change.")
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequestsError) else {}
    return _page(error.status, text, instruction, headers)


def _of_forgery(_error: CSRFError) -> ResponseReturnValue:
    return _page(
        400,
        _("this form is no longer valid"),
        _("Nothing was changed. Your session may have ended: go back, load the page again and send it once more."),
    )


def _of_http(error: HTTPException) -> ResponseReturnValue:
    status = error.code
    if error.response is not None or status is None or status < 400:
        return error.get_response()
    text, instruction = _words(status) or (error.name.lower(), "")
    kept = {name: value for name, value in error.get_headers() if name in _KEPT_HEADERS}
    return _page(status, text, instruction, kept)


def _words(status: int) -> tuple[str, str] | None:
    """Return what happened and what to do next."""
    return {
        400: (_("this request makes no sense"), _("Nothing was changed. Go back and use the buttons of the page.")),
        401: (_("nobody has signed in"), _("Go to the start and sign in.")),
        403: (_("you may not do this"), _("Ask an administrator of Tieline.")),
        404: (_("there is no such page"), _("It may have been deleted, or you may not see it.")),
        405: (_("this page cannot be used so"), _("Go back and use the buttons of the page.")),
        409: (_("the present state does not allow this"), _("Load the page again to see what has changed.")),
        413: (_("the file is too large"), _("Send a smaller one, or ask an administrator to raise the limit.")),
        422: (_("some values cannot be taken"), _("Nothing was saved. Go back and correct them.")),
        429: (_("too many tries"), _("Wait a minute and try again.")),
    }.get(status)


def _of_anything(error: Exception) -> ResponseReturnValue:
    log.error("unexpected error on %s %s", request.method, request.path, exc_info=error)
    try:
        return _page(
            500, _("something went wrong in Tieline"), _("It is in the log. Try again, or tell an administrator.")
        )
    except Exception:
        # The page asks for the reader's language, thus for the database, which may be what has failed.
        log.exception("the error page could not be made either")
        text = f"Something went wrong in Tieline. Tell an administrator; it is in the log under {request_id()}.\n"
        return Response(text, 500, mimetype="text/plain")


def _page(status: int, text: str, instruction: str, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    page = render_template(
        "web/error.html", status=int(status), text=text, instruction=instruction, request_id=request_id()
    )
    return page, status, headers or {}
