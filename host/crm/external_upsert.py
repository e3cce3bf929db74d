"""Bulk upserts of other systems, under their own ids for the records."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from host.audit.doer import Doer
from host.crm.api_records import as_api_errors, values_of
from host.crm.entity_type import EntityType
from host.crm.external_ids import add_external_ids, known_records
from host.crm.fields import CrmField
from host.crm.origins import origin_of
from host.crm.schemas import values_by_key
from host.crm.upserting import Row, carry_out, decide
from host.errors import InvalidInputError


def upsert(
    session: Session,
    doer: Doer,
    entity: EntityType,
    known: Mapping[str, CrmField],
    source: str,
    items: Sequence[tuple[str, Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """Create or change records, with a number of statements that does not hang on that of the records.

    Args:
        session: A session that writes.
        doer: Who does it.
        entity: The entity.
        known: All its fields.
        source: Name of the other system.
        items: External ids, each with the values as the API's schema loaded them.

    Returns:
        For each item its `external_id`, `outcome`, `id` and `errors`.
    """
    present = known_records(session, entity.key, source, {external_id for external_id, _values in items})
    seen: set[str] = set()
    rows = []
    for external_id, sent in items:
        rows.append(_row(entity, known, sent, present.get(external_id), is_repeated=external_id in seen))
        seen.add(external_id)
    decisions = decide(session, entity.key, known, rows, lock=True)
    ids = carry_out(session, entity.key, decisions, origin_of(doer), datetime.now(UTC))
    named = {
        external_id: record_id
        for (external_id, _values), record_id in zip(items, ids, strict=True)
        if record_id is not None and external_id not in present
    }
    add_external_ids(session, entity.key, source, named)
    return [
        {
            "external_id": external_id,
            "outcome": decision.outcome,
            "id": record_id,
            "errors": as_api_errors(decision.errors, known, row.values),
        }
        for (external_id, _values), row, decision, record_id in zip(items, rows, decisions, ids, strict=True)
    ]


def _row(
    entity: EntityType,
    known: Mapping[str, CrmField],
    sent: Mapping[str, Any],
    record_id: int | None,
    *,
    is_repeated: bool,
) -> Row:
    matches = [] if record_id is None else [record_id]
    if is_repeated:
        return Row({}, matches, {"external_id": [_("stands there twice")]})
    try:
        return Row(values_of(sent, entity, known), matches)
    except InvalidInputError as error:
        return Row(values_by_key(sent, entity.fields), matches, error.errors)
