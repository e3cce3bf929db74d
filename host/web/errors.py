"""Error pages: what happened, what it means, what to do next; never a traceback."""

import logging

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from host.errors import NotSignedInError, TielineError, TooManyRequestsError
from host.logs import request_id

log = logging.getLogger(__name__)


def init_error_pages(app: Flask) -> None:
    """Show pages for errors of pages; the API answers its own."""
    app.register_error_handler(TielineError, _of_ours)
    app.register_error_handler(CSRFError, _of_forgery)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_anything)


def _of_ours(error: TielineError) -> ResponseReturnValue:
    page = _page(error.status, error.text, error.instruction)
    if isinstance(error, NotSignedInError):
        return page[0], 401
    if isinstance(error, TooManyRequestsError):
        return (*page, {"Retry-After": str(error.retry_after)})
    return page


def _of_forgery(_error: CSRFError) -> ResponseReturnValue:
    return _page(
        400,
        _("this form is no longer valid"),
        _("Nothing was changed. Your session may have ended: go back, load the page again and send it once more."),
    )


def _of_http(error: HTTPException) -> ResponseReturnValue:
    texts = {
        403: (_("you may not do this"), _("Ask an administrator of Tieline.")),
        404: (_("there is no such page"), _("It may have been deleted, or you may not see it.")),
        405: (_("this page cannot be used so"), _("Go back and use the buttons of the page.")),
        413: (_("the file is too large"), _("Send a smaller one, or ask an administrator to raise the limit.")),
        429: (_("too many tries"), _("Wait a minute and try again.")),
    }
    status = error.code or 500
    text, instruction = texts.get(status, (error.name.lower(), ""))
    if status < 400:
        return error.get_response()
    return _page(status, text, instruction)


def _of_anything(error: Exception) -> ResponseReturnValue:
    log.error("unexpected error on %s %s", request.method, request.path, exc_info=error)
    return _page(500, _("something went wrong in Tieline"), _("It is in the log. Try again, or tell an administrator."))


def _page(status: int, text: str, instruction: str) -> tuple[str, int]:
    return (
        render_template("web/error.html", status=status, text=text, instruction=instruction, request_id=request_id()),
        status,
    )
