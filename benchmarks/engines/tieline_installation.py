"""Making the installation that the runs of the benchmark work with, in a process of its own."""

from datetime import UTC, datetime
from typing import Any

from benchmarks.customers import COLUMNS, KEY_COLUMN
from benchmarks.engines.job import Job, perform
from benchmarks.engines.tieline import DOER, ENTITY, settings_of
from benchmarks.engines.tieline_login import LOGIN, PASSWORD
from erp_links.links.activating import activate
from erp_links.links.finding import managed_link
from erp_links.links.models import Visibility
from erp_links.links.saving import create_link
from erp_links.links.submission import LinkSubmission, VisibilityChoice
from erp_links.mapping.operations import save_mapping
from erp_links.mapping.schemas import MappingInput
from host.accounts.models import Role
from host.accounts.operations import create_user
from host.app.opening import open_runtime
from host.crm import bulk
from host.crm.registry import entity_type_of
from host.crm.standard_lists import ensure_standard_lists
from host.database import Database
from host.migrations import upgrade
from sync_connectors.registered.registering import register_connector


def prepare(job: Job) -> dict[str, Any]:
    """Make the installation: tables, lists, a user, connector, link and mapping, all through the usual operations."""
    settings = settings_of(job)
    database = Database(settings.database_url)
    upgrade(database)
    with database.writing() as session:
        ensure_standard_lists(session)
        create_user(session, DOER, login=LOGIN, name="Benchmark", password=PASSWORD, role=Role.USER)
        bulk.insert_many(session, ENTITY, job.details.get("companies", ()), "user:1", datetime.now(UTC))
    runtime = open_runtime(settings, database)
    connector = register_connector(database, runtime.connectors, DOER, name="Benchmark", url="plugin:benchmark")
    submission = LinkSubmission(
        name="Benchmark",
        connector_id=connector.id,
        configuration={"Address": job.address},
        visibility=VisibilityChoice(Visibility.ALL),
    )
    link_id = create_link(runtime, DOER, submission).link_id
    with database.writing() as session:
        save_mapping(
            session,
            DOER,
            managed_link(session, link_id),
            MappingInput().load(_mapping(two_way=job.details.get("two_way", False))),
        )
    activate(runtime, DOER, link_id)
    return {}


def _mapping(*, two_way: bool) -> dict[str, Any]:
    """Map every field into the hub, and where it is asked for back to the ERP too."""
    by_column = {field.column: field.key for field in entity_type_of(ENTITY).fields}
    fields = [
        {"key": key, "crm_field": by_column[column], "to_crm": True, "to_erp": two_way}
        for key, column in COLUMNS.items()
    ]
    customers = {
        "name": "Customer",
        "active": True,
        "entity_type": ENTITY,
        "unpaired_pull": "create",
        "match_fields": [KEY_COLUMN],
        "fields": fields,
    }
    return {"actor_types": [customers]}


if __name__ == "__main__":
    perform({"prepare": prepare})
