"""Between records and their JSON in the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from host.accounts.principal import Principal
from host.crm.entity_type import EntityType
from host.crm.external_ids import external_ids_of
from host.crm.fields import CrmField
from host.crm.origins import NameLinks, origin_words
from host.crm.record import Record
from host.crm.schemas import values_by_column, values_by_key, values_schema
from host.crm.values import CrmValue, to_json
from host.errors import InvalidInputError
from host.schemas import load


def values_of(sent: Mapping[str, Any], entity: EntityType, known: Mapping[str, CrmField]) -> dict[str, CrmValue]:
    """Return what was sent as values by field key.

    Raises:
        InvalidInputError: a user-defined field does not exist or holds what is none of its values.
    """
    values = values_by_key(sent, entity.fields)
    custom: Mapping[str, Any] = sent.get("custom") or {}
    if custom:
        own = [field for field in known.values() if field.custom]
        try:
            values.update(values_by_key(load(values_schema("CustomValues", own), custom), own))
        except InvalidInputError as error:
            faults = {f"custom.{key}" if key else "custom": texts for key, texts in error.errors.items()}
            raise InvalidInputError(faults) from error
    return values


def as_api_errors(
    errors: Mapping[str, Sequence[str]], known: Mapping[str, CrmField], values: Mapping[str, CrmValue]
) -> dict[str, list[str]]:
    """Return faults by field under the names that the API's JSON has: rows go by their place among those sent."""
    names = {
        f"{key}.{row_key}": f"{key}.{place}"
        for key, rows in values.items()
        if isinstance(rows, dict)
        for place, row_key in enumerate(rows)
    }
    found = {}
    for key, texts in errors.items():
        owner, _dot, column = key.rpartition(".")
        if key in known and known[key].custom:
            name = f"custom.{key}"
        else:
            name = names.get(key) or (f"{names[owner]}.{column}" if owner in names else key)
        found[name] = list(texts)
    return found


def answers(
    session: Session,
    principal: Principal,
    name_links: NameLinks | None,
    entity: EntityType,
    known: Mapping[str, CrmField],
    records: Sequence[Record],
) -> list[dict[str, Any]]:
    """Return records as the schema of `record_schema` dumps them, with two statements for all of them."""
    origins = {origin for record in records for origin in (record.created_by, record.updated_by)}
    words = origin_words(session, origins, principal, name_links)
    external = external_ids_of(session, entity.key, [record.id for record in records])
    own = [key for key, field in known.items() if field.custom]
    return [
        {
            **values_by_column(record.values, entity.fields),
            "id": record.id,
            "version": record.version,
            "label": record.title,
            "custom": {key: to_json(record.values[key]) for key in own},
            "external_ids": [{"source": source, "external_id": name} for source, name in external.get(record.id, [])],
            "created_at": record.created_at,
            "created_by": words[record.created_by],
            "updated_at": record.updated_at,
            "updated_by": words[record.updated_by],
        }
        for record in records
    ]
