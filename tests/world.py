"""One installation with something of everything, for the tests that walk all routes."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update

from erp_links.links.models import LinkAccess, LinkState, Visibility
from erp_links.mapping.models import LinkActorType
from erp_links.sync.models import FailedRecord, Outcome, Pairing, Run, RunStatus
from host.accounts.models import User
from host.accounts.operations import create_group, create_token
from host.crm import bulk
from host.database import Database
from host.jobs.models import WorkerProcess
from tests.accounts import CONSOLE, make_administrator, make_user
from tests.erp_links.mapping.stored import stored_link

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


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


def make_world(database: Database) -> World:
    """Fill a migrated, empty database."""
    administrator = make_administrator(database)
    inside, outside = make_user(database, "inside"), make_user(database, "outside")
    with database.writing() as session:
        group = create_group(session, CONSOLE, name="Inside", member_ids=[inside.id])
        token, _text = create_token(session, CONSOLE, administrator.id, "to be revoked", "read", None)
        link = stored_link(session, "Hidden link")
        link.visibility = Visibility.SELECTED.value
        link.state = LinkState.ACTIVE.value
        session.add(LinkAccess(link_id=link.id, group_id=group.id))
        session.execute(update(LinkActorType).where(LinkActorType.link_id == link.id).values(active=True))
        (company,) = bulk.insert_many(session, "company", [{"name": "Nordwind"}], "user:1", NOON)
        (person,) = bulk.insert_many(session, "person", [{"last_name": "Berg", "company": company}], "user:1", NOON)
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
        session.add(
            Pairing(
                link_id=link.id,
                actor_type="Customer",
                erp_key="C1",
                entity_type="company",
                entity_id=company,
                paired_at=NOON,
            )
        )
        now = datetime.now(UTC)
        session.add(WorkerProcess(id="w", host_name="h", process_id=1, started_at=now, heartbeat_at=now))
        session.flush()
        failed = FailedRecord(
            link_id=link.id,
            run_id=run.id,
            actor_type="Customer",
            erp_key="C2",
            direction="pull",
            reason="rejected",
            message="no such country",
            first_failed_at=NOON,
            last_failed_at=NOON,
        )
        session.add(failed)
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
            "company_id": company,
            "person_id": person,
            "run_id": run.id,
            "failed_id": failed.id,
        }
    return World(administrator, inside, outside, ids)
