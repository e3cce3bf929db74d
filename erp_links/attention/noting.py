"""Noting what people do with pairings: in the log of the sync, which a record's history shows, and in the audit log."""

from sqlalchemy.orm import Session

from erp_links.sync.models import LogEntry, Pairing
from erp_links.sync.reasons import WinReason
from host.audit.doer import Doer
from host.audit.operations import record
from host.jobs.clock import read_clock


def note(session: Session, doer: Doer, pairing: Pairing, kind: str) -> None:
    """Write both entries.

    Args:
        session: The session of the change.
        doer: Who did it.
        pairing: The pairing, which has its id.
        kind: `paired`, `disconnected` or `lifted`.
    """
    session.flush()
    session.add(
        LogEntry(
            at=read_clock(session),
            run_id=None,
            link_id=pairing.link_id,
            kind=kind,
            actor_type=pairing.actor_type,
            erp_key=pairing.erp_key,
            entity_type=pairing.entity_type,
            entity_id=pairing.entity_id,
            target="crm",
            reason=WinReason.CHOSEN.value,
        )
    )
    changes = {
        "link": {"before": None, "after": pairing.link_id},
        "entity": {"before": None, "after": f"{pairing.entity_type} {pairing.entity_id or ''}".strip()},
    }
    name = f"{pairing.actor_type} {pairing.erp_key}"
    record(session, doer, f"pairing.{_ACTIONS[kind]}", "pairing", pairing.id, name, changes)


_ACTIONS = {"paired": "pair", "disconnected": "disconnect", "lifted": "lift"}
