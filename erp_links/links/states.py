"""The states of a link: draft → inactive ↔ active → deleted, and what each of them locks."""

from flask_babel import gettext as _

from erp_links.links.models import ErpLink, LinkState
from host.errors import ConflictError

NEXT: dict[LinkState, frozenset[LinkState]] = {
    LinkState.DRAFT: frozenset({LinkState.INACTIVE, LinkState.DELETED}),
    LinkState.INACTIVE: frozenset({LinkState.ACTIVE, LinkState.DELETED}),
    LinkState.ACTIVE: frozenset({LinkState.INACTIVE, LinkState.DELETED}),
    LinkState.DELETED: frozenset(),
}
"""The legal transitions."""


def move(link: ErpLink, state: LinkState) -> None:
    """Bring a link into another state.

    Raises:
        ConflictError: There is no way from the present state to that one.
    """
    present = LinkState(link.state)
    if state not in NEXT[present]:
        raise ConflictError(
            _("an ERP link that is %(present)s cannot become %(next)s", present=present.value, next=state.value)
        )
    link.state = state.value


def lock_reason(link: ErpLink) -> str:
    """Return why configuration and mapping of a link cannot be changed now, or an empty text (C-10)."""
    if link.state == LinkState.ACTIVE:
        return str(_("locked while the ERP link is active, deactivate it first"))
    return ""


def state_name(state: LinkState) -> str:
    """Return the word for a state."""
    words: dict[LinkState, str] = {
        LinkState.DRAFT: _("Draft"),
        LinkState.INACTIVE: _("Inactive"),
        LinkState.ACTIVE: _("Active"),
        LinkState.DELETED: _("Deleted"),
    }
    return words[state]
