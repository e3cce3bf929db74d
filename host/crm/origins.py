"""Origins: who made a change, as the hub stores it, and how a reader sees it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.accounts.models import User
from host.accounts.principal import Principal
from host.audit.doer import Doer


class OriginKind(StrEnum):
    """Where a change came from; what follows the colon is the id of a user, or of a link."""

    USER = "user"
    API = "api"
    IMPORT = "import"
    LINK = "link"


NameLinks = Callable[[Session, Principal, Collection[int]], Mapping[int, str]]
"""Returns the names of those links that the reader may see, by id."""

_OF_USERS = (OriginKind.USER, OriginKind.API, OriginKind.IMPORT)


def origin_of(doer: Doer) -> str:
    """Return the origin of what a doer changes in the hub."""
    kind = OriginKind.API if doer.channel == "api" else OriginKind.USER
    return f"{kind}:{doer.user_id or 0}"


def import_origin_of(doer: Doer) -> str:
    """Return the origin of what a doer imports."""
    return f"{OriginKind.IMPORT}:{doer.user_id or 0}"


def is_of_link(origin: str) -> bool:
    """Whether a link made the change, and not somebody or something on the side of the CRM."""
    return _parts(origin)[0] == OriginKind.LINK


def origin_words(
    session: Session,
    origins: Collection[str],
    principal: Principal | None = None,
    name_links: NameLinks | None = None,
) -> dict[str, str]:
    """Return the words for each origin; a link that the reader may not see is "another system".

    Args:
        session: A session.
        origins: Origins such as `user:5` or `link:3`.
        principal: The reader, or None where it is not known who will read.
        name_links: Names the links; without it all are "another system".
    """
    ids = defaultdict(set)
    for origin in origins:
        kind, number = _parts(origin)
        ids[kind].add(number)
    users = _user_names(session, {number for kind in _OF_USERS for number in ids.get(kind, ())})
    links = name_links(session, principal, ids[OriginKind.LINK]) if name_links and principal else {}
    return {origin: _words(*_parts(origin), users, links) for origin in origins}


def _words(kind: str, number: int, users: Mapping[int, str], links: Mapping[int, str]) -> str:
    name = users.get(number) or _("the system")
    if kind == OriginKind.USER:
        return name
    if kind == OriginKind.API:
        return str(_("%(name)s over the API", name=name))
    if kind == OriginKind.IMPORT:
        return str(_("%(name)s by import", name=name))
    return links.get(number) or _("another system")


def _parts(origin: str) -> tuple[str, int]:
    kind, _colon, number = origin.partition(":")
    return kind, int(number) if number.isdecimal() else 0


def _user_names(session: Session, ids: Collection[int]) -> dict[int, str]:
    if not ids:
        return {}
    return {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}
