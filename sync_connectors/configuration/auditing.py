"""What the audit log tells of a changed configuration."""

from collections.abc import Sequence
from typing import Any

from host.audit.operations import changes_between
from sync_connectors.configuration.stored import StoredConfiguration
from sync_connectors.contract.fields import ConfigurationField


def configuration_changes(
    fields: Sequence[ConfigurationField], before: StoredConfiguration | None, after: StoredConfiguration
) -> dict[str, dict[str, Any]]:
    """Return what differs, by field key; of a secret only that it was set, changed or cleared.

    Whatever was ever stored as a secret stays one, also when the connector no longer declares it so.
    """
    former = before or StoredConfiguration({})
    secret = {field.key for field in fields if field.is_secret} | set(former.secrets) | set(after.secrets)
    return changes_between(former.texts, after.texts, secret)
