"""What the sync settings tell of sync connectors, out of the cache: one that is down slows nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from sync_connectors.connectors import Connectors
from sync_connectors.registered.answers import failure_of, warning_of, why_unavailable
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import declaration_of, registered_connectors


@dataclass(frozen=True, slots=True)
class ConnectorRow:
    """One connector among others.

    Attributes:
        words: How it last answered.
        kind: The kind of tag for that: ok, warn or bad.
        told_at: When it last answered or failed.
    """

    connector: SyncConnector
    words: str
    kind: str
    told_at: datetime | None
    warning: str
    links: int


def connector_rows(session: Session, roads: Connectors, links: Sequence[ErpLink]) -> list[ConnectorRow]:
    """Return the connectors by name, with how many of the links use each."""
    used = Counter(link.connector_id for link in links)
    rows = []
    for one in registered_connectors(session):
        words, kind, at = _answer(roads, one)
        rows.append(ConnectorRow(one, words, kind, at, warning_of(one.url), used[one.id]))
    return rows


def _answer(roads: Connectors, one: SyncConnector) -> tuple[str, str, datetime | None]:
    missing = why_unavailable(roads, one)
    if missing:
        return missing, "bad", None
    if one.failure:
        return failure_of(one), "bad", one.failed_at
    if one.declaration is None:
        return _("not asked yet"), "warn", None
    version = declaration_of(one).version
    if one.probe is not None:
        return _("by URL, %(version)s", version=version), "ok", one.declared_at
    return _("in process, %(version)s", version=version), "ok", one.declared_at
