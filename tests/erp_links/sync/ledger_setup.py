"""Making the stage of `ledger_stage`: links on running Ledgers, whose types are declared and not mapped."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from erp_links.links.connecting import open_link
from erp_links.links.models import ErpLink, LinkState, Visibility
from erp_links.mapping.declared import read_declaration
from erp_links.mapping.models import LinkActorType
from erp_links.mapping.taking_over import take_over_declaration
from erp_links.runtime import LinkRuntime
from host.crm.models import CrmList, CrmListItem
from host.database import Database
from host.secrets import SecretBox, SecretStore
from host.settings import Settings
from sync_connectors.configuration import defaults_of
from sync_connectors.loading import Plugins
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from tests.emulators.ledger.connector import CONFIGURATION_FIELDS, URL
from tests.emulators.ledger.running import Ledger
from tests.erp_links.sync.ledger_stage import LedgerStage

LISTS = {"country": ("DK", "NO", "SE"), "unit": ("pcs", "kg", "h")}
LOOPBACK = ("127.0.0.0/8",)


def set_up(
    database: Database,
    settings: Settings,
    plugins: Plugins,
    ledgers: Sequence[Ledger],
    abilities: Sequence[Mapping[str, str]] = (),
    url: str = URL,
) -> LedgerStage:
    """Store one active link for each Ledger.

    Args:
        settings: They allow calls to the loopback address, see `LOOPBACK`.
        abilities: What each connector declares it can do, as texts by configuration field; the rest has its default.
        url: Behind which the connector answers.
    """
    box = SecretBox.from_settings(settings)
    runtime = LinkRuntime(database, plugins, settings, box)
    now = datetime.now(UTC)
    with database.writing() as session:
        for key, items in LISTS.items():
            session.add(CrmList(key=key, name=key))
            session.flush()
            session.add_all(CrmListItem(list_key=key, key=item, name=item) for item in items)
        declaration = Declaration.ask(runtime.connectors.at_url(url)).to_json()
        connector = SyncConnector(name="Ledger", url=url, declaration=declaration, created_at=now)
        session.add(connector)
        session.flush()
        links = [
            _link(place, ledger, connector, now, abilities[place] if place < len(abilities) else {})
            for place, ledger in enumerate(ledgers)
        ]
        session.add_all(links)
        session.flush()
        for link, ledger in zip(links, ledgers, strict=True):
            SecretStore(session, box).write(f"erp_link:{link.id}", {"Token": ledger.desk.token})
        link_ids = tuple(link.id for link in links)
    for link_id in link_ids:
        with open_link(runtime, link_id, 10) as answers:
            declared = read_declaration(answers)
        with database.writing() as session:
            take_over_declaration(session, session.get_one(ErpLink, link_id), declared)
            # the first type is switched on for whoever opens the mapping page; a test says what it wants
            for row in session.query(LinkActorType).where(LinkActorType.link_id == link_id):
                row.active = False
    for ledger in ledgers:
        ledger.desk.calls.clear()
    return LedgerStage(runtime, tuple(ledgers), link_ids)


def _link(place: int, ledger: Ledger, connector: SyncConnector, now: datetime, abilities: Mapping[str, str]) -> ErpLink:
    texts = {**defaults_of(CONFIGURATION_FIELDS, {}), "Address": ledger.url, **abilities}
    return ErpLink(
        guid=f"7f9d5c4e-0000-4000-8000-00000000000{place}",
        name=f"ERP {place}",
        connector_id=connector.id,
        state=LinkState.ACTIVE.value,
        visibility=Visibility.ALL.value,
        configuration={key: text for key, text in texts.items() if key != "Token"},
        tested_url_revision=connector.url_revision,
        created_at=now,
        updated_at=now,
    )
