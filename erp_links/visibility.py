"""Who may see an ERP link, and what they may do with its records; the one rule for pages, API and search.

Visibility governs ERP data and holds for administrators too. Managing links is another matter and hangs on the role.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_

from erp_links.links.models import ErpLink, LinkAccess, LinkState, Visibility
from host.accounts.principal import Principal


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody who sees a link may do beside seeing it."""

    may_connect: bool = False
    may_create: bool = False


def may_see(link: ErpLink, principal: Principal) -> bool:
    """Return whether the link may be seen; `visible` is the same rule in SQL.

    Denies by default: a deleted link, a visibility that is not known and a selection of nobody are seen by nobody.
    """
    if link.state == LinkState.DELETED:
        return False
    if link.visibility == Visibility.ALL:
        return True
    return link.visibility == Visibility.SELECTED and any(_names(row, principal) for row in link.access)


def visible(principal: Principal) -> ColumnElement[bool]:
    """Return the condition under which a row of `ErpLink` may be seen; `may_see` is the same rule in Python."""
    named = LinkAccess.user_id == principal.user_id
    if principal.group_ids:
        named = or_(named, LinkAccess.group_id.in_(sorted(principal.group_ids)))
    return and_(
        ErpLink.state != LinkState.DELETED.value,
        or_(
            ErpLink.visibility == Visibility.ALL.value,
            and_(ErpLink.visibility == Visibility.SELECTED.value, ErpLink.access.any(named)),
        ),
    )


def rights(link: ErpLink, principal: Principal) -> Rights:
    """Return what the principal may do with the link's records.

    A link for all users lets everybody connect and create; in a selection the rows that name the principal add up.
    """
    if not may_see(link, principal):
        return Rights()
    if link.visibility == Visibility.ALL:
        return Rights(may_connect=True, may_create=True)
    naming = [row for row in link.access if _names(row, principal)]
    return Rights(
        may_connect=any(row.may_connect for row in naming),
        may_create=any(row.may_create for row in naming),
    )


def _names(row: LinkAccess, principal: Principal) -> bool:
    return row.user_id == principal.user_id or row.group_id in principal.group_ids
