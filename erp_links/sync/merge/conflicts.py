"""Conflicts that wait for a person, as runs find, carry out and forget them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from erp_links.mapping.compiled import CompiledMapping
from erp_links.sync.merge.sides import Choice, Merged, Side
from erp_links.sync.models import Conflict
from erp_links.sync.reasons import WinReason

_CONFLICT = cast(Table, Conflict.__table__)

Choices = Mapping[int, Mapping[str, Choice]]
"""What people decided, by pairing and hub field."""


def may_ask(session: Session, link_id: int, mapping: CompiledMapping) -> bool:
    """Return whether a pass has to look at waiting conflicts at all; most links never have any."""
    if any(field.policy == "ask" for field in mapping.fields):
        return True
    return session.scalar(select(Conflict.id).where(Conflict.link_id == link_id).limit(1)) is not None


def read_choices(session: Session, pairing_ids: Collection[int]) -> Choices:
    """Return what people decided about these pairings and no run has carried out yet."""
    rows = session.execute(
        select(Conflict.pairing_id, Conflict.crm_field, Conflict.choice, Conflict.erp_value, Conflict.hub_value).where(
            Conflict.pairing_id.in_(pairing_ids), Conflict.choice.is_not(None)
        )
    )
    choices: dict[int, dict[str, Choice]] = {}
    for pairing_id, crm_field, choice, erp, hub in rows:
        choices.setdefault(pairing_id, {})[crm_field] = Choice(Side(choice), erp, hub)
    return choices


def store_questions(session: Session, link_id: int, run_id: int, at: datetime, asked: Mapping[int, Merged]) -> int:
    """Store what people are asked now, and forget what they need not be asked any more.

    What a person decided is kept until the ERP has it too: whoever saves it there reads the choice once more.

    Args:
        session: A session that writes.
        link_id: The link.
        run_id: The run that asks.
        at: When.
        asked: What was decided about each pairing that was merged, by pairing id; those without questions as well.

    Returns:
        How many questions are new.
    """
    present = _present(session, asked)
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    kept: set[tuple[int, str]] = set()
    for pairing_id, merged in asked.items():
        kept.update((pairing_id, owed.crm_field) for owed in merged.owed if owed.reason is WinReason.CHOSEN)
        for question in merged.questions:
            key = pairing_id, question.crm_field
            kept.add(key)
            values = {"erp_field": question.erp_field, "erp_value": question.erp, "hub_value": question.hub}
            if key not in present:
                named = {"link_id": link_id, "pairing_id": pairing_id, "crm_field": question.crm_field, "version": 1}
                fresh.append(values | named | {"run_id": run_id, "found_at": at})
            elif present[key][1:] != (question.erp, question.hub):
                changed.append(values | {"row_id": present[key][0], "run_id": run_id, "found_at": at})
    _write(session, fresh, changed, [row[0] for key, row in present.items() if key not in kept])
    return len(fresh)


def _present(session: Session, pairing_ids: Collection[int]) -> dict[tuple[int, str], tuple[int, Any, Any]]:
    if not pairing_ids:
        return {}
    rows = session.execute(
        select(Conflict.pairing_id, Conflict.crm_field, Conflict.id, Conflict.erp_value, Conflict.hub_value).where(
            Conflict.pairing_id.in_(pairing_ids)
        )
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


def _write(
    session: Session, fresh: list[dict[str, Any]], changed: list[dict[str, Any]], answered: Collection[int]
) -> None:
    connection = session.connection()
    if fresh:
        connection.execute(insert(_CONFLICT), fresh)
    if changed:
        # a choice holds for the two values that the person saw
        asked_anew = update(_CONFLICT).where(_CONFLICT.c.id == bindparam("row_id"))
        connection.execute(
            asked_anew.values(choice=None, chosen_by=None, chosen_at=None, version=_CONFLICT.c.version + 1), changed
        )
    if answered:
        connection.execute(delete(_CONFLICT).where(_CONFLICT.c.id.in_(answered)))
