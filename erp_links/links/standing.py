"""Where a link stands: its stored state, and over it the reason why it rests, stored or computed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.links.finding import secret_owner
from erp_links.links.models import ErpLink, LinkState, PauseReason
from erp_links.runtime import LinkRuntime
from host.secrets import lost_secrets
from sync_connectors.loading import ConnectorMissingError
from sync_connectors.urls import stored_url

GATED = frozenset({PauseReason.URL_CHANGED, PauseReason.KEY_LOST})
"""Pauses under which nothing is sent to the connector until the configuration has passed the gate again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A link's state and why it rests.

    Attributes:
        paused: Why it rests, or None.
        detail: The reason in words, for people.
        since: When it was paused, where that is stored.
    """

    state: LinkState
    paused: PauseReason | None = None
    detail: str = ""
    since: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether syncs of the link may run."""
        return self.state is LinkState.ACTIVE and self.paused is None


def standing_of(session: Session, runtime: LinkRuntime, link: ErpLink) -> Standing:
    """Return where one link stands."""
    return standings_of(session, runtime, [link])[link.id]


def standings_of(session: Session, runtime: LinkRuntime, links: Sequence[ErpLink]) -> dict[int, Standing]:
    """Return where each link stands, by id, with a constant number of statements."""
    lost = lost_secrets(session, runtime.secret_box) if links else {}
    return {link.id: standing_with(runtime, link, lost.get(secret_owner(link.id), ())) for link in links}


def standing_with(runtime: LinkRuntime, link: ErpLink, lost: Collection[str]) -> Standing:
    """Return where a link stands whose lost secrets are known.

    Computed reasons come first: they forbid more than the stored ones, which lie beneath and show again afterwards.
    """
    state = LinkState(link.state)
    is_moved = link.tested_url_revision != link.connector.url_revision
    try:
        runtime.connectors.require(link.connector)
    except ConnectorMissingError as error:
        if not (is_moved and _is_of_server(link)):
            return Standing(state, PauseReason.PLUGIN_MISSING, str(error))
    if is_moved:
        detail = _("the URL of the sync connector was changed; test the configuration again with its secrets")
        return Standing(state, PauseReason.URL_CHANGED, detail)
    if lost:
        fields = ", ".join(sorted(lost))
        detail = _("the key of these secrets is lost: %(fields)s; type them again and test", fields=fields)
        return Standing(state, PauseReason.KEY_LOST, detail)
    if link.paused_reason is not None:
        return Standing(state, PauseReason(link.paused_reason), link.paused_detail, link.paused_at)
    return Standing(state)


def _is_of_server(link: ErpLink) -> bool:
    """Whether a server is to answer its connector's URL; one that has not told yet what it speaks lacks no plugin."""
    url = stored_url(link.connector.url)
    return url is not None and url.is_asked
