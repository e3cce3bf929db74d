"""When everything of an actor type has to be looked at again, because more of its data became eligible.

A full read asks the ERP for all records of the type; a full push looks at all records of the hub. Both are noted here
and begun by the next run, which takes the note off.
"""

from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.links.finding import OBJECT_TYPE, link_to_change
from erp_links.mapping.models import LinkActorType
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import ConflictError, NotFoundError

ACTION = "erp_link.request_full_read"
"""The audit action of an administrator's request."""


class FullReadReason(StrEnum):
    """Why a full read or a full push is due, as `full_read_due` and `full_push_due` of `LinkActorType` store it."""

    MAPPING = "mapping"
    SWITCHED_ON = "switched_on"
    ENTITY = "entity"
    UNPAIRED = "unpaired"
    MATCH_FIELDS = "match_fields"
    LISTS = "lists"
    RETURNED = "returned"
    ACTIVATION = "activation"
    REQUESTED = "requested"


def mark_full_read(row: LinkActorType, reason: FullReadReason) -> None:
    """Note that the next pass reads everything. The first pass does so anyway, and an earlier reason stays.

    A request, though, takes the place of any reason: the brake lets through what an administrator asked for.
    """
    if row.watermark is not None:
        row.full_read_due = _reason(row.full_read_due, reason)


def mark_full_push(row: LinkActorType, reason: FullReadReason) -> None:
    """Note that the next run looks at all records of the hub; which reason stays is as for a full read.

    Nothing is noted for an actor type of which nothing goes to the ERP: no run would take the note off.
    """
    if fills_erp(row):
        row.full_push_due = _reason(row.full_push_due, reason)


def _reason(present: str | None, reason: FullReadReason) -> str:
    return reason.value if present is None or reason is FullReadReason.REQUESTED else present


def fills_erp(row: LinkActorType) -> bool:
    """Return whether a field of the type goes to the ERP."""
    return any(each.to_erp and each.crm_field and each.missing_since is None for each in row.fields)


def full_read_words(stored: str) -> str:
    """Return the stored reason in words."""
    words: dict[str, str] = {
        FullReadReason.MAPPING.value: _("the mapping takes in more data than before"),
        FullReadReason.SWITCHED_ON.value: _("the actor type was switched on"),
        FullReadReason.ENTITY.value: _("another CRM entity was chosen"),
        FullReadReason.UNPAIRED.value: _("records without a pairing are treated in another way"),
        FullReadReason.MATCH_FIELDS.value: _("records are recognised by other match fields"),
        FullReadReason.LISTS.value: _("list items go with others than before"),
        FullReadReason.RETURNED.value: _("fields that had gone from the ERP are back"),
        FullReadReason.ACTIVATION.value: _("the link rested for a while"),
        FullReadReason.REQUESTED.value: _("an administrator asked for it"),
    }
    return words.get(stored, stored)


def request_full_read(session: Session, doer: Doer, link_id: int, actor_type: str | None = None) -> list[str]:
    """Have the next run look at everything again, on both sides, as if it were the first.

    Args:
        session: A writing session.
        doer: Who asks for it.
        link_id: The link.
        actor_type: Name of the actor type, or None for all that are switched on.

    Returns:
        The names of the actor types.

    Raises:
        NotFoundError: There is no such link, or it has no such actor type.
        ConflictError: The actor type is switched off, or none is switched on.
    """
    link = link_to_change(session, link_id, None)
    rows = session.scalars(
        select(LinkActorType).where(LinkActorType.link_id == link_id).order_by(LinkActorType.rank, LinkActorType.id)
    ).all()
    if actor_type is not None:
        rows = [row for row in rows if row.name == actor_type]
        if not rows:
            raise NotFoundError(f"the link has no actor type {actor_type!r}")
    chosen = [row for row in rows if row.active and row.missing_since is None]
    if not chosen:
        raise ConflictError(_("the actor type is not switched on"), _("switch it on in the mapping first"))
    for row in chosen:
        mark_full_read(row, FullReadReason.REQUESTED)
        mark_full_push(row, FullReadReason.REQUESTED)
    names = [row.name for row in chosen]
    record(session, doer, ACTION, OBJECT_TYPE, link.id, link.name, {"actor types": {"before": [], "after": names}})
    return names
