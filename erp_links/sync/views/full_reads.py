"""Full reads that are due, as the page of a link announces them: why, and what the next run will do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_links.mapping.full_read import full_read_words
from erp_links.mapping.models import LinkActorType, Unpaired
from erp_links.sync.expecting import present_preview
from erp_links.sync.models import Pairing, PairingState
from host.crm.registry import entity_types
from host.crm.tables import table_of


@dataclass(frozen=True, slots=True)
class DueRead:
    """One way of one actor type that the next run goes over as a whole.

    Attributes:
        label: What the ERP calls the records.
        to_erp: Whether it is the hub's records that are looked at.
        reason: As the mapping stores it; `why` is the same in words.
        records: How many are known to be looked at: those of the hub, or the paired ones of the ERP.
        effect: What the run will do, in words.
        preview_run_id: The run that has found out under the present mapping what it will do; None where none has.
    """

    actor_type: str
    label: str
    to_erp: bool
    reason: str
    why: str
    records: int
    effect: str
    preview_run_id: int | None = None


def due_reads(session: Session, link_id: int) -> list[DueRead]:
    """Return what the next run of a link goes over as a whole, in the order of the run."""
    rows = session.scalars(
        select(LinkActorType)
        .where(LinkActorType.link_id == link_id, LinkActorType.active.is_(True))
        .order_by(LinkActorType.rank, LinkActorType.id)
    ).all()
    paired = _paired(session, link_id) if any(row.full_read_due for row in rows) else {}
    read = [_read(session, row, row.full_read_due, paired) for row in rows if row.full_read_due]
    return [*read, *(_pushed(session, row, row.full_push_due) for row in rows if row.full_push_due)]


def count_due(session: Session, link_ids: Sequence[int]) -> dict[int, int]:
    """Return how many actor types of each link a full read or push is due for; links without any are left out."""
    due = LinkActorType.full_read_due.is_not(None) | LinkActorType.full_push_due.is_not(None)
    rows = session.execute(
        select(LinkActorType.link_id, func.count())
        .where(LinkActorType.link_id.in_(link_ids), LinkActorType.active.is_(True), due)
        .group_by(LinkActorType.link_id)
    )
    return {row[0]: row[1] for row in rows}


def _read(session: Session, row: LinkActorType, reason: str, paired: Mapping[str, int]) -> DueRead:
    label, count = _label(row), paired.get(row.name, 0)
    unpaired: dict[str, str] = {
        Unpaired.IGNORE.value: _("Those that are not paired are passed over."),
        Unpaired.PAIR.value: _("Those that are not paired are paired where the match fields are equal."),
        Unpaired.CREATE.value: _("Those that are not paired are paired where the match fields are equal, or created."),
    }
    effect = ngettext(
        "Reads all %(label)s from the ERP and compares the %(num)d that is paired.",
        "Reads all %(label)s from the ERP and compares the %(num)d that are paired.",
        count,
        label=label,
    )
    words = f"{effect} {unpaired.get(row.unpaired_pull, '')}".strip()
    return DueRead(
        actor_type=row.name,
        label=label,
        to_erp=False,
        reason=reason,
        why=full_read_words(reason),
        records=count,
        effect=words,
        preview_run_id=present_preview(session, row),
    )


def _pushed(session: Session, row: LinkActorType, reason: str) -> DueRead:
    count = 0
    if row.entity_type in entity_types():
        count = session.scalar(select(func.count()).select_from(table_of(row.entity_type))) or 0
    unpaired: dict[str, str] = {
        Unpaired.IGNORE.value: _("Those that are not paired are passed over."),
        Unpaired.PAIR.value: _("Those that are not paired are looked for in the ERP by the match fields."),
        Unpaired.CREATE.value: _(
            "Those that are not paired are looked for in the ERP by the match fields, or created there."
        ),
    }
    effect = ngettext(
        "Looks at the %(num)d record of the CRM and writes to the ERP what it does not have.",
        "Looks at all %(num)d records of the CRM and writes to the ERP what it does not have.",
        count,
    )
    words = f"{effect} {unpaired.get(row.unpaired_push, '')}".strip()
    return DueRead(
        row.name, _label(row), to_erp=True, reason=reason, why=full_read_words(reason), records=count, effect=words
    )


def _label(row: LinkActorType) -> str:
    return str(row.declaration.get("plural") or row.declaration.get("label") or row.name)


def _paired(session: Session, link_id: int) -> dict[str, int]:
    rows = session.execute(
        select(Pairing.actor_type, func.count())
        .where(Pairing.link_id == link_id, Pairing.state == PairingState.PAIRED.value)
        .group_by(Pairing.actor_type)
    )
    return {row[0]: row[1] for row in rows}
