"""API resources `erp-links/<id>/list-mappings` and, for one table, `erp-links/<id>/list-mappings/table`."""

from typing import Any

from flask.views import MethodView

from erp_links.links.finding import managed_link
from erp_links.mapping.list_table import list_table
from erp_links.mapping.lists.operations import save_table
from erp_links.mapping.lists.pairs import JoinedLists, joined_list, joined_lists
from erp_links.mapping.lists.reading import read_erp_lists
from erp_links.mapping.lists.schemas import ListPairArguments, ListPairsSchema, TableInput, TableSchema
from erp_links.mapping.operations import lock_words
from erp_links.runtime import current_runtime
from host.accounts.current import current_doer
from host.api import TokenScope, api_blueprint, expected_version, requires, versioned
from host.crm.lists import items
from host.database import current_database

list_mappings = api_blueprint(
    "list-mappings", "/erp-links", "Which items of the ERP's lists go with which items of the CRM's."
)


@list_mappings.route("/<int:link_id>/list-mappings")
class ListMappings(MethodView):
    """The pairs of lists of one ERP link."""

    @requires(TokenScope.ADMIN)
    @list_mappings.response(200, ListPairsSchema)
    def get(self, link_id: int) -> dict[str, Any]:
        """Read which lists the mapped fields join."""
        with current_database().reading() as session:
            return {"items": joined_lists(session, managed_link(session, link_id))}


@list_mappings.route("/<int:link_id>/list-mappings/table")
class Table(MethodView):
    """The table between two lists."""

    @requires(TokenScope.ADMIN)
    @versioned
    @list_mappings.arguments(ListPairArguments, location="query")
    @list_mappings.response(200, TableSchema)
    def get(self, pair: dict[str, str], link_id: int) -> dict[str, Any]:
        """Read the table, and what the ERP's list has now."""
        with current_database().reading() as session:
            lists = joined_list(session, managed_link(session, link_id), pair["erp_list"], pair["crm_list"])
        return _answer(link_id, lists)

    @requires(TokenScope.ADMIN)
    @versioned
    @list_mappings.arguments(ListPairArguments, location="query")
    @list_mappings.arguments(TableInput)
    @list_mappings.response(200, TableSchema)
    @list_mappings.alt_response(409, "CONFLICT")
    def put(self, pair: dict[str, str], values: dict[str, Any], link_id: int) -> dict[str, Any]:
        """Store all entries of the table; those that are not named are removed."""
        entries = [(each["erp_key"], each["crm_key"]) for each in values["entries"]]
        with current_database().writing() as session:
            lists = save_table(
                session, current_doer(), link_id, pair["erp_list"], pair["crm_list"], entries, expected_version()
            )
        return _answer(link_id, lists)


def _answer(link_id: int, lists: JoinedLists) -> dict[str, Any]:
    erp = read_erp_lists(current_runtime(), link_id, [lists.erp_list])
    with current_database().reading() as session:
        locked = lock_words(managed_link(session, link_id))
        hub = items(session, lists.crm_list)
    told = erp.items.get(lists.erp_list)
    table = list_table(lists.entries, hub, told)
    return {
        "erp_list": lists.erp_list,
        "crm_list": lists.crm_list,
        "crm_name": lists.crm_name,
        "fields": lists.fields,
        "version": lists.version,
        "locked": locked,
        "entries": [{"erp_key": erp_key, "crm_key": crm_key} for erp_key, crm_key in lists.entries.items()],
        "items": None
        if told is None
        else [{"erp_key": key, "text": text, "crm_key": table.to_crm.get(key)} for key, text in told.items()],
        "unreachable": erp.trouble,
    }
