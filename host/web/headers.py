"""What every answer tells the browser to refuse."""

from flask import Flask, Response, request

from host.settings import Settings

CONTENT_SECURITY_POLICY = "; ".join(  # noqa: FLY002 - each source has its reason beside it
    (
        "default-src 'self'",
        "img-src 'self' data:",  # Bootstrap draws its small signs as data
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)


def init_headers(app: Flask, settings: Settings) -> None:
    """Send the headers with every answer."""
    is_public_https = settings.public_url.startswith("https://")

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if is_public_https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        _set_caching(response)
        return response


def _set_caching(response: Response) -> None:
    if (request.endpoint or "").endswith("static"):
        # Modules import each other by their plain names; only an address with a version may be kept unasked.
        if "v" not in request.args:
            response.headers["Cache-Control"] = "no-cache"
        return
    # Pages hold data of whoever is signed in; fragments that are polled are asked for again by ETag.
    response.headers.setdefault("Cache-Control", "private, no-cache" if "ETag" in response.headers else "no-store")
