"""The parent of a paired record: where the hub moved the record below another one, the ERP is to do so too.

The parent as it was last settled is that of the pairing. Where both sides moved the record, the ERP's parent counts,
and the next pull follows it.
"""

from dataclasses import dataclass, replace

from flask_babel import gettext as _

from erp_links.sync.merge.sides import Owed, Side
from erp_links.sync.pairings import StoredPairing
from erp_links.sync.push.cases import Case, Move
from erp_links.sync.reasons import FailureReason, WinReason
from sync_connectors import Actor, ActorReference


@dataclass(frozen=True, slots=True)
class _Parents:
    """What a record lies below: in the hub, in the ERP, and on both sides when it was last settled."""

    hub: ActorReference
    erp: ActorReference | None
    base: ActorReference | None


def decide_parent(case: Case) -> None:
    """Decide, with the actor that was just read, whether the ERP has to move a paired record, or cannot yet."""
    case.move, case.is_parent_settled = None, True
    if case.pairing is None or case.actor is None:
        return
    base = case.settled_parent = base_parent(case.pairing)
    if not case.type.mapping.parent_field:
        return
    # an answer without a parent tells nothing
    told = case.actor.parent or base
    if case.parent is None:
        case.is_parent_settled = told == base
        _note_waiting(case)
    elif case.parent == told:
        case.settled_parent = told
    elif (reason := _why(case, _Parents(case.parent, told, base))) is not None:
        case.move = Move(case.parent, told, reason)
    else:
        case.is_parent_settled = base is None or told == base


def take_moved(case: Case, saved: Actor) -> None:
    """Note what the ERP made of a parent that it was sent; a connector that returns none is taken at its word."""
    move = case.move
    if move is None or case.actor is None:
        return
    if saved.parent is not None and saved.parent != move.parent:
        case.fail(
            FailureReason.REJECTED,
            _("the ERP left it below %(key)s", key=saved.parent.key),
            _("move it in the ERP, or put it back below its former parent in the CRM"),
        )
        return
    field = case.type.mapping.parent_field
    before = move.before.key if move.before else None
    case.sent = [*case.sent, Owed(field, "", before, move.parent.key, case.record.values[field], move.reason)]
    case.settled_parent = move.parent
    case.actor = replace(case.actor, parent=move.parent)


def is_below_base(case: Case) -> bool:
    """Whether a paired record still lies in the hub below what it lay below when it was last settled."""
    field, pairing = case.type.mapping.parent_field, case.pairing
    if not field or pairing is None or (case.fields and field not in case.fields):
        return True
    if case.parent is None:
        return not (case.waits and case.fields)
    base = base_parent(pairing)
    return case.parent == base or (base is None and not case.fields)


def base_parent(pairing: StoredPairing) -> ActorReference | None:
    """Return what a record lay below when its pairing was last settled."""
    if not pairing.parent_type or not pairing.parent_key:
        return None
    return ActorReference(pairing.parent_type, pairing.parent_key)


def _why(case: Case, parents: _Parents) -> WinReason | None:
    """Return why the ERP has to move a record, or None where its parent stands."""
    forced = case.type.rules.forced
    if forced is not None:
        return WinReason.RESYNC if forced is Side.CRM else None
    if parents.base is None:
        # what was never settled is no move, unless the hub has just given the record a parent
        is_news = case.type.mapping.parent_field in case.fields and parents.erp is None
        return WinReason.ONLY_CRM_CHANGED if is_news else None
    return WinReason.ONLY_CRM_CHANGED if parents.erp == parents.base != parents.hub else None


def _note_waiting(case: Case) -> None:
    """Keep a record that the hub moved below one which is not paired; its values go on their way."""
    waited = case.known is not None and case.known.reason == FailureReason.WAITING_FOR_PARENT
    if case.waits and (waited or case.type.mapping.parent_field in case.fields):
        case.fail(
            FailureReason.WAITING_FOR_PARENT,
            _("the record that it was moved below is not paired on this link yet"),
            _("pair the parent; this record then follows by itself"),
            parent=(case.type.mapping.actor_type.parents[0], ""),
        )
