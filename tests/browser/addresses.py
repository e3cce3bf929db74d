"""Every page, by an address with places for the numbers of an installation."""

from tests.browser.office import Office

SIGNED_OUT = ("/sign-in", "/setup/{setup}", "/nowhere")

OF_USERS = (
    "/companies",
    "/companies?q=a&sort=-name",
    "/companies/new",
    "/companies/import",
    "/companies/{company}",
    "/companies/{company}/edit",
    "/companies/{company}/delete",
    "/companies/{company}/erp",
    "/companies/{company}/persons",
    "/persons",
    "/persons/new",
    "/persons/import",
    "/persons/{person}",
    "/persons/{person}/edit",
    "/persons/{person}/delete",
    "/persons/{person}/erp",
    "/search?q=nord",
    "/sync",
    "/sync/runs",
    "/sync/runs/{run}",
    "/sync/failed-records",
    "/sync/links/{link}",
    "/sync/conflicts",
    "/sync/matches",
    "/sync/unclear",
    "/sync/pairings",
    "/sync/pairings?link={link}&state=paired",
    "/account",
    "/sign-in/confirm",
    "/api/docs",
)

OF_ADMINISTRATORS = (
    "/sync/links/{link}/resync?side=crm",
    "/settings/sync",
    "/settings/sync/priority",
    "/settings/sync/connectors/new",
    "/settings/sync/connectors/{connector}",
    "/settings/sync/links/new",
    "/settings/sync/links/new?connector_id={connector}",
    "/settings/sync/links/{link}",
    "/settings/sync/links/{link}/configuration",
    "/settings/sync/links/{link}/mapping",
    "/settings/sync/links/{link}/mapping/order/{actor_type}",
    "/settings/fields",
    "/settings/fields/{field}",
    "/settings/lists",
    "/settings/lists/category",
    "/settings/plugins",
    "/settings/users",
    "/settings/users/new",
    "/settings/users/{user}",
    "/settings/groups",
    "/settings/groups/new",
    "/settings/groups/{group}",
    "/settings/audit",
)

PAGES = OF_USERS + OF_ADMINISTRATORS

NO_PAGES = {
    "static": "a file",
    "bootstrap.static": "a file",
    "api_docs_page.asset": "a file",
    "crm.import_problems": "a file",
    "web.home": "leads to the companies",
    "health.health": "for machines",
    "health.ready": "for machines",
    "api-docs.openapi_json": "for machines",
    "crm.suggest": "part of a form",
    "crm.import_progress": "part of a page",
    "crm.import_columns": "has a test of its own, for it needs a file",
    "erp_tab.block": "part of a page",
    "link_form.fields": "part of a form",
    "link_sync.chart": "a picture",
    "links.runs": "part of a page",
    "matches.match": "has a test of its own, for it needs an ambiguous record",
    "sync.details": "part of a page",
    "sync.progress": "part of a page",
}
"""Endpoints that answer GET with something that is no page of the walk, and why."""


def address_in(office: Office, page: str) -> str:
    """Return the address of a page in an installation."""
    return page.format(**office.numbers)
