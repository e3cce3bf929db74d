"""Sessions of browsers: set-up, begin and end. A session is a signed cookie with the user's id and session epoch."""

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import flask
from flask import Flask, Request, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, login_user, logout_user
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from host.accounts.current import is_api_request
from host.accounts.models import TokenScope, User
from host.accounts.operations import authenticate_token, note_use
from host.accounts.signed_in import SignedInUser, user_of_session, user_of_token
from host.database import current_database

Params = ParamSpec("Params")
Answer = TypeVar("Answer")

SIGNED_IN_AT = "signed_in_at"
RECENT_SECONDS = 30 * 60
"""How long after giving the password a user may change who has access without giving it again."""


def init_sessions(app: Flask) -> None:
    """Let Flask-Login find the user of a request, by session cookie on pages and by either on the API."""
    # "strong" sessions die with the browser's address or name; behind mobile networks both change all the time
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)
    manager.user_loader(_user_of_cookie)
    manager.request_loader(_user_of_request)
    manager.unauthorized_handler(_ask_to_sign_in)


def begin_session(user: SignedInUser) -> None:
    """Sign a user in; what the session held before, a planted CSRF token for one, is gone."""
    flask.session.clear()
    flask.session.permanent = True
    login_user(user)
    flask.session[SIGNED_IN_AT] = int(time.time())


def begin_session_of(user: User) -> None:
    """Sign in the user of a database row."""
    with current_database().reading() as session:
        signed_in = user_of_session(session, f"{user.id}.{user.session_epoch}")
    if signed_in is not None:
        begin_session(signed_in)


def end_session() -> None:
    """Sign out."""
    logout_user()
    flask.session.clear()


def safe_next(target: str) -> str:
    """Return where to go after signing in: `target` if it is a path of this application, else the start page."""
    parts = urlsplit(target)
    is_path = target.startswith("/") and not target.startswith(("//", "/\\"))
    if is_path and not parts.scheme and not parts.netloc and "\\" not in target and target.isprintable():
        return target
    return f"{request.script_root}/"


def recent_sign_in_required(page: str) -> Callable[[Callable[Params, Answer]], Callable[Params, Answer | Response]]:
    """Ask for the password again before what gives access to somebody, unless it was given lately.

    Stands below `login_required` or `administrator_required`.

    Args:
        page: The endpoint to come back to, with the arguments of the path. What a form sent is not kept, because it
            may hold a password; so the page that shows the form asks as well.
    """

    def decorate(view: Callable[Params, Answer]) -> Callable[Params, Answer | Response]:
        @wraps(view)
        def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Answer | Response:
            if signed_in_lately():
                return view(*args, **kwargs)
            return redirect(url_for("accounts.confirm", next=url_for(page, **(request.view_args or {}))))

        return guarded

    return decorate


def signed_in_lately() -> bool:
    """Tell whether the user of this session gave the password lately."""
    return time.time() - int(flask.session.get(SIGNED_IN_AT, 0)) < RECENT_SECONDS


def bearer_token(asked: Request) -> str | None:
    """Return the token of the Authorization header, or None where the request has no such header."""
    header = asked.headers.get("Authorization")
    if header is None:
        return None
    scheme, _space, text = header.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def _user_of_cookie(cookie_id: str) -> SignedInUser | None:
    if is_api_request() and bearer_token(request) is not None:
        return None  # whoever shows a token is its user, whatever cookies the browser adds
    with current_database().reading() as session:
        return user_of_session(session, cookie_id)


def _user_of_request(asked: Request) -> SignedInUser | None:
    text = bearer_token(asked)
    if not text or not is_api_request():
        return None
    database = current_database()
    with database.reading() as session:
        token = authenticate_token(session, text)
        user = user_of_token(session, token.user_id, TokenScope(token.scope), token.name) if token else None
    if token is not None and user is not None:
        note_use(database, token)
    return user


def _ask_to_sign_in() -> Response:
    # a fragment that a script fetches must not be answered with the sign-in page in its place
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        raise Unauthorized(_("your session has ended, sign in again"))
    target = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("accounts.sign_in", next=request.script_root + target if target else None))
