"""Errors for which the state of the database is to blame, and not what was said to it."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

_READ_ONLY = "25006"
"""SQLSTATE read_only_sql_transaction (PostgreSQL, appendix A); its driver counts it among errors of a program."""


def is_trouble(error: BaseException) -> bool:
    """Whether the same may well work later: the database is away, full, locked, or takes no changes for now."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _READ_ONLY
