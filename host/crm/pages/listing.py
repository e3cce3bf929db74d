"""List pages: search, filters, sort and paging; and the search over all entities."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_required
from sqlalchemy.orm import Session

from host.crm.browsing import Browsing, Page, Sort, browse, count
from host.crm.entity_type import EntityType
from host.crm.fields import CrmField
from host.crm.filter_input import PREFIX, filters_of_form
from host.crm.filters import COMPARISONS
from host.crm.lists import items_for
from host.crm.registry import entity_type_of, entity_types, fields_of
from host.crm.titles import referenced_titles
from host.database import current_database
from host.errors import InvalidInputError

ROWS = 50
FOUND_PER_ENTITY = 20


@dataclass(frozen=True, slots=True)
class FoundRecords:
    """What a search found of one entity."""

    entity: EntityType
    columns: list[CrmField]
    page: Page
    total: int
    titles: dict[tuple[str, int], str]
    items: dict[str, dict[str, str]]


@login_required
def list_records(entity_type: str) -> ResponseReturnValue:
    """Show a page of all records of an entity."""
    entity = entity_type_of(entity_type)
    errors: dict[str, list[str]] = {}
    with current_database().reading() as session:
        fields = fields_of(session, entity_type)
        try:
            asked = _asked(entity, fields)
            found = _found(session, entity, fields, asked)
        except InvalidInputError as error:
            errors = error.errors
            asked = Browsing(Sort(entity.default_sort), limit=ROWS)
            found = FoundRecords(entity, [], Page([], "", ""), 0, {}, {})
        filtered = _filter_fields(entity, fields)
        items = items_for(session, [*filtered, *found.columns])
    page = render_template(
        "crm/list.html",
        entity=entity,
        found=found,
        asked=asked,
        fields={key: field for key, field in fields.items() if not field.row_fields},
        filtered=filtered,
        comparisons=COMPARISONS,
        items=items,
        errors=errors,
        is_narrowed=bool(asked.search or asked.filters or errors),
    )
    return page, 422 if errors else 200


@login_required
def search() -> ResponseReturnValue:
    """Search all entities at once."""
    text = request.args.get("q", "").strip()
    found = []
    if text:
        with current_database().reading() as session:
            for entity in entity_types().values():
                fields = fields_of(session, entity.key)
                asked = Browsing(Sort(entity.default_sort), search=text, limit=FOUND_PER_ENTITY)
                found.append(_found(session, entity, fields, asked))
    return render_template("crm/search.html", text=text, found=found)


def _asked(entity: EntityType, fields: Mapping[str, CrmField]) -> Browsing:
    return Browsing(
        sort=Sort.parse(entity.key, request.args.get("sort", "")),
        search=request.args.get("q", "").strip(),
        filters=filters_of_form(request.args, fields),
        after=request.args.get("after", ""),
        before=request.args.get("before", ""),
        limit=ROWS,
    )


def _found(session: Session, entity: EntityType, fields: Mapping[str, CrmField], asked: Browsing) -> FoundRecords:
    columns = [fields[key] for key in entity.list_fields]
    keys = list(dict.fromkeys([*entity.list_fields, *entity.title_fields]))
    page = browse(session, entity.key, replace(asked, fields=keys))
    return FoundRecords(
        entity=entity,
        columns=columns,
        page=page,
        total=count(session, entity.key, asked),
        titles=referenced_titles(session, columns, page.records),
        items=items_for(session, columns),
    )


def _filter_fields(entity: EntityType, fields: Mapping[str, CrmField]) -> list[CrmField]:
    """The fields that the filter panel has inputs for: the usual ones, those in use, and one just asked for."""
    used = [name.partition(".")[2].partition(".")[2] for name in request.args if name.startswith(f"{PREFIX}.")]
    keys = dict.fromkeys([*entity.list_fields, *used, request.args.get("add", "")])
    return [fields[key] for key in keys if key in fields and not fields[key].row_fields]
