"""Who wins when both sides changed a field: the rank of where a value comes from."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkState, SyncPriority

_LINK_PREFIX = "link:"


def origin_of(link_id: int) -> str:
    """Return the origin that the hub notes for values of a link."""
    return f"{_LINK_PREFIX}{link_id}"


class Ranking:
    """The sync priority as a look-up: origin of a hub value → rank, where a smaller number is a higher rank.

    A hub value competes with the rank of its own origin, not with that of the CRM: so two ERPs and the CRM end with
    one result, whatever the order of their runs. Users, the API and imports all stand for the CRM.
    """

    def __init__(self, order: Iterable[int | None]) -> None:
        """Take the order of link ids, highest first, with None for the CRM (which leads where it is not listed)."""
        listed = list(order)
        if None not in listed:
            listed.insert(0, None)
        self._ranks = {link_id: rank for rank, link_id in enumerate(listed)}
        self._last = len(listed)

    def of(self, origin: str) -> int:
        """Return the rank of an origin."""
        if not origin.startswith(_LINK_PREFIX):
            return self._ranks[None]
        # a link that is gone or not listed stands behind all others
        return self._ranks.get(int(origin.removeprefix(_LINK_PREFIX)), self._last)


def read_ranking(session: Session) -> Ranking:
    """Return the present sync priority; active links that nobody has placed follow in the order of their ids."""
    order = list(session.scalars(select(SyncPriority.link_id).order_by(SyncPriority.position)))
    active = session.scalars(select(ErpLink.id).where(ErpLink.state == LinkState.ACTIVE.value).order_by(ErpLink.id))
    return Ranking([*order, *(link_id for link_id in active if link_id not in order)])
