"""The items of LIST configuration fields, asked from the connector with what has been filled in so far."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from erp_links.links.candidate import connector_to_use
from erp_links.links.connecting import Target, configuration_items, names_of_secrets
from erp_links.links.finding import managed_link
from erp_links.links.stored import readable_configuration
from erp_links.links.submission import LinkSubmission
from erp_links.runtime import LinkRuntime
from host.errors import NotFoundError
from sync_connectors import Configuration, ConfigurationField, FieldType
from sync_connectors.configuration import MASK, StoredConfiguration, defaults_of, is_shown, text_of, value_of
from sync_connectors.registered.operations import declaration_of
from sync_connectors.registered.token import read_token

NO_GUID = "00000000-0000-0000-0000-000000000000"
"""What stands for a link that has not been saved (spec 2.4)."""


def items_of(runtime: LinkRuntime, submission: LinkSubmission, link_id: int | None, key: str) -> Mapping[str, str]:
    """Return the items of one list field, key → display text.

    Args:
        runtime: Opens its own transaction; none is open while the connector is called.
        submission: The values so far; faulty ones are left out.
        link_id: The link that is about to be changed, or None for a new one.
        key: Key of the configuration field.

    Raises:
        InvalidInputError: There is no such connector.
        NotFoundError: There is no such link, or no such list field.
        ConnectorError: The connector did not answer, or not with a list.
    """
    with runtime.database.reading() as session:
        link = managed_link(session, link_id) if link_id is not None else None
        row, connector = connector_to_use(session, runtime, submission, link)
        fields = declaration_of(row).fields
        field = next((one for one in fields if one.key == key and one.type is FieldType.LIST), None)
        if field is None:
            raise NotFoundError(_("there is no such list field"))
        if field.choices or not field.list_name:
            return dict(field.choices)
        keeps_connector = link is not None and link.connector_id == row.id
        stored = readable_configuration(session, runtime.secret_box, link) if link and keeps_connector else None
        void = link is not None and link.tested_url_revision != row.url_revision
        configuration = values_so_far(fields, stored, submission.configuration or {}, secrets_void=void)
        target = Target(
            connector=connector,
            guid=link.guid if link else NO_GUID,
            configuration=configuration,
            secrets=(
                *(text_of(configuration.get(one.key)) for one in fields if one.is_secret),
                read_token(session, runtime.secret_box, row.id),
            ),
            state_of=None,
            link_name=submission.name or (link.name if link else ""),
            time_zone=runtime.settings.time_zone,
            traced_as=link.id if link else None,
            secret_names=names_of_secrets(fields),
        )
    return configuration_items(runtime, target, field.list_name, runtime.settings.connector_call_seconds)


def values_so_far(
    fields: Sequence[ConfigurationField],
    stored: StoredConfiguration | None,
    raw: Mapping[str, Any],
    *,
    secrets_void: bool,
) -> Configuration:
    """Return what can be read of an unfinished configuration, typed.

    Stored secrets are among it only while no address field differs from what is stored: half a typed address is
    already another address.
    """
    known = stored or StoredConfiguration({})
    defaults = defaults_of(fields, {}) if stored is None else {}
    texts: dict[str, str] = {}
    for one in fields:
        if one.key in raw and not (one.is_secret and raw[one.key] == MASK):
            texts[one.key] = _text(one, raw[one.key])
        elif not one.is_secret:
            texts[one.key] = known.plain.get(one.key, defaults.get(one.key, ""))
    moved = secrets_void or any(
        one.address and texts.get(one.key, "") != known.texts.get(one.key, "") for one in fields
    )
    if not moved:
        texts = {**known.secrets, **texts}
    given = [one for one in fields if texts.get(one.key) and is_shown(one, fields, texts)]
    return {one.key: value_of(one, texts[one.key]) for one in given}


def _text(field: ConfigurationField, raw: Any) -> str:
    try:
        return text_of(value_of(field, raw))
    except ValueError:
        return ""
