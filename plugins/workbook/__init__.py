"""Plugin `workbook`: an ERP in an `.xlsx` file, in the manner of SuperOffice's public sample connector (spec 8).

Each actor type has a sheet, each field a column; the first row holds the field keys. See `layout` for the sheets.
"""

from plugins.workbook.connector import WorkbookConnector
from sync_connectors import ConnectorRegister, hookimpl


@hookimpl
def register_connectors(register: ConnectorRegister) -> None:
    """Add the connector `plugin:workbook`."""
    register.add(WorkbookConnector)
