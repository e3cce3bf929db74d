"""Reading the CRM fields of several entities, each once."""

from collections.abc import Callable, Mapping
from functools import cache

from sqlalchemy.orm import Session

from host.crm.registry import CrmField, fields_of

CrmFieldsReader = Callable[[str], Mapping[str, CrmField]]
"""Entity type → its CRM fields by key."""


def crm_fields_reader(session: Session) -> CrmFieldsReader:
    """Return a look-up that asks the database once for each entity."""

    @cache
    def read(entity_type: str) -> Mapping[str, CrmField]:
        return fields_of(session, entity_type)

    return read
