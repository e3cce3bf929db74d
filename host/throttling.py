"""How often something may be asked for; kept in the memory of the one web process."""

import math
import time
from typing import cast

from flask import Flask, current_app
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse_many

from host.errors import TooManyRequestsError
from host.settings import Settings

EXTENSION = "tieline_limiter"


def init_throttling(app: Flask, _settings: Settings) -> None:
    """Set the limiter up; the client's address is honest because the factory trusts only the proxies it was told of."""
    app.extensions[EXTENSION] = Limiter(get_remote_address, app=app, storage_uri="memory://", default_limits=[])


def count_against(limit: str, *key: str, times: int = 1) -> None:
    """Count one try, and refuse it where there were too many.

    Args:
        limit: The notation of Flask-Limiter, `10 per minute` for one; several are divided by `;`.
        key: What is counted, such as ("sign-in", address, login).
        times: By how much the limit is multiplied for this key.

    Raises:
        TooManyRequestsError: The limit is reached; says when to try again.
    """
    limiter = _limiter().limiter
    for item in _items(limit, times):
        if not limiter.hit(item, *key):
            raise _refusal(item, key)


def refuse_above(limit: str, *key: str) -> None:
    """Refuse without counting, for limits on failures only.

    Raises:
        TooManyRequestsError: The limit is reached.
    """
    for item in _items(limit, 1):
        if not _limiter().limiter.test(item, *key):
            raise _refusal(item, key)


def count(limit: str, *key: str) -> None:
    """Count without refusing; `refuse_above` refuses the next one."""
    for item in _items(limit, 1):
        _limiter().limiter.hit(item, *key)


def _items(limit: str, times: int) -> list[RateLimitItem]:
    return [type(item)(item.amount * times, item.multiples) for item in parse_many(limit)]


def _refusal(item: RateLimitItem, key: tuple[str, ...]) -> TooManyRequestsError:
    seconds = max(1, math.ceil(_limiter().limiter.get_window_stats(item, *key).reset_time - time.time()))
    return TooManyRequestsError(_("too many tries"), seconds, _("try again in %(seconds)s seconds", seconds=seconds))


def _limiter() -> Limiter:
    return cast(Limiter, current_app.extensions[EXTENSION])
