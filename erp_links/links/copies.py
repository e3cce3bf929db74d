"""What a restored copy of an installation may do."""

from datetime import UTC, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkState, PauseReason, SyncSettings
from erp_links.mapping.match_indexes import index_match_fields


def pause_restored_links(session: Session) -> None:
    """Pause all active links and turn automatic sync off; make the indexes that a backup does not hold.

    A copy that synced beside its original would write into the same ERP (spec 2.16); a person resumes each link.
    """
    session.execute(
        update(ErpLink)
        .where(ErpLink.state == LinkState.ACTIVE.value, ErpLink.paused_reason.is_(None))
        .values(paused_reason=PauseReason.RESTORED_COPY.value, paused_at=datetime.now(UTC), version=ErpLink.version + 1)
    )
    index_match_fields(session)
    session.execute(update(SyncSettings).values(automatic=False, version=SyncSettings.version + 1))
