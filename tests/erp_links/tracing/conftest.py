"""Links on Plain ERP to trace: one that syncs, and one that administrators work at."""

from tests.erp_links.links.conftest import office, office_at
from tests.erp_links.sync.conftest import settings, sqlite_stage, stage
from tests.erp_links.sync.signed_in import app, browser, ida

__all__ = ["app", "browser", "ida", "office", "office_at", "settings", "sqlite_stage", "stage"]
