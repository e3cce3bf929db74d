"""The links that a filter offers, and the place that a button was pressed on."""

from flask import request, url_for
from sqlalchemy.orm import Session

from erp_links.links.finding import managed_links, visible_links
from erp_links.links.models import ErpLink
from host.accounts.principal import Principal


def seen_or_managed(session: Session, principal: Principal) -> list[ErpLink]:
    """Return the links whose runs somebody may see: all of them for administrators, who manage them."""
    return managed_links(session) if principal.is_administrator else visible_links(session, principal)


def link_options(session: Session, principal: Principal) -> list[tuple[int, str]]:
    """Return id and name of those links, for a choice."""
    return [(link.id, link.name) for link in seen_or_managed(session, principal)]


def back_to(endpoint: str) -> str:
    """Return the list that a button was pressed on, narrowed to the link that it was narrowed to."""
    link_id = request.form.get("link", type=int)
    return url_for(endpoint, link=link_id) if link_id else url_for(endpoint)
