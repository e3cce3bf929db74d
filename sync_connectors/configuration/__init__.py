"""The values of a link's configuration: one object owns reading, checking, secrets, masking and what is audited.

submitted = read_submission(connector.configuration_fields(), stored, {"Filename": "erp/nordwind.xlsx"})
connector.test_configuration(submitted.typed, services)
submitted.stored                                    # what to keep
"""

from sync_connectors.configuration.auditing import configuration_changes
from sync_connectors.configuration.conditions import is_shown
from sync_connectors.configuration.conversion import text_of, value_of
from sync_connectors.configuration.defaults import defaults_of
from sync_connectors.configuration.forms import form_values
from sync_connectors.configuration.masking import MASK, masked
from sync_connectors.configuration.stored import StoredConfiguration, typed_configuration
from sync_connectors.configuration.submission import SubmittedConfiguration, read_submission

__all__ = [
    "MASK",
    "StoredConfiguration",
    "SubmittedConfiguration",
    "configuration_changes",
    "defaults_of",
    "form_values",
    "is_shown",
    "masked",
    "read_submission",
    "text_of",
    "typed_configuration",
    "value_of",
]
