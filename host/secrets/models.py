"""Encrypted values, all in one table so that a key rotation is one transaction."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from host.database import Base, UtcDateTime


class Secret(Base):
    """One encrypted text of one owner.

    `owner` names whose it is, such as `erp_link:7` or `connector_state:7`; `version` serves compare-and-swap.
    """

    __tablename__ = "secret"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(254), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
