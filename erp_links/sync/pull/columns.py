"""What a page adds to pairings and log, column by column, as `host.database.insert_columns` takes it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from erp_links.sync.merge.sides import Bases, FieldChange
from erp_links.sync.merge.translating import Translated
from erp_links.sync.models import PairingState
from erp_links.sync.pull.planning import Adoption, Plan, Update
from host.crm.values import CrmValue, to_json
from host.database import JsonTexts, Same, Values, dump_json

_JSON_AS_IT_IS = frozenset({str, int, bool})

_EMPTY = dump_json({})

LogRow = tuple[str, str, int, str, str, str | None, str | None, str]
"""Kind, ERP key, entity, field of the hub, field of the ERP, old and new as JSON texts, reason."""


def pairing_columns(
    plan: Plan, ids: Sequence[int], *, link_id: int, actor_type: str, entity_type: str, at: datetime
) -> tuple[int, dict[str, Values]]:
    """Return how many pairings a plan adds, and their columns; `ids` are the entities of its creations."""
    incoming = [*(each.incoming for each in plan.creations), *(each.incoming for each in plan.adoptions)]
    merged: list[Bases] = [each.merged.bases for each in plan.adoptions]
    erp_bases = [*(each.incoming.erp for each in plan.creations), *(bases.erp for bases in merged)]
    settled = [*(each.incoming.is_whole for each in plan.creations), *(each.is_settled for each in plan.adoptions)]
    actors = [each.actor for each in incoming]
    parents = [actor.parent for actor in actors]
    columns: dict[str, Values] = {
        "link_id": Same(link_id),
        "actor_type": Same(actor_type),
        "erp_key": [actor.key for actor in actors],
        "entity_type": Same(entity_type),
        "entity_id": [*ids, *(each.record.id for each in plan.adoptions)],
        "state": Same(PairingState.PAIRED.value),
        "erp_timestamp": [actor.timestamp for actor in actors],
        "base_erp": JsonTexts([dump_json(base) for base in erp_bases]),
        "base_hub": _base_texts(len(plan.creations), [bases.hub for bases in merged]),
        "row_keys": _base_texts(len(plan.creations), [bases.row_keys for bases in merged]),
        "content_hash": [
            each.digest if is_settled else None for each, is_settled in zip(incoming, settled, strict=True)
        ],
        "paired_at": Same(at),
        "synced_at": Same(at),
    }
    if any(parents):
        columns["parent_type"] = [parent.actor_type if parent else None for parent in parents]
        columns["parent_key"] = [parent.key if parent else None for parent in parents]
    return len(actors), columns


def log_rows(plan: Plan, ids: Sequence[int]) -> list[LogRow]:
    """Return what a plan adds to the log: a row for each record that is made or paired, and for each changed field."""
    rows = [
        _whole("created", each.incoming, entity_id, each.values)
        for each, entity_id in zip(plan.creations, ids, strict=True)
    ]
    rows += [_whole("paired", each.incoming, each.record.id, each.incoming.hub) for each in plan.adoptions]
    written: list[Adoption | Update] = [*plan.adoptions, *plan.updates]
    for changed in written:
        key, entity_id = changed.incoming.actor.key, changed.record.id
        rows += [_change(key, entity_id, change) for change in changed.merged.changes]
    return rows


def log_columns(
    rows: Iterable[LogRow], *, link_id: int, run_id: int, actor_type: str, entity_type: str, at: datetime
) -> dict[str, Values]:
    """Return rows of the log as columns."""
    kinds, keys, entity_ids, crm_fields, erp_fields, old, new, reasons = zip(*rows, strict=True)
    return {
        "at": Same(at),
        "run_id": Same(run_id),
        "link_id": Same(link_id),
        "kind": kinds,
        "actor_type": Same(actor_type),
        "erp_key": keys,
        "entity_type": Same(entity_type),
        "entity_id": entity_ids,
        "target": Same("crm"),
        "crm_field": crm_fields,
        "erp_field": erp_fields,
        "old": JsonTexts(old),
        "new": JsonTexts(new),
        "reason": reasons,
    }


def _whole(kind: str, incoming: Translated, entity_id: int, values: Mapping[str, CrmValue]) -> LogRow:
    return (kind, incoming.actor.key, entity_id, "", "", None, dump_json(_told(values)), "")


def _change(erp_key: str, entity_id: int, change: FieldChange) -> LogRow:
    old, new = _json_text(change.old), _json_text(change.new)
    return ("changed", erp_key, entity_id, change.crm_field, change.erp_field, old, new, change.reason.value)


def _told(values: Mapping[str, CrmValue]) -> dict[str, Any]:
    return {
        key: value if type(value) in _JSON_AS_IT_IS else to_json(value)
        for key, value in values.items()
        if value is not None
    }


def _json_text(value: CrmValue) -> str | None:
    return None if value is None else dump_json(to_json(value))


def _base_texts(created: int, of_adopted: Sequence[Mapping[str, Any]]) -> JsonTexts:
    return JsonTexts([_EMPTY] * created + [dump_json(each) for each in of_adopted])
