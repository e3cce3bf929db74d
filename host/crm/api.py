"""API resources of the hub: one for each entity of the registry, all alike."""

from datetime import UTC, datetime
from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from host.accounts.current import current_doer, current_principal
from host.api import TokenScope, api_blueprint, expected_version, idempotent, page_schema, requires, versioned
from host.crm import records
from host.crm.api_records import answers, as_api_errors, values_of
from host.crm.api_schemas import RecordSearch, UpsertAnswerSchema, input_schema, record_schema, upsert_schema
from host.crm.browsing import Browsing, Sort, browse
from host.crm.entity_type import EntityType
from host.crm.extensions import current_extensions
from host.crm.external_ids import known_records
from host.crm.external_upsert import upsert
from host.crm.filter_input import filters_of_texts
from host.crm.origins import origin_of
from host.crm.record import Record
from host.crm.registry import entity_types, fields_of
from host.database import current_database
from host.errors import InvalidInputError, NotFoundError
from host.paging import Page


def resource(entity: EntityType) -> Blueprint:
    """Return the API resource of an entity."""
    blueprint = api_blueprint(entity.path, f"/{entity.path}", f"Records of the hub: {entity.plural}.")
    sent, answer = input_schema(entity), record_schema(entity)

    class Collection(MethodView):
        """All records of the entity."""

        @requires(TokenScope.READ)
        @blueprint.arguments(RecordSearch, location="query")
        @blueprint.response(200, page_schema(answer))
        def get(self, arguments: dict[str, Any]) -> Page[dict[str, Any]]:
            """List records, narrowed by search and filters, sorted."""
            return _listed(entity, arguments)

        @requires(TokenScope.WRITE)
        @idempotent
        @versioned
        @blueprint.arguments(sent)
        @blueprint.response(201, answer)
        def post(self, values: dict[str, Any]) -> dict[str, Any]:
            """Add a record."""
            return _added(entity, values)

    class Item(MethodView):
        """One record."""

        @requires(TokenScope.READ)
        @versioned
        @blueprint.response(200, answer)
        def get(self, record_id: int) -> dict[str, Any]:
            """Read a record."""
            with current_database().reading() as session:
                return _answer(session, entity, records.get(session, entity.key, record_id))

        @requires(TokenScope.WRITE)
        @versioned
        @blueprint.arguments(sent)
        @blueprint.response(200, answer)
        def patch(self, values: dict[str, Any], record_id: int) -> dict[str, Any]:
            """Change the fields that are sent; the others stay."""
            return _changed(entity, record_id, values)

        @requires(TokenScope.WRITE)
        @versioned
        @blueprint.response(204)
        def delete(self, record_id: int) -> None:
            """Delete a record; records that refer to it stay and lose the reference."""
            _deleted(entity, record_id)

    class Upsert(MethodView):
        """Many records of another system."""

        @requires(TokenScope.WRITE)
        @blueprint.arguments(upsert_schema(entity, sent))
        @blueprint.response(200, UpsertAnswerSchema)
        def post(self, values: dict[str, Any]) -> dict[str, Any]:
            """Create or change records by the ids that another system has for them.

            Each record is judged by itself: those with faults are refused and named, all others are written at once.
            """
            return _upserted(entity, values)

    class ByExternalId(MethodView):
        """The record that another system knows under an id."""

        @requires(TokenScope.READ)
        @versioned
        @blueprint.response(200, answer)
        def get(self, source: str, external_id: str) -> dict[str, Any]:
            """Read the record that another system knows under its own id."""
            return _known_elsewhere(entity, source, external_id)

    blueprint.route("")(Collection)
    blueprint.route("/<int:record_id>")(Item)
    blueprint.route("/upsert")(Upsert)
    blueprint.route("/external-ids/<source>/<external_id>")(ByExternalId)
    return blueprint


blueprints = tuple(resource(entity) for entity in entity_types().values())


def _listed(entity: EntityType, arguments: dict[str, Any]) -> Page[dict[str, Any]]:
    with current_database().reading() as session:
        known = fields_of(session, entity.key)
        asked = Browsing(
            sort=Sort.parse(entity.key, arguments["sort"]),
            search=arguments["search"],
            filters=filters_of_texts(arguments["filter"], known),
            after=arguments["after"],
            limit=arguments["limit"],
        )
        page = browse(session, entity.key, asked)
        shown = answers(session, current_principal(), current_extensions().name_links, entity, known, page.records)
        return Page(shown, page.next or None)


def _added(entity: EntityType, sent: dict[str, Any]) -> dict[str, Any]:
    with current_database().writing() as session:
        known = fields_of(session, entity.key)
        values = values_of(sent, entity, known)
        try:
            made = records.create(session, entity.key, values, origin=origin_of(current_doer()), at=datetime.now(UTC))
        except InvalidInputError as error:
            raise InvalidInputError(as_api_errors(error.errors, known, values)) from error
        return _answer(session, entity, made)


def _changed(entity: EntityType, record_id: int, sent: dict[str, Any]) -> dict[str, Any]:
    with current_database().writing() as session:
        known = fields_of(session, entity.key)
        values = values_of(sent, entity, known)
        try:
            saved = records.update(
                session,
                entity.key,
                record_id,
                values,
                expected_version=expected_version(),
                origin=origin_of(current_doer()),
                at=datetime.now(UTC),
            )
        except InvalidInputError as error:
            raise InvalidInputError(as_api_errors(error.errors, known, values)) from error
        return _answer(session, entity, saved)


def _deleted(entity: EntityType, record_id: int) -> None:
    with current_database().writing() as session:
        records.delete(
            session,
            entity.key,
            record_id,
            expected_version=expected_version(),
            origin=origin_of(current_doer()),
            at=datetime.now(UTC),
            watchers=current_extensions().deletion_hooks,
        )


def _upserted(entity: EntityType, sent: dict[str, Any]) -> dict[str, Any]:
    with current_database().writing() as session:
        known = fields_of(session, entity.key)
        items = [(item["external_id"], item["values"]) for item in sent["items"]]
        return {"items": upsert(session, current_doer(), entity, known, sent["source"], items)}


def _known_elsewhere(entity: EntityType, source: str, external_id: str) -> dict[str, Any]:
    with current_database().reading() as session:
        known = known_records(session, entity.key, source, [external_id])
        if external_id not in known:
            raise NotFoundError(f"{source!r} has told of no {entity.key} {external_id!r}")
        return _answer(session, entity, records.get(session, entity.key, known[external_id]))


def _answer(session: Session, entity: EntityType, record: Record) -> dict[str, Any]:
    known = fields_of(session, entity.key)
    names = current_extensions().name_links
    return answers(session, current_principal(), names, entity, known, [record])[0]
