"""Who sees links, in words; for many links with two statements."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkAccess, Visibility
from host.accounts.models import Group, User


def visibilities_in_words(session: Session, links: Sequence[ErpLink]) -> dict[int, str]:
    """Return by link id who sees it: `all users`, or names with what each may do."""
    rows = [row for link in links for row in link.access]
    users = select(User.id, User.name).where(User.id.in_({row.user_id for row in rows if row.user_id}))
    groups = select(Group.id, Group.name).where(Group.id.in_({row.group_id for row in rows if row.group_id}))
    user_names = dict(session.execute(users).all())
    group_names = dict(session.execute(groups).all())
    return {link.id: _words(link, user_names, group_names) for link in links}


def _words(link: ErpLink, user_names: Mapping[int, str], group_names: Mapping[int, str]) -> str:
    if link.visibility == Visibility.ALL:
        return str(_("all users"))
    named = (
        (user_names.get(row.user_id, "") if row.user_id else group_names.get(row.group_id or 0, "")) + _rights(row)
        for row in link.access
    )
    return ", ".join(sorted(named))


def _rights(row: LinkAccess) -> str:
    words = [word for word, given in ((_("connect"), row.may_connect), (_("create"), row.may_create)) if given]
    return f" ({', '.join(words)})" if words else ""
