"""One good connector on an ERP in memory, and for each check of the conformance kit a variation that fails just it.

    BROKEN["absent_fields_stay"]          # the connector classes that fail that check
    Setup(GoodConnector(), CONFIGURATION)

Modules named after the subjects of the checks hold the variations.
"""

from tests.emulators.broken import (
    configuring,
    creating,
    declaring,
    loading,
    paging,
    reading,
    rows,
    saving,
    searching,
    values,
    watermarks,
)
from tests.emulators.broken.breaking import BROKEN
from tests.emulators.broken.good import CONFIGURATION, GoodConnector

__all__ = [
    "BROKEN",
    "CONFIGURATION",
    "GoodConnector",
    "configuring",
    "creating",
    "declaring",
    "loading",
    "paging",
    "reading",
    "rows",
    "saving",
    "searching",
    "values",
    "watermarks",
]
