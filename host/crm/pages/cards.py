"""The card of a record, and the tabs with what refers to it."""

from dataclasses import dataclass
from itertools import groupby

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from host.accounts.current import current_principal
from host.crm.browsing import Browsing, Sort, browse, count
from host.crm.extensions import current_extensions
from host.crm.external_ids import external_ids_of
from host.crm.fields import CrmField
from host.crm.filters import Comparison, Filter
from host.crm.lists import items_for
from host.crm.origins import is_of_link, origin_words
from host.crm.panels import card_frame, reference_field
from host.crm.record import FieldStamp, Record
from host.crm.registry import entity_types, fields_of
from host.crm.rows import rows_in
from host.crm.titles import referenced_titles
from host.database import current_database
from host.errors import NotFoundError

LATEST_CHANGES = 12
ROWS = 50


@dataclass(frozen=True, slots=True)
class ShownChange:
    """When a field took its present value, in words for the reader."""

    field: CrmField
    stamp: FieldStamp
    by: str
    is_of_link: bool


@login_required
def card(entity_type: str, record_id: int) -> ResponseReturnValue:
    """Show the values of a record, and who changed which of them last."""
    with current_database().reading() as session:
        frame = card_frame(session, current_principal(), entity_type, record_id, "card")
        record: Record = frame["record"]
        fields = fields_of(session, entity_type)
        filled = [field for field in fields.values() if record.values[field.key] not in (None, {})]
        single = [field for field in filled if not field.row_fields]
        return render_template(
            "crm/card.html",
            **frame,
            groups=[(str(group), list(several)) for group, several in groupby(single, key=lambda field: field.group)],
            rows_fields=[(field, _filled_columns(field, record)) for field in filled if field.row_fields],
            items=items_for(session, filled),
            titles=referenced_titles(session, filled, [record]),
            changes=_latest_changes(session, record, list(fields.values())),
            made_by=_words(session, [record.created_by])[record.created_by],
            external_ids=external_ids_of(session, entity_type, [record_id]).get(record_id, []),
        )


@login_required
def referring(entity_type: str, record_id: int, other_path: str) -> ResponseReturnValue:
    """Show the records of another entity that refer to this one, such as the persons of a company."""
    other = next((entity for entity in entity_types().values() if entity.path == other_path), None)
    if other is None:
        raise NotFoundError(f"there are no {other_path} of a {entity_type}")
    try:
        key = reference_field(other, entity_type)
    except KeyError as error:
        raise NotFoundError(f"there are no {other_path} of a {entity_type}") from error
    with current_database().reading() as session:
        frame = card_frame(session, current_principal(), entity_type, record_id, other.key)
        asked = Browsing(
            Sort(other.default_sort),
            filters=[Filter(other.by_key[key], Comparison.EQUALS, record_id)],
            after=request.args.get("after", ""),
            before=request.args.get("before", ""),
            limit=ROWS,
            fields=list(dict.fromkeys([*other.list_fields, *other.title_fields])),
        )
        page = browse(session, other.key, asked)
        columns = [other.by_key[name] for name in other.list_fields if name != key]
        return render_template(
            "crm/referring.html",
            **frame,
            other=other,
            reference=key,
            columns=columns,
            page=page,
            total=count(session, other.key, asked),
            items=items_for(session, columns),
            titles=referenced_titles(session, columns, page.records),
        )


def _filled_columns(field: CrmField, record: Record) -> list[CrmField]:
    """The columns in which any row has a value."""
    rows = rows_in(record.values, field).values()
    return [each for each in field.row_fields if any(row[each.key] is not None for row in rows)]


def _latest_changes(session: Session, record: Record, fields: list[CrmField]) -> list[ShownChange]:
    stamps = [(field, record.stamp(field.key)) for field in fields if field.key in record.field_meta]
    stamps.sort(key=lambda pair: (pair[1].at, pair[1].version), reverse=True)
    latest = stamps[:LATEST_CHANGES]
    words = _words(session, [stamp.origin for _field, stamp in latest])
    return [ShownChange(field, stamp, words[stamp.origin], is_of_link(stamp.origin)) for field, stamp in latest]


def _words(session: Session, origins: list[str]) -> dict[str, str]:
    return origin_words(session, origins, current_principal(), current_extensions().name_links)
