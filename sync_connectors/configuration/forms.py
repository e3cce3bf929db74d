"""Configuration values out of a submitted HTML form."""

from collections.abc import Mapping, Sequence

from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.contract.values import FieldType


def form_values(
    fields: Sequence[ConfigurationField], form: Mapping[str, str], prefix: str = "configuration."
) -> dict[str, str]:
    """Return what a form says, by field key.

    A form does not send a check box that is off, so an absent one counts as false. Names with the prefix that no
    field has are kept; reading the submission refuses them.

    Args:
        fields: What the connector declares.
        form: The submitted form.
        prefix: What the names of the configuration's inputs begin with.
    """
    given = {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)}
    unticked = {field.key: "false" for field in fields if field.type is FieldType.CHECKBOX and not field.is_secret}
    return unticked | given
