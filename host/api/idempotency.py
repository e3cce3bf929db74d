"""`Idempotency-Key`: a client that got no answer to a create may send it again without making a second thing."""

import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, request
from flask_babel import gettext as _
from flask_smorest import Blueprint
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from host.accounts.current import current_principal
from host.api.models import IdempotencyKey
from host.database import current_database
from host.errors import ConflictError, InvalidInputError

View = TypeVar("View", bound=Callable[..., Any])

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
_ACCEPTABLE = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("ETag", "Location")
_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "description": "A text of the client's own; the same text and content again get the first answer for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def idempotent(view: View) -> View:
    """Answer a repeated create with the stored first answer.

    Stands above `response` and `arguments`, below `requires`. Only an answer of success is stored; after an error the
    key is free again. A process that dies between the create and storing its answer leaves the key taken: then nobody
    can tell whether the thing was made, and the client is told to look.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return cast(Response, view(*args, **kwargs))
        if not _ACCEPTABLE.fullmatch(key):
            raise InvalidInputError({HEADER: [_("must be 1 to 255 visible ASCII characters")]})
        stored = _begin(key)
        if stored is not None:
            return stored
        succeeded = False
        try:
            response = cast(Response, view(*args, **kwargs))
            succeeded = response.status_code < 300
        finally:
            if not succeeded:
                _give_up(key)
        _finish(key, response)
        return response

    return cast(View, Blueprint.doc(parameters=[_PARAMETER], responses={"409": "CONFLICT"})(once))


def _begin(key: str) -> Response | None:
    """Take the key, or return the answer that is stored under it."""
    user_id, digest, now = current_principal().user_id, _digest(), datetime.now(UTC)
    try:
        with current_database().writing() as session:
            session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT_FOR))
            known = session.get(IdempotencyKey, (user_id, key))
            if known is None:
                session.add(IdempotencyKey(user_id=user_id, key=key, digest=digest, created_at=now))
                return None
    except IntegrityError as error:
        raise _under_way() from error
    if not hmac.compare_digest(known.digest, digest):
        raise InvalidInputError({HEADER: [_("was used for another request, make a new one")]})
    if known.status is None:
        raise _under_way()
    headers = {**known.headers, "Idempotency-Replayed": "true"}
    return Response(known.body, known.status, headers, content_type="application/json")


def _finish(key: str, response: Response) -> None:
    with current_database().writing() as session:
        taken = session.get(IdempotencyKey, (current_principal().user_id, key))
        if taken is not None:
            taken.status = response.status_code
            taken.headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            taken.body = response.get_data(as_text=True)


def _give_up(key: str) -> None:
    with current_database().writing() as session:
        taken = session.get(IdempotencyKey, (current_principal().user_id, key))
        if taken is not None:
            session.delete(taken)


def _digest() -> str:
    sent = b"\0".join([request.method.encode(), request.full_path.encode(), request.get_data(cache=True)])
    secret = str(current_app.secret_key).encode()
    return hmac.new(secret, sent, "sha256").hexdigest()


def _under_way() -> ConflictError:
    return ConflictError(
        _("a request with this key is under way, or broke off"),
        _("wait, then look whether the thing was made, and use a new key if it was not"),
    )
