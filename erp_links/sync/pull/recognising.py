"""Records of the ERP that are not paired because the answer to our own create was lost: recognised, never doubled."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from erp_links.sync.merge.normalising import is_form_of
from erp_links.sync.merge.sides import Sent
from erp_links.sync.merge.translating import Translated
from erp_links.sync.models import Intent, IntentKind, Pairing
from erp_links.sync.pull.pairing import PairWith, Recognised, Refuse
from erp_links.sync.reasons import FailureReason


@dataclass(frozen=True, slots=True)
class Pending:
    """A create of which nobody knows yet whether the ERP did it; `parent` is the key it was to lie below."""

    sent: Sent
    parent: str | None
    label: str


_INTENT, _PAIRING = Intent.__table__.c, Pairing.__table__.c
# every page asks this, so it is put together once
_PENDING = (
    select(_INTENT.entity_id, _INTENT.erp_values, _INTENT.hub_values, _INTENT.parent_key, _INTENT.label)
    .where(
        _INTENT.link_id == bindparam("link"),
        _INTENT.actor_type == bindparam("type"),
        _INTENT.entity_type == bindparam("entity_type"),
        _INTENT.kind == IntentKind.CREATE.value,
        ~select(_PAIRING.id)
        .where(
            _PAIRING.link_id == _INTENT.link_id,
            _PAIRING.actor_type == _INTENT.actor_type,
            _PAIRING.entity_type == _INTENT.entity_type,
            _PAIRING.entity_id == _INTENT.entity_id,
        )
        .exists(),
    )
    .order_by(_INTENT.entity_id)
)


def read_pending(session: Session, link_id: int, actor_type: str, entity_type: str) -> dict[int, Pending]:
    """Return the creates of an actor type that are open or unclear, by id of the record that was sent."""
    asked = {"link": link_id, "type": actor_type, "entity_type": entity_type}
    rows = session.connection().execute(_PENDING, asked)
    return {row[0]: Pending(Sent(row[1], row[2]), row[3], row[4]) for row in rows}


def recognise(pending: Mapping[int, Pending], unpaired: Sequence[Translated]) -> Recognised:
    """Say of the records of one page which of them we were making, by ERP key; most are none.

    One that has all values as they were sent, and is the only one, is ours. One that may have been made of them, or is
    not the only one, is kept back until the create is settled: nothing is guessed, and no second record is made of it.
    """
    if not pending:
        return {}
    same = {
        each.actor.key: [entity_id for entity_id, one in pending.items() if _suits(one, each, _is_same)]
        for each in unpaired
    }
    often = Counter(entity_id for found in same.values() for entity_id in found)
    verdicts: dict[str, PairWith | Refuse] = {}
    for each in unpaired:
        found = same[each.actor.key]
        if len(found) == 1 and often[found[0]] == 1:
            verdicts[each.actor.key] = PairWith(found[0], pending[found[0]].sent)
            continue
        alike = next((one for one in pending.values() if _suits(one, each, _is_alike)), None)
        if alike is not None:
            verdicts[each.actor.key] = Refuse(
                FailureReason.AMBIGUOUS_MATCH,
                _("it may be the record that was being made of “%(label)s” when no answer came", label=alike.label),
                _("say among the unclear creates whether it is; this record then follows by itself"),
            )
    return verdicts


def _suits(pending: Pending, incoming: Translated, is_equal: Callable[[Any, Any], bool]) -> bool:
    parent = incoming.actor.parent
    if parent is not None and pending.parent is not None and parent.key != pending.parent:
        return False
    shared = [key for key in pending.sent.erp if key in incoming.erp]
    told = any(pending.sent.erp[key] not in (None, "", []) for key in shared)
    return told and all(is_equal(pending.sent.erp[key], incoming.erp[key]) for key in shared)


def _is_same(sent: Any, held: Any) -> bool:
    """Return whether two values differ in nothing but case, blanks at the ends, zeros, and the keys of rows."""
    return bool(_form(sent) == _form(held))


def _is_alike(sent: Any, held: Any) -> bool:
    return _is_same(sent, held) or is_form_of(sent, held)


def _form(value: Any) -> Any:
    """Return one form for all values in JSON form that count as the same."""
    match value:
        case list():
            return sorted(repr(_form(row)) for _key, row in value) or None
        case dict():
            return sorted((key, kept) for key, one in value.items() if (kept := _form(one)) is not None)
        case str():
            text = value.strip().casefold()
            try:
                return Decimal(text).normalize()
            except ArithmeticError:
                return text or None
        case _:
            return value
