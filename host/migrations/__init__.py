"""Schema migrations; linear, and always run through Alembic."""

from host.migrations.running import UnmigratedError, head, is_current, require_current, revision, upgrade

__all__ = ["UnmigratedError", "head", "is_current", "require_current", "revision", "upgrade"]
