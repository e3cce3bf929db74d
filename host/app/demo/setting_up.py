"""Filling a fresh data folder."""

from collections.abc import Callable

from sqlalchemy import exists, select

from erp_links.links.models import ErpLink
from erp_links.runtime import LinkRuntime
from host.app.demo.linking import WORKBOOK, add_link
from host.app.demo.people import ADMINISTRATOR, add_people
from host.app.demo.records import fill_hub
from host.audit.doer import Doer
from host.crm.standard_lists import ensure_standard_lists
from host.database import Database
from plugins.workbook.sample import write_sample

CUSTOMERS = 240


def is_set_up(database: Database) -> bool:
    """Whether a demo was set up in this database; one that was broken off was not."""
    with database.reading() as session:
        return bool(session.scalar(select(exists(select(ErpLink.id)))))


def set_up(runtime: LinkRuntime, tell: Callable[[str], None]) -> int:
    """Make people, records, workbook, connector and link; return the link's id.

    Args:
        runtime: Of a migrated database with nothing in it.
        tell: Takes a line for whoever waits.
    """
    console = Doer(None, "demo", "cli")
    with runtime.database.writing() as session:
        ensure_standard_lists(session)
        administrator_id, group_id = add_people(session, console)
        entered = fill_hub(session, CUSTOMERS, administrator_id)
    tell(
        f"CRM: {entered.companies} companies, {entered.persons} persons, {entered.projects} projects, "
        f"{entered.products} products, {entered.orders} sales orders"
    )
    workbook = runtime.settings.files_root / WORKBOOK
    write_sample(workbook, CUSTOMERS)
    tell(f"ERP: {CUSTOMERS} customers in {workbook}")
    link_id = add_link(runtime, Doer(administrator_id, ADMINISTRATOR.name, "cli"), group_id)
    tell("ERP link: tested, saved, mapped, activated")
    return link_id
