"""Who may sign in: users, groups, API tokens and the one-time link for the first administrator."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from host.database import Base, UtcDateTime


class Role(StrEnum):
    """What a user may do: a user works with records, an administrator also with settings."""

    ADMINISTRATOR = "administrator"
    USER = "user"


class TokenScope(StrEnum):
    """What an API token may do, each including the one before; never more than its user may."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


group_member = Table(
    "group_member",
    Base.metadata,
    Column("group_id", ForeignKey("user_group.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class User(Base):
    """A person who signs in.

    `session_epoch` is stored in each session cookie; raising it ends all sessions of the user at once.
    """

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(254))
    email: Mapped[str] = mapped_column(String(254), default="")
    password_hash: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(20), default=Role.USER.value)
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(String(10), default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    groups: Mapped[list["Group"]] = relationship(secondary=group_member, back_populates="members")


class Group(Base):
    """A named set of users, used to say who may see an ERP link."""

    __tablename__ = "user_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(254), unique=True)
    description: Mapped[str] = mapped_column(String(1023), default="")
    version: Mapped[int] = mapped_column(default=1)

    members: Mapped[list[User]] = relationship(secondary=group_member, back_populates="groups")


class ApiToken(Base):
    """A bearer token; only its SHA-256 is stored, the text itself is shown once."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(254))
    prefix: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()

    __table_args__ = (UniqueConstraint("user_id", "name"),)


class SetupLink(Base):
    """The one-time link with which the first administrator is made; only its SHA-256 is stored."""

    __tablename__ = "setup_link"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
