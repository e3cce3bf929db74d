"""One way through one actor type: opened, gone on with, completed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from erp_links.mapping.compiled import CompiledMapping
from erp_links.mapping.list_state import note_lists
from erp_links.mapping.models import LinkActorType
from erp_links.sync.expecting import is_expected
from erp_links.sync.failures import Direction
from erp_links.sync.models import Pass, Run

_PASS = cast(Table, Pass.__table__)
_RUN = cast(Table, Run.__table__)

# each page and each batch does these, so they are made once
_COUNTING = (
    update(_RUN).where(_RUN.c.id == bindparam("run")).values(version=_RUN.c.version + 1, counts=bindparam("counts"))
)
_COUNTING_OF_PASS = (
    update(_PASS)
    .where(_PASS.c.id == bindparam("pass"))
    .values(counts=bindparam("counts"), resume_cursor=bindparam("resume_cursor"))
)


@dataclass(slots=True)
class OpenPass:
    """A pass in hand.

    Attributes:
        watermark: The one that the pass began with; None reads everything.
        resume: Cursor behind the last page that was stored, or None at the beginning.
        watermark_candidate: The last one that a page gave; it becomes the watermark when the pass completes.
        counts: What became of the records read so far.
        is_expected: Whether people know that it changes much.
        moves_watermark: False for a preview, behind which everything is still to be read.
    """

    id: int
    actor_type_id: int
    actor_type: str
    watermark: str | None
    resume: str | None
    watermark_candidate: str | None
    counts: Counter[str] = field(default_factory=Counter)
    is_expected: bool = False
    moves_watermark: bool = True


def open_pass(
    session: Session,
    run_id: int,
    actor_type: LinkActorType,
    direction: Direction,
    mapping: CompiledMapping,
    at: datetime,
) -> OpenPass:
    """Go on with the pass that an earlier run left open, or begin one.

    Under another mapping than before, a pass that was under way begins anew; when a full read is due, it also reads
    everything. The mark is taken off here: one that is set while the pass is under way stands for something newer, and
    stays for the next run.
    """
    mark = actor_type.full_read_due
    note_lists(actor_type, mapping)
    found = unfinished_pass(session, actor_type, direction, at, actor_type.watermark)
    found.run_id = run_id
    if actor_type.full_read_due is not None:
        found.watermark = None
        found.expected = is_expected(session, actor_type, mark)
        actor_type.full_read_due = None
        _forget_progress(found)
    elif found.mapping != _fingerprint(mapping):
        _forget_progress(found)
    found.full_read = found.watermark is None
    found.mapping = _fingerprint(mapping)
    return opened(session, run_id, actor_type, found)


def unfinished_pass(
    session: Session, actor_type: LinkActorType, direction: Direction, at: datetime, watermark: str | None = None
) -> Pass:
    """Return the pass that an earlier run left open, or a new one from this watermark that belongs to no run yet."""
    found = session.scalars(
        select(Pass).where(
            Pass.link_id == actor_type.link_id,
            Pass.actor_type == actor_type.name,
            Pass.direction == direction.value,
            Pass.finished_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        found = Pass(
            link_id=actor_type.link_id,
            actor_type=actor_type.name,
            direction=direction.value,
            watermark=watermark,
            counts={},
            started_at=at,
        )
        session.add(found)
    return found


def opened(session: Session, run_id: int, actor_type: LinkActorType, found: Pass) -> OpenPass:
    """Return a stored pass as the run works with it, which it belongs to from now on."""
    found.run_id = run_id
    session.flush()
    return OpenPass(
        id=found.id,
        actor_type_id=actor_type.id,
        actor_type=actor_type.name,
        watermark=found.watermark,
        resume=found.resume_cursor,
        watermark_candidate=found.watermark_candidate,
        counts=Counter(found.counts),
        is_expected=found.expected,
    )


def begin_anew(session: Session, open_pass: OpenPass) -> None:
    """Forget how far a pass has come, because the connector no longer knows its cursor."""
    open_pass.resume = None
    _update(session, open_pass, resume_cursor=None)


def store_progress(
    session: Session,
    open_pass: OpenPass,
    *,
    counts: Mapping[str, int],
    resume: str | None,
    candidate: str | None,
    total: int | None,
) -> None:
    """Store the cursor behind a page, in the transaction that writes the page."""
    values: dict[str, Any] = {"resume_cursor": resume, "counts": dict(counts)}
    if candidate is not None:
        values["watermark_candidate"] = candidate
    if total is not None:
        values["total"] = total
    _update(session, open_pass, **values)


def store_run_counts(session: Session, run_id: int, counts: Mapping[str, int]) -> None:
    """Store what a run has done so far, in the transaction that does it."""
    session.connection().execute(_COUNTING, {"run": run_id, "counts": dict(counts)})


def store_pass_counts(session: Session, open_pass: OpenPass, counts: Mapping[str, int]) -> None:
    """Store how far a pass without a watermark has come, in the transaction that does it."""
    told = {"pass": open_pass.id, "counts": dict(counts), "resume_cursor": open_pass.resume}
    session.connection().execute(_COUNTING_OF_PASS, told)


def complete_pass(session: Session, open_pass: OpenPass, at: datetime) -> None:
    """End a pass that has read everything: the watermark moves, once."""
    _update(session, open_pass, finished_at=at, resume_cursor=None)
    if open_pass.watermark_candidate is not None and open_pass.moves_watermark:
        session.execute(
            update(LinkActorType)
            .where(LinkActorType.id == open_pass.actor_type_id)
            .values(watermark=open_pass.watermark_candidate, watermark_moved_at=at)
            .execution_options(synchronize_session=False)
        )


def _fingerprint(mapping: CompiledMapping) -> bytes:
    # what was passed over under one rule for unpaired records may be wanted under another
    told = repr((mapping.unpaired.value, mapping.match_fields)).encode()
    return blake2b(told, digest_size=16, key=mapping.fingerprint).digest()


def _forget_progress(found: Pass) -> None:
    found.resume_cursor = found.watermark_candidate = None
    found.counts = {}


def _update(session: Session, open_pass: OpenPass, **values: Any) -> None:
    # each page does so: by the table, which costs half of what the mapped class does
    session.connection().execute(update(_PASS).where(_PASS.c.id == open_pass.id).values(**values))
