"""Conflicts, unclear creates and pairings as the API answers them."""

from typing import Any

from erp_links.attention.matches import Candidates
from erp_links.attention.showing import ShownConflict
from erp_links.sync.models import Intent, Pairing
from host.accounts.principal import Principal

_PAIRING = (
    "id",
    "link_id",
    "actor_type",
    "erp_key",
    "parent_type",
    "parent_key",
    "entity_type",
    "entity_id",
    "state",
    "paired_at",
    "synced_at",
)
_UNCLEAR = (
    "id",
    "link_id",
    "run_id",
    "actor_type",
    "entity_type",
    "entity_id",
    "reference",
    "made_at",
    "message",
)


def conflict_answer(shown: ShownConflict) -> dict[str, Any]:
    """Return a conflict."""
    conflict, pairing, stamp = shown.conflict, shown.pairing, shown.stamp
    return {
        "id": conflict.id,
        "link_id": conflict.link_id,
        "run_id": conflict.run_id,
        "pairing_id": conflict.pairing_id,
        "actor_type": pairing.actor_type,
        "erp_key": pairing.erp_key,
        "entity_type": pairing.entity_type,
        "entity_id": pairing.entity_id,
        "crm_field": conflict.crm_field,
        "erp_field": conflict.erp_field,
        "crm_value": conflict.hub_value if shown.is_visible else None,
        "erp_value": conflict.erp_value if shown.is_visible else None,
        "values_hidden": not shown.is_visible,
        "changed_by": shown.changed_by,
        "changed_at": stamp.at if stamp else None,
        "found_at": conflict.found_at,
        "choice": conflict.choice,
        "chosen_at": conflict.chosen_at,
        "version": conflict.version,
    }


def unclear_answer(intent: Intent, principal: Principal, *, sees_values: bool) -> dict[str, Any]:
    """Return an unclear create; technical details are for administrators."""
    return {name: getattr(intent, name) for name in _UNCLEAR} | {
        "label": intent.label if sees_values else "",
        "sent": intent.erp_values if sees_values else {},
        "values_hidden": not sees_values,
        "technical": intent.technical if principal.is_administrator else None,
    }


def pairing_answer(pairing: Pairing) -> dict[str, Any]:
    """Return a pairing."""
    return {name: getattr(pairing, name) for name in _PAIRING}


def candidates_answer(found: Candidates, *, sees_values: bool) -> dict[str, Any]:
    """Return what may be meant by an ambiguous record; names of the ERP are for who may see the link's values."""
    return {
        "entity_type": found.entity_type,
        "candidates": [
            {
                "title": each.title if sees_values or each.entity_id is not None else "",
                "entity_id": each.entity_id,
                "erp_key": each.erp_key,
                "paired_with": each.paired_with,
            }
            for each in found.rows
        ],
    }
