"""Backup and restore of a whole installation, from either kind of database to either."""

from host.backup.errors import BackupError
from host.backup.restoring import restore
from host.backup.saving import BackupSummary, save

__all__ = ["BackupError", "BackupSummary", "restore", "save"]
