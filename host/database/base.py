"""The declarative base that every table of Tieline hangs on."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

# Migrations name constraints; without a convention SQLite leaves them nameless and they cannot be altered later.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of all mapped classes; `Base.metadata` also carries the tables made from the field registry."""

    metadata = MetaData(naming_convention=NAMING)
