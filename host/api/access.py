"""Who may call an operation of the API: a bearer token with the scope, or the session of a page of ours."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_smorest import Blueprint

from host.accounts.current import signed_in_user
from host.accounts.models import TokenScope
from host.accounts.sessions import bearer_token
from host.accounts.signed_in import SignedInUser
from host.errors import ForbiddenError, NotSignedInError
from host.throttling import count_against

View = TypeVar("View", bound=Callable[..., Any])

FAILED_TOKENS_LIMIT = "30 per minute"
_SCOPES = list(TokenScope)  # each includes the ones before it


def requires(scope: TokenScope) -> Callable[[View], View]:
    """Admit a call with at least this scope; for `TokenScope.ADMIN` the user must be an administrator as well.

    Stands above every other decorator of the operation, so that nothing is read for somebody who may not ask. A
    session counts as every scope of its user, and needs the CSRF token where the call changes something.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            _admit(scope)
            return cast(ResponseReturnValue, view(*args, **kwargs))

        documented = Blueprint.doc(
            security=[{"bearer": []}, {"session": []}],
            responses={"401": "UNAUTHORIZED", "403": "FORBIDDEN", "429": "TOO_MANY_REQUESTS"},
            **{"x-scope": scope.value},
        )(guarded)
        documented.required_scope = scope
        return cast(View, documented)

    return decorate


def _admit(scope: TokenScope) -> None:
    user = signed_in_user()
    if bearer_token(request) is not None:
        _check_token(user, scope)
    elif user is None:
        raise NotSignedInError(_("nobody has signed in"), _("send a token in the Authorization header"))
    elif current_app.config["WTF_CSRF_ENABLED"]:
        current_app.extensions["csrf"].protect()
    if scope is TokenScope.ADMIN and user is not None and not user.is_administrator:
        raise ForbiddenError(_("this is for administrators"), _("ask one of them"))


def _check_token(user: SignedInUser | None, scope: TokenScope) -> None:
    if user is None or user.scope is None:
        count_against(FAILED_TOKENS_LIMIT, "failed-token", request.remote_addr or "")
        raise NotSignedInError(_("the token does not count"), _("make a new one on your account page"))
    if _SCOPES.index(user.scope) < _SCOPES.index(scope):
        raise ForbiddenError(
            _("the token has the scope %(has)s, this needs %(needs)s", has=user.scope.value, needs=scope.value),
            _("use a token with that scope"),
        )
