"""Intents: what is being done in the ERP, stored before the call and removed with its answer."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Delete, Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from erp_links.sync.merge.comparing import form_of
from erp_links.sync.merge.sides import Owed, Sent
from erp_links.sync.models import Intent, IntentKind, IntentState
from erp_links.sync.push.cases import Case, StoredIntent
from host.database import Same, Values, among_parameter, insert_columns, is_on_postgresql, one_parameter
from host.logs import redacted
from sync_connectors.codec import value_to_json

_INTENT = cast(Table, Intent.__table__)


def read_intents(
    session: Session, link_id: int, actor_types: Collection[str], entity_type: str, entity_ids: Collection[int]
) -> dict[tuple[str, int], StoredIntent]:
    """Return what earlier calls left open about these records, by actor type and record."""
    rows = session.connection().execute(
        select(
            _INTENT.c.actor_type,
            _INTENT.c.entity_id,
            _INTENT.c.id,
            _INTENT.c.kind,
            _INTENT.c.state,
            _INTENT.c.erp_key,
            _INTENT.c.reference,
            _INTENT.c.erp_values,
            _INTENT.c.hub_values,
            _INTENT.c.overwritten,
        ).where(
            _INTENT.c.link_id == link_id,
            _INTENT.c.actor_type.in_(actor_types),
            _INTENT.c.entity_type == entity_type,
            _INTENT.c.entity_id.in_(bindparam("ids", expanding=True)),
        ),
        {"ids": list(entity_ids)},
    )
    return {
        (row[0], row[1]): StoredIntent(row[2], row[3], row[4], row[5], row[6], Sent(row[7], row[8], row[9]))
        for row in rows
    }


def any_intents(session: Session, link_id: int, actor_types: Collection[str]) -> bool:
    """Whether an earlier call of these types was never answered."""
    found = session.execute(
        select(_INTENT.c.id).where(_INTENT.c.link_id == link_id, _INTENT.c.actor_type.in_(actor_types)).limit(1)
    )
    return found.first() is not None


def open_intents(session: Session, link_id: int) -> dict[str, dict[int, str]]:
    """Return the records whose calls were never answered: {actor type: {id of the record: kind of the call}}."""
    rows = session.execute(
        select(Intent.actor_type, Intent.entity_id, Intent.kind)
        .where(Intent.link_id == link_id, Intent.state == IntentState.OPEN.value)
        .order_by(Intent.entity_id)
    )
    found: dict[str, dict[int, str]] = {}
    for actor_type, entity_id, kind in rows:
        found.setdefault(actor_type, {})[entity_id] = kind
    return found


def store_intents(
    session: Session,
    named: Mapping[str, Any],
    kind: IntentKind,
    sending: Sequence[tuple[Case, Sequence[Owed], str]],
    at: datetime,
) -> None:
    """Store what is about to be sent, in place of what was stored about the same records before.

    Args:
        session: A session that writes.
        named: Link, run, actor type and entity type of all of them.
        kind: What is about to be done.
        sending: The cases, what is sent of each, and our reference where there is one.
        at: When.
    """
    # whoever is announced a second time was announced by an earlier run, or by a save that came too late
    known = [case.entity_id for case, _owed, _reference in sending if case.intent is not None or case.has_intent]
    forget_intents(session, named, known)
    cases = [case for case, _owed, _reference in sending]
    parents = [case.parent for case in cases]
    columns: dict[str, Values] = {
        **{key: Same(value) for key, value in named.items()},
        "kind": Same(kind.value),
        "state": Same(IntentState.OPEN.value),
        "entity_id": [case.entity_id for case in cases],
        "entity_version": [case.record.version for case in cases],
        "erp_key": [case.erp_key for case in cases],
        "parent_type": [parent and parent.actor_type for parent in parents],
        "parent_key": [parent and parent.key for parent in parents],
        "reference": [reference for _case, _owed, reference in sending],
        "label": [case.record.title[:254] for case in cases],
        "erp_values": [
            {each.erp_field: value_to_json(each.new) for each in owed} for _case, owed, _reference in sending
        ],
        "overwritten": [
            {each.erp_field: (each.old, each.reason.value) for each in owed} for _case, owed, _reference in sending
        ],
        "hub_values": [{each.crm_field: form_of(each.hub) for each in owed} for _case, owed, _reference in sending],
        "made_at": Same(at),
    }
    insert_columns(session.connection(), _INTENT, len(cases), columns)


def forget_intents(session: Session, named: Mapping[str, Any], entity_ids: Collection[int]) -> None:
    """Remove what was stored about these records: the call is answered, or was never made."""
    if entity_ids:
        is_postgresql = is_on_postgresql(session)
        of_records = {
            "link": named["link_id"],
            "type": named["actor_type"],
            "entity": named["entity_type"],
            "ids": one_parameter(entity_ids),
        }
        session.connection().execute(_forgetting(is_postgresql), of_records)


@cache
def _forgetting(is_postgresql: bool) -> Delete:
    return delete(_INTENT).where(
        _INTENT.c.link_id == bindparam("link"),
        _INTENT.c.actor_type == bindparam("type"),
        _INTENT.c.entity_type == bindparam("entity"),
        among_parameter(_INTENT.c.entity_id, "ids", is_postgresql=is_postgresql),
    )


def mark_unclear(session: Session, unclear: Mapping[int, str]) -> None:
    """Leave intents to a person, with the reason; by id."""
    if unclear:
        session.connection().execute(
            update(_INTENT).where(_INTENT.c.id == bindparam("row_id")).values(state=IntentState.UNCLEAR.value),
            [{"row_id": row_id, "message": redacted(message)} for row_id, message in unclear.items()],
        )
