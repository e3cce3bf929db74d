"""Tieline's tables, made as an administrator makes them."""

import importlib
from pathlib import Path

from host.database import Base, Database

ROOT = Path(__file__).parents[1]


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest revision."""
    for package in ("host", "sync_connectors", "erp_links"):
        for found in sorted((ROOT / package).rglob("models.py")) + sorted((ROOT / package).rglob("tables.py")):
            importlib.import_module(".".join(found.relative_to(ROOT).with_suffix("").parts))
    database = Database(url)
    with database.engine.connect() as connection:
        Base.metadata.create_all(connection)
        connection.commit()
    database.close()
