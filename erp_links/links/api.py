"""API resources `erp-links` and `sync-settings`."""

from dataclasses import asdict
from typing import Any

from flask.views import MethodView
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from erp_links.links import activating, deleting, pausing, schedule, testing
from erp_links.links.answers import link_answer, test_answer
from erp_links.links.declaring import refresh_link
from erp_links.links.finding import managed_link, visible_link
from erp_links.links.models import ErpLink, LinkState, SyncSettings
from erp_links.links.saving import SavedLink, change_link, create_link
from erp_links.links.schemas import (
    ConfigurationInput,
    DeletionArguments,
    DroppedSchema,
    LinkChange,
    LinkInput,
    LinkSchema,
    ResumeInput,
    ScheduleInput,
    SyncSettingsChange,
    SyncSettingsSchema,
    TestResultSchema,
)
from erp_links.links.standing import standings_of
from erp_links.links.submission import LinkSubmission
from erp_links.runtime import current_runtime
from erp_links.visibility import visible
from host.accounts.current import current_doer, current_principal
from host.api import (
    PageArguments,
    TokenScope,
    api_blueprint,
    expected_version,
    idempotent,
    page_schema,
    requires,
    versioned,
)
from host.paging import keyset_page

links = api_blueprint("erp-links", "/erp-links", "ERP links: a sync connector, a configuration, and who may see it.")
settings = api_blueprint("sync-settings", "/sync-settings", "When links sync by themselves.")


@links.route("")
class LinkList(MethodView):
    """All ERP links."""

    @requires(TokenScope.READ)
    @links.arguments(PageArguments, location="query")
    @links.response(200, page_schema(LinkSchema))
    def get(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """List the links: all of them for administrators, for others those that they may see."""
        runtime, principal = current_runtime(), current_principal()
        query = select(ErpLink).where(ErpLink.state != LinkState.DELETED.value)
        if not principal.is_administrator:
            query = query.where(visible(principal))
        query = query.options(joinedload(ErpLink.connector), selectinload(ErpLink.access))
        with runtime.database.reading() as session:
            page = keyset_page(session, query, (ErpLink.id,), **arguments)
            standings = standings_of(session, runtime, page.items)
            items = [link_answer(session, runtime, principal, link, standings[link.id]) for link in page.items]
            return {"items": items, "next": page.next}

    @requires(TokenScope.ADMIN)
    @idempotent
    @versioned
    @links.arguments(LinkInput)
    @links.response(201, LinkSchema)
    @links.alt_response(429, description="The tests of one user are limited.")
    def post(self, submission: LinkSubmission) -> dict[str, Any]:
        """Create a link as a draft; without a valid proof its test runs first and must pass."""
        return _saved(create_link(current_runtime(), current_doer(), submission))


@links.route("/test")
class NewLinkTest(MethodView):
    """The test of a link that is not saved yet."""

    @requires(TokenScope.ADMIN)
    @links.arguments(ConfigurationInput)
    @links.response(200, TestResultSchema)
    def post(self, submission: LinkSubmission) -> dict[str, Any]:
        """Test a configuration; what passes leaves a proof for one save within 15 minutes."""
        return test_answer(testing.test_configuration(current_runtime(), current_doer(), submission, None))


@links.route("/<int:link_id>")
class LinkItem(MethodView):
    """One ERP link."""

    @requires(TokenScope.READ)
    @versioned
    @links.response(200, LinkSchema)
    def get(self, link_id: int) -> dict[str, Any]:
        """Read a link."""
        return _answer(link_id)

    @requires(TokenScope.ADMIN)
    @versioned
    @links.arguments(LinkChange)
    @links.response(200, LinkSchema)
    def patch(self, submission: LinkSubmission, link_id: int) -> dict[str, Any]:
        """Change a link; a change of its connector or configuration has to pass the test."""
        return _saved(change_link(current_runtime(), current_doer(), link_id, submission, expected_version()))

    @requires(TokenScope.ADMIN)
    @versioned
    @links.arguments(DeletionArguments, location="query")
    @links.response(200, DroppedSchema)
    def delete(self, arguments: dict[str, Any], link_id: int) -> dict[str, int]:
        """Delete a link; CRM records stay. The answer counts what went with it."""
        return asdict(
            deleting.delete_link(current_runtime(), current_doer(), link_id, arguments["name"], expected_version())
        )


@links.route("/<int:link_id>/test")
class LinkTest(MethodView):
    """The test of a link."""

    @requires(TokenScope.ADMIN)
    @links.arguments(ConfigurationInput)
    @links.response(200, TestResultSchema)
    def post(self, submission: LinkSubmission, link_id: int) -> dict[str, Any]:
        """Test a link: as it is saved for an empty object, else with these changes, leaving a proof."""
        runtime, doer = current_runtime(), current_doer()
        if not submission.touches_gate:
            return test_answer(testing.test_link(runtime, doer, link_id))
        return test_answer(testing.test_configuration(runtime, doer, submission, link_id))


@links.route("/<int:link_id>/schedule")
class LinkSchedule(MethodView):
    """When one link syncs by itself."""

    @requires(TokenScope.ADMIN)
    @versioned
    @links.arguments(ScheduleInput)
    @links.response(200, LinkSchema)
    def put(self, values: dict[str, Any], link_id: int) -> dict[str, Any]:
        """Let a link differ from what holds for all."""
        with current_runtime().database.writing() as session:
            schedule.change_schedule(session, current_doer(), link_id, expected_version=expected_version(), **values)
        return _answer(link_id)


@links.route("/<int:link_id>/activate", methods=["POST"])
@requires(TokenScope.ADMIN)
@links.response(200, LinkSchema)
def activate(link_id: int) -> dict[str, Any]:
    """Activate a link; what stands against it comes all at once."""
    activating.activate(current_runtime(), current_doer(), link_id)
    return _answer(link_id)


@links.route("/<int:link_id>/deactivate", methods=["POST"])
@requires(TokenScope.ADMIN)
@links.response(200, LinkSchema)
def deactivate(link_id: int) -> dict[str, Any]:
    """Deactivate a link."""
    with current_runtime().database.writing() as session:
        activating.deactivate(session, current_doer(), link_id)
    return _answer(link_id)


@links.route("/<int:link_id>/pause", methods=["POST"])
@requires(TokenScope.ADMIN)
@links.response(200, LinkSchema)
def pause(link_id: int) -> dict[str, Any]:
    """Let an active link rest."""
    with current_runtime().database.writing() as session:
        pausing.pause(session, current_doer(), link_id)
    return _answer(link_id)


@links.route("/<int:link_id>/resume", methods=["POST"])
@requires(TokenScope.ADMIN)
@links.arguments(ResumeInput)
@links.response(200, LinkSchema)
def resume(values: dict[str, bool], link_id: int) -> dict[str, Any]:
    """Let a paused link go on."""
    pausing.resume(current_runtime(), current_doer(), link_id, **values)
    return _answer(link_id)


@links.route("/<int:link_id>/refresh", methods=["POST"])
@requires(TokenScope.ADMIN)
@links.response(200, LinkSchema)
def refresh(link_id: int) -> dict[str, Any]:
    """Read again what the link's ERP offers."""
    refresh_link(current_runtime(), current_doer(), link_id)
    return _answer(link_id)


@settings.route("")
class SyncSettingsItem(MethodView):
    """What holds for all links."""

    @requires(TokenScope.ADMIN)
    @versioned
    @settings.response(200, SyncSettingsSchema)
    def get(self) -> SyncSettings:
        """Read whether links sync by themselves, and how often."""
        runtime = current_runtime()
        with runtime.database.reading() as session:
            return schedule.sync_settings(session, runtime.settings)

    @requires(TokenScope.ADMIN)
    @versioned
    @settings.arguments(SyncSettingsChange)
    @settings.response(200, SyncSettingsSchema)
    def patch(self, values: dict[str, Any]) -> SyncSettings:
        """Change it."""
        runtime, version = current_runtime(), expected_version()
        with runtime.database.writing() as session:
            return schedule.change_sync_settings(
                session, runtime.settings, current_doer(), expected_version=version, **values
            )


def _answer(link_id: int) -> dict[str, Any]:
    runtime, principal = current_runtime(), current_principal()
    with runtime.database.reading() as session:
        is_manager = principal.is_administrator
        link = managed_link(session, link_id) if is_manager else visible_link(session, principal, link_id)
        return link_answer(session, runtime, principal, link)


def _saved(saved: SavedLink) -> dict[str, Any]:
    return _answer(saved.link_id) | {"warning": saved.warning}
