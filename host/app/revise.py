"""Write the next migration from what the models have and the migrations have not.

    python -m host.app.revise "customers get a colour"

`--initial` writes the first migrations anew, one per area; only for the time before the first release.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Table

from host.app.tables import metadata
from host.database import Database, ExactDecimal, JsonText, JsonValue, UtcDateTime
from host.migrations.running import FOLDER, configuration, upgrade

VERSIONS = FOLDER / "versions"
CRM_TABLES = {
    "crm_list",
    "crm_list_item",
    "custom_field",
    "external_id",
    "hub_subscription",
    "hub_outbox",
    "lifted_index",
}
SYNC_TABLES = {"pairing", "failed_record", "sync_run", "sync_pass", "sync_log", "sync_intent", "sync_conflict"}


def area_of(table: Table) -> str:
    """Return the area whose first migration makes a table."""
    name = table.name
    if name in CRM_TABLES or table.info.get("entity_type"):
        return "crm"
    if name in SYNC_TABLES:
        return "engine"
    if name.startswith(("erp_link", "link_", "sync_", "test_proof")):
        return "links"
    return "ground"


def render_item(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Name our own column types in a migration, as Alembic's `render_item` wants it."""
    if kind != "type":
        return False
    name = "JsonValue" if item is JsonValue else None
    if isinstance(item, ExactDecimal | JsonText | UtcDateTime):
        name = f"{type(item).__name__}()"
    if name is None:
        return False
    context.imports.add(f"from host.database import {name.removesuffix('()')}")
    return name


def revise(message: str, number: str, area: str | None = None) -> None:
    """Compare the models with an empty database that ran all migrations, and write the difference down."""
    chosen = {table.name for table in metadata.sorted_tables if area in {None, area_of(table)}}
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'compare.db'}")
        upgrade(database)
        config = configuration()
        with database.engine.connect() as connection:
            config.attributes.update(
                connection=connection,
                metadata=metadata,
                render_item=render_item,
                include_object=lambda _item, name, kind, _reflected, _other: kind != "table" or name in chosen,
                render_as_batch=area is None,
            )
            command.revision(config, message, autogenerate=True, rev_id=number)
        database.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["--initial"]:
        for old in VERSIONS.glob("0*.py"):
            old.unlink()
        for count, area in enumerate(("ground", "crm", "links", "engine"), start=1):
            revise(f"first tables {area}", f"{count:04}", area)
    else:
        revise(sys.argv[1], f"{len(list(VERSIONS.glob('0*.py'))) + 1:04}")
