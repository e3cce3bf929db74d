"""Who wins when both sides changed a field: the rank of where a value comes from."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from erp_links.mapping.priority import CRM, sync_ranks

_LINK_PREFIX = "link:"


def origin_of(link_id: int) -> str:
    """Return the origin that the hub notes for values of a link."""
    return f"{_LINK_PREFIX}{link_id}"


class Ranking:
    """The sync priority as a look-up: origin of a hub value → rank, where 0 is the strongest.

    A hub value competes with the rank of its own origin, not with that of the CRM: so two ERPs and the CRM end with
    one result, whatever the order of their runs. Users, the API and imports all stand for the CRM.
    """

    def __init__(self, ranks: Mapping[int, int]) -> None:
        """Take the ranks by link id, and that of the CRM."""
        self._ranks = ranks
        self._behind_all = len(ranks)

    def of(self, origin: str) -> int:
        """Return the rank of an origin; a link that is gone stands behind all others."""
        link_id = int(origin.removeprefix(_LINK_PREFIX)) if origin.startswith(_LINK_PREFIX) else CRM
        return self._ranks.get(link_id, self._behind_all)


def read_ranking(session: Session) -> Ranking:
    """Return the present sync priority."""
    return Ranking(sync_ranks(session))
