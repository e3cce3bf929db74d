"""What a page adds to pairings and log, column by column, as `host.database.insert_columns` takes it."""

from collections.abc import Sequence
from datetime import datetime

from erp_links.sync.models import PairingState
from erp_links.sync.pull.planning import Adoption, Plan, Update
from host.crm.values import CrmValue, to_json
from host.database import JsonTexts, Same, Values, dump_json


def pairing_columns(
    plan: Plan, ids: Sequence[int], *, link_id: int, actor_type: str, entity_type: str, at: datetime
) -> tuple[int, dict[str, Values]]:
    """Return how many pairings a plan adds, and their columns; `ids` are the entities of its creations."""
    made, adopted = plan.creations, plan.adoptions
    actors = [*made.actors, *(each.incoming.actor for each in adopted)]
    parents = [actor.parent for actor in actors]
    settled = [each.incoming.digest if each.is_settled else None for each in adopted]
    bases = [*made.page.base_texts(made.places), *(dump_json(each.merged.base_erp) for each in adopted)]
    nothing = [None] * len(ids)
    columns: dict[str, Values] = {
        "link_id": Same(link_id),
        "actor_type": Same(actor_type),
        "erp_key": [actor.key for actor in actors],
        "entity_type": Same(entity_type),
        "entity_id": [*ids, *(each.record.id for each in adopted)],
        "state": Same(PairingState.PAIRED.value),
        "erp_timestamp": [actor.timestamp for actor in actors],
        "base_erp": JsonTexts(bases),
        "base_hub": [*nothing, *(each.merged.base_hub for each in adopted)],
        "row_keys": [*nothing, *(each.merged.row_keys for each in adopted)],
        "content_hash": [*made.page.settled_digests(made.places), *settled],
        "paired_at": Same(at),
        "synced_at": Same(at),
    }
    if any(parents):
        columns["parent_type"] = [parent.actor_type if parent else None for parent in parents]
        columns["parent_key"] = [parent.key if parent else None for parent in parents]
    return len(actors), columns


def log_columns(
    plan: Plan, ids: Sequence[int], *, link_id: int, run_id: int, actor_type: str, entity_type: str, at: datetime
) -> tuple[int, dict[str, Values]]:
    """Return how many rows a plan adds to the log, and their columns; `ids` are the entities of its creations.

    There is a row for each record that is made or paired, and one for each changed field.
    """
    made, adopted = plan.creations, plan.adoptions
    written: list[Adoption | Update] = [*adopted, *plan.updates]
    changes = [(each, change) for each in written for change in each.merged.changes]
    whole = [*made.actors, *(each.incoming.actor for each in adopted)]
    columns: dict[str, Values] = {
        "at": Same(at),
        "run_id": Same(run_id),
        "link_id": Same(link_id),
        "kind": ["created"] * len(ids) + ["paired"] * len(adopted) + ["changed"] * len(changes),
        "actor_type": Same(actor_type),
        "erp_key": [*(actor.key for actor in whole), *(each.incoming.actor.key for each, _ in changes)],
        "entity_type": Same(entity_type),
        "entity_id": [*ids, *(each.record.id for each in adopted), *(each.record.id for each, _ in changes)],
        "target": Same("crm"),
    }
    if changes:
        blank, nothing = [""] * len(whole), [None] * len(whole)
        columns |= {
            "crm_field": [*blank, *(change.crm_field for _, change in changes)],
            "erp_field": [*blank, *(change.erp_field for _, change in changes)],
            "old": JsonTexts([*nothing, *(_json_text(change.old) for _, change in changes)]),
            "new": JsonTexts([*nothing, *(_json_text(change.new) for _, change in changes)]),
            "reason": [*blank, *(change.reason.value for _, change in changes)],
        }
    return len(whole) + len(changes), columns


def _json_text(value: CrmValue) -> str | None:
    return None if value is None else dump_json(to_json(value))
