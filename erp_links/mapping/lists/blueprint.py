"""The page of the list mapping of a link."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from erp_links.links.finding import managed_link
from erp_links.mapping.lists.operations import Entries, save_table
from erp_links.mapping.lists.page import Submitted, key_of, pairs_shown, table_shown
from erp_links.mapping.lists.pairs import JoinedLists, joined_list, joined_lists
from erp_links.mapping.lists.proposing import propose_items
from erp_links.mapping.lists.reading import ErpLists, read_erp_lists
from erp_links.mapping.operations import lock_words
from erp_links.runtime import current_runtime
from host.accounts.current import administrator_required, current_doer
from host.api.versions import version_of_form
from host.crm.lists import items
from host.database import current_database
from host.errors import ConflictError, InvalidInputError, NotFoundError, StaleVersionError, TielineError

blueprint = Blueprint("list_mapping", __name__, url_prefix="/settings/sync")


@blueprint.get("/links/<int:link_id>/lists")
@administrator_required
def show(link_id: int) -> ResponseReturnValue:
    """Show which lists are joined, and the table of one pair."""
    return _page(link_id)


@blueprint.post("/links/<int:link_id>/lists")
@administrator_required
def save(link_id: int) -> ResponseReturnValue:
    """Store the table as the form says, or show it again with proposals, or with everything that is wrong with it."""
    if "erp_list" not in request.form:
        return redirect(url_for("list_mapping.show", link_id=link_id))
    with current_database().reading() as session:
        lists = joined_list(session, managed_link(session, link_id), *_chosen_pair())
        crm_items = items(session, lists.crm_list)
    chosen = [
        (erp_key, key_of(typed, crm_items))
        for erp_key, typed in zip(request.form.getlist("erp_key"), request.form.getlist("crm_key"), strict=False)
    ]
    if request.form.get("action") == "propose":
        return _with_proposals(link_id, lists, dict(chosen), crm_items)
    entries = [(erp_key, crm_key) for erp_key, crm_key in chosen if crm_key]
    try:
        with current_database().writing() as session:
            save_table(session, current_doer(), link_id, *lists.pair, entries, version_of_form(request.form))
    except (InvalidInputError, StaleVersionError, ConflictError) as error:
        faults = _by_item(error, entries) if isinstance(error, InvalidInputError) else {}
        return _page(link_id, Submitted(dict(chosen), faults=faults), error), error.status
    flash(_("Table saved"), "ok")
    return redirect(url_for("list_mapping.show", link_id=link_id, erp_list=lists.erp_list, crm_list=lists.crm_list))


def _with_proposals(
    link_id: int, lists: JoinedLists, chosen: dict[str, str], crm_items: dict[str, str]
) -> ResponseReturnValue:
    erp = read_erp_lists(current_runtime(), link_id, [lists.erp_list])
    entries = {erp_key: crm_key for erp_key, crm_key in chosen.items() if crm_key}
    proposed = propose_items(entries, erp.items.get(lists.erp_list, {}), crm_items)
    if proposed:
        words = ngettext("%(num)d item is proposed", "%(num)d items are proposed", len(proposed))
        flash(_("%(proposed)s; nothing is saved yet", proposed=words), "ok")
    else:
        flash(_("No further items have equal names"), "warn")
    return _page(link_id, Submitted({**chosen, **proposed}, frozenset(proposed)))


def _page(link_id: int, submitted: Submitted | None = None, error: TielineError | None = None) -> str:
    with current_database().reading() as session:
        link = managed_link(session, link_id)
        all_lists = joined_lists(session, link)
    erp = read_erp_lists(current_runtime(), link_id, [each.erp_list for each in all_lists])
    with current_database().reading() as session:
        link = managed_link(session, link_id)
        chosen = _shown(all_lists)
        return render_template(
            "mapping/lists/page.html",
            link=link,
            pairs=pairs_shown(session, all_lists, erp),
            table=table_shown(session, chosen, erp.items.get(chosen.erp_list), submitted) if chosen else None,
            version=_version(chosen, submitted, error),
            trouble=erp if erp.trouble else ErpLists(),
            locked=lock_words(link),
            error=error,
        )


def _shown(all_lists: list[JoinedLists]) -> JoinedLists | None:
    if "erp_list" not in request.values:
        return all_lists[0] if all_lists else None
    wanted = _chosen_pair()
    found = next((each for each in all_lists if each.pair == wanted), None)
    if found is None:
        raise NotFoundError("no mapped field joins these two lists")
    return found


def _chosen_pair() -> tuple[str, str]:
    return request.values.get("erp_list", ""), request.values.get("crm_list", "")


def _version(chosen: JoinedLists | None, submitted: Submitted | None, error: TielineError | None) -> int:
    if chosen is None:
        return 0
    if submitted is None or isinstance(error, StaleVersionError):
        return chosen.version
    return version_of_form(request.form)


def _by_item(error: InvalidInputError, entries: Entries) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    for path, words in error.errors.items():
        place = int(path.split(".")[1])
        faults.setdefault(entries[place][0], []).extend(words)
    return faults
