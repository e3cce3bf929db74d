"""Looking into the ERP for a key that a person named."""

from flask_babel import gettext as _

from erp_links.links.connecting import open_link
from erp_links.runtime import LinkRuntime
from host.errors import InvalidInputError, UpstreamError
from sync_connectors import ConnectorError


def require_in_erp(runtime: LinkRuntime, link_id: int, actor_type: str, erp_key: str) -> None:
    """Make sure that the ERP has a record with this key; called outside any transaction.

    Raises:
        InvalidInputError: It has none, or the key is empty.
        ConflictError: The link's ERP may not be asked.
        UpstreamError: The ERP does not answer.
    """
    key = erp_key.strip()
    if not key:
        raise InvalidInputError({"erp_key": [_("must not be empty")]})
    try:
        with open_link(runtime, link_id, runtime.settings.connector_test_seconds) as session:
            answer = session.get(actor_type, [key], [])
    except ConnectorError as error:
        raise UpstreamError(error.text, error.instruction) from error
    if key not in {actor.key for actor in answer.actors}:
        raise InvalidInputError({"erp_key": [_("the ERP has no record with this key")]})
