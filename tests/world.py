"""One installation with something of everything, for the tests that walk all routes."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from erp_links.links.models import LinkAccess, LinkState, Visibility
from erp_links.mapping.models import LinkActorType
from erp_links.sync.models import (
    Conflict,
    FailedRecord,
    Intent,
    IntentKind,
    IntentState,
    Outcome,
    Pairing,
    Run,
    RunStatus,
)
from host.accounts.models import User
from host.accounts.operations import create_group, create_token
from host.audit.doer import Doer
from host.crm import bulk, list_operations
from host.crm.custom_fields import FieldChange, add_field
from host.crm.external_ids import add_external_ids
from host.crm.fields import CrmType
from host.crm.importing import operations as importing
from host.crm.registry import entity_types
from host.crm.values import CrmRows, CrmValue
from host.database import Database
from host.jobs.models import WorkerProcess
from sync_connectors import ActorType
from tests.accounts import CONSOLE, make_administrator, make_user
from tests.erp_links.mapping.stored import DECLARED as PLAIN
from tests.erp_links.mapping.stored import stored_link

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DECLARED = replace(
    PLAIN,
    actor_types=(
        *PLAIN.actor_types,
        ActorType("Project", "Project", "Projects", entity="project"),
        ActorType("Product", "Product", "Products", entity="product"),
        ActorType("SalesOrder", "Sales order", "Sales orders", entity="sales_order"),
    ),
)
"""What Plain ERP declares, and a type for each other entity of the hub."""


@dataclass(frozen=True)
class World:
    """Who is there, and the ids of what is there, by the name of the path parameter.

    The link is visible to the user inside, through a group, and to nobody else: neither to the user outside nor to
    the administrator.
    """

    administrator: User
    inside: User
    outside: User
    ids: dict[str, int | str]


def make_world(database: Database, data_folder: Path) -> World:
    """Fill a migrated, empty database, and the data folder of the application that works on it."""
    administrator = make_administrator(database)
    inside, outside = make_user(database, "inside"), make_user(database, "outside")
    with database.writing() as session:
        group = create_group(session, CONSOLE, name="Inside", member_ids=[inside.id])
        token, _text = create_token(session, CONSOLE, administrator.id, "to be revoked", "read", None)
        link = stored_link(session, "Hidden link", DECLARED)
        link.visibility = Visibility.SELECTED.value
        link.state = LinkState.ACTIVE.value
        session.add(LinkAccess(link_id=link.id, group_id=group.id))
        session.execute(update(LinkActorType).where(LinkActorType.link_id == link.id).values(active=True))
        (company,) = bulk.insert_many(session, "company", [{"name": "Nordwind"}], "user:1", NOON)
        (person,) = bulk.insert_many(session, "person", [{"last_name": "Berg", "company": company}], "user:1", NOON)
        (project,) = bulk.insert_many(session, "project", [{"name": "Kitchen", "company": company}], "user:1", NOON)
        (product,) = bulk.insert_many(session, "product", [{"name": "Hinge", "number": "A-1"}], "user:1", NOON)
        lines: CrmRows = {"10": {"item_number": "A-1", "quantity": Decimal(4)}}
        order_values: dict[str, CrmValue] = {"number": "900", "company": company, "project": project, "lines": lines}
        (order,) = bulk.insert_many(session, "sales_order", [order_values], "user:1", NOON)
        entities = {
            "company": company,
            "person": person,
            "project": project,
            "product": product,
            "sales_order": order,
        }
        run = Run(
            link_id=link.id,
            cause="request",
            requested_at=NOON,
            status=RunStatus.FINISHED.value,
            outcome=Outcome.PARTIAL.value,
            started_at=NOON,
            finished_at=NOON,
        )
        session.add(run)
        pairing = Pairing(
            link_id=link.id,
            actor_type="Customer",
            erp_key="C1",
            entity_type="company",
            entity_id=company,
            paired_at=NOON,
        )
        intent = Intent(
            link_id=link.id,
            actor_type="Person",
            kind=IntentKind.CREATE.value,
            state=IntentState.UNCLEAR.value,
            entity_type="person",
            entity_id=person,
            entity_version=1,
            made_at=NOON,
        )
        session.add_all([pairing, intent])
        now = datetime.now(UTC)
        session.add(WorkerProcess(id="w", host_name="h", process_id=1, started_at=now, heartbeat_at=now))
        session.flush()
        failed = FailedRecord(
            link_id=link.id,
            run_id=run.id,
            actor_type="Customer",
            erp_key="C2",
            direction="pull",
            reason="ambiguous_match",
            message="2 records of the CRM have the same name",
            first_failed_at=NOON,
            last_failed_at=NOON,
        )
        conflict = Conflict(
            link_id=link.id,
            pairing_id=pairing.id,
            crm_field="name",
            erp_field="NAME",
            erp_value="Nordwind A/S",
            hub_value="Nordwind",
            found_at=NOON,
        )
        session.add_all([failed, conflict])
        session.flush()
        type_ids = session.scalars(select(LinkActorType.id).where(LinkActorType.link_id == link.id)).all()
        ids: dict[str, int | str] = {
            "user_id": outside.id,
            "group_id": group.id,
            "token_id": token.id,
            "link_id": link.id,
            "connector_id": link.connector_id,
            "type_id": type_ids[0],
            "record_id": company,
            "run_id": run.id,
            "failed_id": failed.id,
            "pairing_id": pairing.id,
            "intent_id": intent.id,
            "conflict_id": conflict.id,
            **_custom_field_and_list(session),
            **{f"{entity_type}_id": record_id for entity_type, record_id in entities.items()},
            **_external_ids(session, entities),
        }
        for entity_type in entity_types():
            ids[f"{entity_type}_import"] = _import(session, inside, entity_type, data_folder)
    return World(administrator, inside, outside, ids)


def _custom_field_and_list(session: Session) -> dict[str, int | str]:
    colours = list_operations.add_list(session, CONSOLE, "Colours")
    red = list_operations.add_item(session, CONSOLE, colours.key, "Red", 1)
    field = add_field(session, CONSOLE, "company", CrmType.TEXT, FieldChange("Shoe size"))
    return {"field_id": field.id, "list_key": colours.key, "item_key": red}


def _external_ids(session: Session, entities: dict[str, int]) -> dict[str, int | str]:
    for entity_type, record_id in entities.items():
        add_external_ids(session, entity_type, "shop", {"S1": record_id})
    return {"source": "shop", "external_id": "S1"}


def _import(session: Session, user: User, entity_type: str, data_folder: Path) -> str:
    folder = data_folder / importing.FOLDER
    kept = importing.keep_file(folder, BytesIO(b"Name\nBerg\n"))
    doer = Doer(user.id, user.name, "page")
    return importing.begin(session, doer, folder, entity_type, "some.csv", kept).token
