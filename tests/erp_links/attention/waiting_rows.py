"""What waits for a person, put straight into the tables as runs leave it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from erp_links.sync.models import Conflict, FailedRecord, Intent, IntentKind, IntentState, Pairing, PairingState
from host.crm.models import OutboxEntry
from tests.erp_links.sync.stage import Stage

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def add_pairing(stage: Stage, erp_key: str, entity_id: int | None, **values: Any) -> Pairing:
    """Pair a customer of the ERP with a company."""
    row = Pairing(
        link_id=stage.link_id,
        erp_key=erp_key,
        entity_id=entity_id,
        **{"actor_type": "Customer", "entity_type": "company", "paired_at": NOON, **values},
    )
    return _added(stage, row)


def add_conflict(stage: Stage, pairing: Pairing, crm_field: str = "email", **values: Any) -> Conflict:
    """Ask a person about a field of a paired record."""
    told = {"erp_value": "erp@alfa.example", "hub_value": "crm@alfa.example", "found_at": NOON, **values}
    row = Conflict(
        link_id=stage.link_id, pairing_id=pairing.id, crm_field=crm_field, erp_field=crm_field.upper(), **told
    )
    return _added(stage, row)


def add_failed(stage: Stage, erp_key: str = "C1", **values: Any) -> FailedRecord:
    """Keep a record that a run could not settle."""
    told = {
        "actor_type": "Customer",
        "direction": "pull",
        "label": "Alfa A/S",
        "reason": "ambiguous_match",
        "message": "2 records of the CRM have the same Name",
        "first_failed_at": NOON,
        "last_failed_at": NOON,
        **values,
    }
    return _added(stage, FailedRecord(link_id=stage.link_id, erp_key=erp_key, **told))


def add_intent(stage: Stage, entity_id: int, **values: Any) -> Intent:
    """Leave a create behind of which nobody knows what became of it."""
    told = {
        "actor_type": "Customer",
        "kind": IntentKind.CREATE.value,
        "state": IntentState.UNCLEAR.value,
        "entity_type": "company",
        "entity_version": 1,
        "label": "Alfa A/S",
        "erp_values": {"NAME": "Alfa A/S"},
        "made_at": NOON,
        **values,
    }
    return _added(stage, Intent(link_id=stage.link_id, entity_id=entity_id, **told))


def outbox(stage: Stage) -> set[int]:
    """The companies that the next run of the link looks at."""
    with stage.database.reading() as session:
        return set(session.scalars(select(OutboxEntry.entity_id).where(OutboxEntry.entity_type == "company")))


def empty_outbox(stage: Stage) -> None:
    with stage.database.writing() as session:
        for entry in session.scalars(select(OutboxEntry)):
            session.delete(entry)


def rows(stage: Stage, model: type[Any]) -> list[Any]:
    with stage.database.reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def states(stage: Stage) -> dict[str, PairingState]:
    return {key: PairingState(pairing.state) for key, pairing in stage.pairings().items()}


def _added(stage: Stage, row: Any) -> Any:
    with stage.database.writing() as session:
        session.add(row)
    return row
