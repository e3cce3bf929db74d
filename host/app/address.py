"""Under which address the application is reached, and by whom, when proxies stand in front."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from host.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def init_app(app: Flask, settings: Settings) -> None:
    """Let requests show the client's address, and the public address of Tieline, instead of the last proxy's.

    Sign-in limits and the audit log use the client's address; redirects, cookies and callbacks the public one.
    """
    wsgi: WSGIApplication = PublicAddress(app.wsgi_app, settings.public_url, settings.path_prefix)
    count = settings.trusted_proxies
    if count:
        wsgi = ProxyFix(wsgi, x_for=count, x_proto=count, x_host=count)
    app.wsgi_app = wsgi  # type: ignore[assignment, method-assign]  # Flask documents it so


class PublicAddress:
    """Sets scheme, host and path prefix of each request to what the settings say.

    A proxy may pass the prefix on or cut it off; both arrive here. A public URL wins over what the request claims,
    so that a forged `Host` header reaches no link that Tieline makes.
    """

    def __init__(self, wsgi: "WSGIApplication", public_url: str, path_prefix: str) -> None:
        self._wsgi = wsgi
        self._public = urlsplit(public_url)
        self._prefix = path_prefix

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if self._public.netloc:
            environ["HTTP_HOST"] = self._public.netloc
            environ["wsgi.url_scheme"] = self._public.scheme
        if self._prefix:
            path = environ.get("PATH_INFO", "")
            environ["SCRIPT_NAME"] = self._prefix
            if path == self._prefix or path.startswith(f"{self._prefix}/"):
                environ["PATH_INFO"] = path.removeprefix(self._prefix)
        return self._wsgi(environ, start_response)
