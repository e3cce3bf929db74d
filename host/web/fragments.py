"""Parts of pages that the browser fetches by themselves."""

from hashlib import blake2b

from flask import Response, request


def with_etag(html: str, *, stop: bool = False) -> Response:
    """Return a fragment that is sent only when it differs from what the browser has.

    Args:
        html: The fragment.
        stop: Whether the browser may stop polling, because nothing will change any more.
    """
    response = Response(html, mimetype="text/html")
    response.set_etag(blake2b(html.encode(), digest_size=12).hexdigest())
    if stop:
        response.headers["X-Poll"] = "stop"
    response.make_conditional(request)
    return response
