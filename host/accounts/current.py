"""Who asks, in a request."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import request
from flask_babel import gettext as _
from flask_login import current_user, login_required

from host.accounts.principal import Principal
from host.accounts.signed_in import SignedInUser
from host.audit.doer import Doer
from host.errors import ForbiddenError, NotSignedInError
from host.logs import request_id

Params = ParamSpec("Params")
Answer = TypeVar("Answer")

API_PATH = "/api/"


def signed_in_user() -> SignedInUser | None:
    """Return the user of this request, or None where nobody has signed in."""
    return cast(SignedInUser, current_user) if current_user and current_user.is_authenticated else None


def current_principal() -> Principal:
    """Return the user of this request for rules of visibility.

    Raises:
        NotSignedInError: Nobody has signed in.
    """
    return _required_user().principal


def current_doer() -> Doer:
    """Return the user of this request for the audit log and the origin of changes.

    Raises:
        NotSignedInError: Nobody has signed in.
    """
    user = _required_user()
    return Doer(
        user_id=user.id,
        name=user.name,
        channel="api" if is_api_request() else "page",
        address=request.remote_addr or "",
        request_id=request_id(),
    )


def is_api_request() -> bool:
    """Tell whether this request asks the API and not for a page."""
    return request.path.startswith(API_PATH)


def administrator_required(view: Callable[Params, Answer]) -> Callable[Params, Answer]:
    """Let only administrators through to a page; users get "forbidden", others the sign-in page."""

    @wraps(view)
    def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
        if not _required_user().is_administrator:
            raise ForbiddenError(_("this page is for administrators"), _("ask one of them"))
        return view(*args, **kwargs)

    return cast(Callable[Params, Answer], login_required(guarded))


def _required_user() -> SignedInUser:
    user = signed_in_user()
    if user is None:
        raise NotSignedInError(_("nobody has signed in"), _("sign in first"))
    return user
