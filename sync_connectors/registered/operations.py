"""Use cases of registered connectors."""

from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector

UNDECLARED = Declaration(name="", label="", version="", contract_version="", fields=())
"""Stands for a connector that has never answered."""


def declaration_of(row: SyncConnector) -> Declaration:
    """Return what a connector last declared; nothing, if it has never answered."""
    return Declaration.from_json(row.declaration) if row.declaration else UNDECLARED
