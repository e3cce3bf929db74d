"""What the sync engine remembers: pairings with their bases, runs, passes, the log, failed records."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from erp_links.links.models import ErpLink
from host.database import Base, JsonObject, JsonText, JsonValue, UtcDateTime


class PairingState(StrEnum):
    """Paired; gone in the ERP; or a tombstone that no policy resurrects."""

    PAIRED = "paired"
    GONE = "gone"
    TOMBSTONE = "tombstone"


class RunStatus(StrEnum):
    """Where a run is. Only the lease says whether a running one is alive."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"


class RunMode(StrEnum):
    """What a run does: an ordinary sync, a repair that lets one side win everywhere (spec 2.15), or a preview."""

    SYNC = "sync"
    RESYNC_FROM_CRM = "resync_from_crm"
    RESYNC_FROM_ERP = "resync_from_erp"
    PREVIEW = "preview"


class IntentKind(StrEnum):
    """What is about to be done in the ERP."""

    CREATE = "create"
    SAVE = "save"


class IntentState(StrEnum):
    """Open until it is known what became of it; unclear when only a person can tell."""

    OPEN = "open"
    UNCLEAR = "unclear"


class Outcome(StrEnum):
    """How a run ended; escalates only: success < partial < aborted < failed."""

    SUCCESS = "success"
    PARTIAL = "partial"
    ABORTED = "aborted"
    FAILED = "failed"


class Pairing(Base):
    """The stored association of an entity and an actor on one link, with both bases.

    `base_erp` is {ERP field: value} as last settled; `base_hub` holds {hub field: value} only where the hub side
    differs from what the mapping makes of `base_erp`. Values are in the JSON form of `sync_connectors.contract.codec`.
    `content_hash` is 16 bytes over the mapped ERP values: equal means nothing to do. `row_keys` is {hub field of rows:
    {hub row key: ERP row key}} for the rows whose keys differ. A tombstone has no entity where the entity was deleted.

    The row of a link is never deleted, so a foreign key would protect nothing, and PostgreSQL would look for the link
    with each pairing.
    """

    __tablename__ = "pairing"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column()
    actor_type: Mapped[str] = mapped_column(String(64))
    erp_key: Mapped[str] = mapped_column(String(254))
    parent_type: Mapped[str | None] = mapped_column(String(64))
    parent_key: Mapped[str | None] = mapped_column(String(254))
    entity_type: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[int | None] = mapped_column()
    state: Mapped[str] = mapped_column(String(10), default=PairingState.PAIRED.value)
    erp_timestamp: Mapped[str] = mapped_column(String(254), default="")
    base_erp: Mapped[dict[str, Any]] = mapped_column(JsonObject, nullable=True)
    base_hub: Mapped[dict[str, Any]] = mapped_column(JsonObject, nullable=True)
    row_keys: Mapped[dict[str, Any]] = mapped_column(JsonObject, nullable=True)
    content_hash: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    paired_at: Mapped[datetime] = mapped_column(UtcDateTime)
    synced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("link_id", "actor_type", "erp_key"),
        # in this order it also finds what a record is paired with on all links
        UniqueConstraint("entity_id", "entity_type", "link_id", "actor_type"),
    )


class Run(Base):
    """One execution of the sync engine for one link.

    `counts` over all passes: read records, and of these created, paired, changed, equal, skipped, waiting and failed;
    those of the way to the ERP have the prefix `erp_`. `scope` holds the ids of the pairings that a resync is about;
    null means all. With `keep_blanks` a resync writes no blank over a value. `actor_type` is what a preview is about;
    what it counts would be done, and was not.
    """

    __tablename__ = "sync_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"), index=True)
    cause: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(20), default=RunMode.SYNC.value)
    keep_blanks: Mapped[bool] = mapped_column(default=False)
    scope: Mapped[list[int] | None] = mapped_column(JsonValue)
    actor_type: Mapped[str | None] = mapped_column(String(64))
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(10), default=RunStatus.QUEUED.value, index=True)
    outcome: Mapped[str | None] = mapped_column(String(10))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    fence: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JsonValue, default=dict)
    error_class: Mapped[str] = mapped_column(String(64), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    instruction: Mapped[str] = mapped_column(Text, default="")
    technical: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)

    link: Mapped[ErpLink] = relationship()
    passes: Mapped[list["Pass"]] = relationship(back_populates="run", order_by="Pass.id")

    __table_args__ = (
        # one run per link that has not ended: a second start finds it instead of making another
        Index(
            "uq_sync_run_unfinished",
            "link_id",
            unique=True,
            sqlite_where=text("status <> 'finished'"),
            postgresql_where=text("status <> 'finished'"),
        ),
    )


class Pass(Base):
    """One way through one actor type in one direction.

    It outlives its run: a run that was killed or cancelled leaves it open, and the next run goes on from its resume
    cursor with the watermark it began with. `mapping` is the fingerprint of the mapping under which it has come so far;
    under another one it begins anew. `expected` says that people knew of it before it began, so that the brake lets it
    through. `sample` holds some of the changes that a preview found, as rows of the log.
    """

    __tablename__ = "sync_pass"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("sync_run.id", ondelete="CASCADE"), index=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"))
    actor_type: Mapped[str] = mapped_column(String(64))
    direction: Mapped[str] = mapped_column(String(10))
    full_read: Mapped[bool] = mapped_column(default=False)
    expected: Mapped[bool] = mapped_column(default=False)
    mapping: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    watermark: Mapped[str | None] = mapped_column(Text)
    watermark_candidate: Mapped[str | None] = mapped_column(Text)
    resume_cursor: Mapped[str | None] = mapped_column(Text)
    total: Mapped[int | None] = mapped_column()
    counts: Mapped[dict[str, int]] = mapped_column(JsonValue, default=dict)
    sample: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonValue)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    run: Mapped[Run] = relationship(back_populates="passes")

    __table_args__ = (
        Index(
            "uq_sync_pass_open",
            "link_id",
            "actor_type",
            "direction",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )


class LogEntry(Base):
    """One changed field, or one created or paired record (then `crm_field` is empty, and so are `old` and `new`).

    What a record was created with is not told: it is what the record has, and what was overwritten since has entries
    of its own with the old values. Link and run are no foreign keys: neither is deleted before its entries.

    What a person did outside of a run, such as disconnecting a record, has no run and `target` crm. `reverts` is the
    entry that a person took back, or tried to, and `done_by` is that person. It is no foreign key: the database would
    look for such entries with each one that it deletes.
    """

    __tablename__ = "sync_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    run_id: Mapped[int | None] = mapped_column(index=True)
    link_id: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(16))
    actor_type: Mapped[str] = mapped_column(String(64))
    erp_key: Mapped[str] = mapped_column(String(254))
    entity_type: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[int | None] = mapped_column()
    target: Mapped[str] = mapped_column(String(3))
    crm_field: Mapped[str] = mapped_column(String(64), default="")
    erp_field: Mapped[str] = mapped_column(String(254), default="")
    old: Mapped[Any | None] = mapped_column(JsonText)
    new: Mapped[Any | None] = mapped_column(JsonText)
    reason: Mapped[str] = mapped_column(String(64), default="")
    done_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    reverts: Mapped[int | None] = mapped_column()

    __table_args__ = (
        Index("ix_sync_log_entity", "entity_id", "entity_type"),
        # costs the entries of runs nothing, which revert none
        Index(
            "uq_sync_log_reverts",
            "reverts",
            unique=True,
            sqlite_where=text("reverts IS NOT NULL"),
            postgresql_where=text("reverts IS NOT NULL"),
        ),
    )


class FailedRecord(Base):
    """A record that a run could not settle, kept with the connector's words until it is settled or dismissed.

    `state` is open or dismissed. A record that waits for its parent is kept here too, with the parent's type and key,
    although that is no failure: it is released when the parent is paired. `retry_at` null means it is not tried again
    by itself.
    """

    __tablename__ = "failed_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("sync_run.id", ondelete="SET NULL"), index=True)
    actor_type: Mapped[str] = mapped_column(String(64))
    erp_key: Mapped[str] = mapped_column(String(254))
    direction: Mapped[str] = mapped_column(String(10))
    entity_type: Mapped[str] = mapped_column(String(32), default="")
    entity_id: Mapped[int | None] = mapped_column()
    parent_type: Mapped[str | None] = mapped_column(String(64))
    parent_key: Mapped[str | None] = mapped_column(String(254))
    label: Mapped[str] = mapped_column(String(254), default="")
    reason: Mapped[str] = mapped_column(String(64), index=True)
    message: Mapped[str] = mapped_column(Text)
    instruction: Mapped[str] = mapped_column(Text, default="")
    technical: Mapped[str] = mapped_column(Text, default="")
    field: Mapped[str] = mapped_column(String(254), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="open")
    attempts: Mapped[int] = mapped_column(default=1)
    first_failed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_failed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        # on the way to the ERP a record that is to be created there has no key yet
        Index(
            "uq_failed_record_pull",
            "link_id",
            "actor_type",
            "erp_key",
            unique=True,
            sqlite_where=text("direction = 'pull'"),
            postgresql_where=text("direction = 'pull'"),
        ),
        Index(
            "uq_failed_record_push",
            "link_id",
            "actor_type",
            "entity_type",
            "entity_id",
            unique=True,
            sqlite_where=text("direction = 'push'"),
            postgresql_where=text("direction = 'push'"),
        ),
    )


class Intent(Base):
    """What is being done in the ERP, stored before the call and removed in the transaction that stores its answer.

    After a crash an ERP value that equals `erp_values` is ours and not a user's edit, and a create is looked up before
    it is ever sent again. `overwritten` is {ERP field: [what the ERP had, why it is overwritten]}, for the log;
    `hub_values` are the hub's values that were sent, and `entity_version` is the record's version. `reference` is our
    own id in the ERP's reference field, where the connector declares one. `state` *unclear* means that only a person
    can tell whether the ERP made the record.
    """

    __tablename__ = "sync_intent"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("sync_run.id", ondelete="SET NULL"))
    actor_type: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default=IntentState.OPEN.value)
    entity_type: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[int] = mapped_column()
    entity_version: Mapped[int] = mapped_column()
    erp_key: Mapped[str] = mapped_column(String(254), default="")
    parent_type: Mapped[str | None] = mapped_column(String(64))
    parent_key: Mapped[str | None] = mapped_column(String(254))
    reference: Mapped[str] = mapped_column(String(254), default="")
    label: Mapped[str] = mapped_column(String(254), default="")
    erp_values: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    overwritten: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    hub_values: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    message: Mapped[str] = mapped_column(Text, default="")
    technical: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (UniqueConstraint("link_id", "actor_type", "entity_type", "entity_id"),)


class Conflict(Base):
    """A field that both sides changed and for which a person is asked; until then neither side is written.

    `choice` (crm or erp) is what the person decided: the next run carries it out and removes the row. It holds for the
    two values only; when one changes before, the question is asked anew.
    """

    __tablename__ = "sync_conflict"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"), index=True)
    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairing.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("sync_run.id", ondelete="SET NULL"), index=True)
    crm_field: Mapped[str] = mapped_column(String(64))
    erp_field: Mapped[str] = mapped_column(String(254))
    erp_value: Mapped[Any | None] = mapped_column(JsonValue)
    hub_value: Mapped[Any | None] = mapped_column(JsonValue)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    choice: Mapped[str | None] = mapped_column(String(3))
    chosen_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (UniqueConstraint("pairing_id", "crm_field"),)
