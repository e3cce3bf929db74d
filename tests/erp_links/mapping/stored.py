"""Links as the tests of the mapping need them: stored straight away, with what Plain ERP declares."""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.orm import Session

import host.app.tables  # noqa: F401 - an operation may touch any table
from erp_links.links.models import ErpLink, LinkState, Visibility
from erp_links.mapping.declared import DeclaredLink
from erp_links.mapping.models import LinkActorType
from erp_links.mapping.reading import mapping_of
from erp_links.mapping.taking_over import take_over_declaration
from host.audit.doer import Doer
from sync_connectors.registered.models import SyncConnector
from tests.emulators.plain_server import ACTOR_TYPES, FIELDS, SEARCHABLE

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADMINISTRATOR = Doer(None, "Ida Holm", "cli")
DECLARED = DeclaredLink(ACTOR_TYPES, FIELDS, SEARCHABLE)


def stored_link(session: Session, name: str = "Nordwind", declared: DeclaredLink = DECLARED) -> ErpLink:
    """Store an inactive link that has taken over a declaration."""
    connector = SyncConnector(name=f"Connector of {name}", url="plugin:plain-erp", created_at=NOON)
    session.add(connector)
    session.flush()
    link = ErpLink(
        guid=str(uuid4()),
        name=name,
        connector_id=connector.id,
        state=LinkState.INACTIVE.value,
        visibility=Visibility.ALL.value,
        created_at=NOON,
        updated_at=NOON,
    )
    session.add(link)
    session.flush()
    take_over_declaration(session, link, declared, NOON)
    return link


def type_row(session: Session, link: ErpLink, name: str = "Customer") -> LinkActorType:
    """Return the row of one actor type."""
    mapped = mapping_of(session, link).named(name)
    assert mapped is not None
    return mapped.row
