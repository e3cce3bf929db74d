"""How forms write and read the record that a field refers to: by its name, with its id behind a hash."""

import re
from collections.abc import Collection, Mapping

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.crm.fields import CrmField, CrmType
from host.crm.filters import search_condition
from host.crm.matching import find_by
from host.crm.registry import entity_type_of
from host.crm.tables import table_of
from host.crm.titles import titles_of
from host.crm.values import LARGEST_REFERENCE

MOST_SUGGESTIONS = 10
_WITH_ID = re.compile(r"#(\d{1,10})\s*$")


def reference_text(title: str, record_id: int) -> str:
    """Return the text of an input for a record: `Nordwind Finance #12`."""
    return f"{title} #{record_id}".strip()


def resolved(
    session: Session, texts: Mapping[str, str], fields: Mapping[str, CrmField]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the texts of a form with references as ids, and the faults of those that name no record or several."""
    plain = dict(texts)
    faults: dict[str, list[str]] = {}
    for key, text in texts.items():
        field = fields[key]
        if field.type is not CrmType.REFERENCE or not text.strip():
            continue
        ids = ids_of_names(session, field.references, [text]).get(text, [])
        if len(ids) == 1:
            plain[key] = str(ids[0])
            continue
        del plain[key]
        several = _("%(count)s records are called so, choose one of the suggestions", count=len(ids))
        faults[key] = [several if ids else _("nothing is called so")]
    return plain, faults


def suggestions(session: Session, entity_type: str, text: str) -> list[str]:
    """Return texts of references to the records that a search finds, for an input to choose from."""
    table = table_of(entity_type)
    statement = select(table.c.id).where(search_condition(session, entity_type, text)).order_by(table.c.id)
    titles = titles_of(session, entity_type, list(session.scalars(statement.limit(MOST_SUGGESTIONS))))
    return [reference_text(title, record_id) for record_id, title in titles.items()]


def ids_of_names(session: Session, entity_type: str, names: Collection[str]) -> dict[str, list[int]]:
    """Return the ids of the records that are meant by names, by numbers, or by `#` and their id.

    A number is looked at only where nothing has the name. Names that nothing has are left out.
    """
    entity = entity_type_of(entity_type)
    found = {name: [int(with_id[1])] for name in names if (with_id := _WITH_ID.search(name))}
    found = {name: ids for name, ids in found.items() if ids[0] <= LARGEST_REFERENCE}
    for key in (entity.default_sort, "number"):
        missing = [(name,) for name in names if name not in found]
        if missing and key in entity.by_key:
            found.update({str(match[0]): ids for match, ids in find_by(session, entity_type, [key], missing).items()})
    return found
