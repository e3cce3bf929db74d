"""The pages of failed records, and of those that only wait."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required

from erp_links.sync.models import FailedRecord
from erp_links.sync.reasons import WAITING, FailureReason, failure_words
from erp_links.sync.views import failed_records
from erp_links.sync.views.history import find_link, sees_values
from erp_links.sync.views.link_choice import back_to, link_options
from erp_links.sync.views.schemas import DismissInput, FailedPageSearch, RetryInput
from erp_links.sync.views.shown_failures import show_failures
from host.accounts.current import administrator_required, current_doer, current_principal
from host.database import current_database
from host.paging import keyset_page
from host.schemas import load_form
from host.web.formats import first_upper

blueprint = Blueprint("failed", __name__, url_prefix="/sync")


@blueprint.get("/failed-records")
@login_required
def show() -> str:
    """List failed records with the connector's words."""
    principal, wanted = current_principal(), load_form(FailedPageSearch, request.args)
    narrowed = wanted["narrowed"]
    with current_database().reading() as session:
        query = failed_records.failed_query(principal, narrowed)
        found = keyset_page(session, query, [FailedRecord.id], limit=wanted["limit"], after=wanted["after"])
        seen = sees_values(session, principal, list({each.link_id for each in found.items}))
        counted = failed_records.count_by_reason(session, principal, replace(narrowed, text="", actor_type=""))
        return render_template(
            "runs/failed.html",
            found=found,
            failures=show_failures(session, found.items, seen),
            failed={reason: count for reason, count in counted.items() if reason not in WAITING},
            waiting={reason: count for reason, count in counted.items() if reason in WAITING},
            reason_options=[(reason.value, first_upper(failure_words(reason.value))) for reason in FailureReason],
            failure_words=failure_words,
            narrowed=narrowed,
            link_options=link_options(session, principal),
        )


@blueprint.post("/failed-records/<int:failed_id>/retry")
@administrator_required
def retry(failed_id: int) -> ResponseReturnValue:
    """Let the next run try a failed record again."""
    with current_database().writing() as session:
        found = failed_records.find_failed(session, current_principal(), failed_id)
        failed_records.retry(session, current_doer(), found)
    flash(_("The next run of the link tries this record again."), "ok")
    return redirect(back_to("failed.show"))


@blueprint.post("/failed-records/<int:failed_id>/dismiss")
@administrator_required
def dismiss(failed_id: int) -> ResponseReturnValue:
    """Leave a failed record as it is."""
    with current_database().writing() as session:
        found = failed_records.find_failed(session, current_principal(), failed_id)
        failed_records.dismiss(session, current_doer(), found)
    flash(_("Dismissed. The record stays as it is until it fails in another way."), "ok")
    return redirect(back_to("failed.show"))


@blueprint.post("/failed-records/<int:failed_id>/restore")
@administrator_required
def restore(failed_id: int) -> ResponseReturnValue:
    """Take a dismissed record back among the open ones."""
    with current_database().writing() as session:
        found = failed_records.find_failed(session, current_principal(), failed_id)
        failed_records.restore(session, current_doer(), found)
    flash(_("Open again. The next run of the link tries this record."), "ok")
    return redirect(back_to("failed.show"))


@blueprint.post("/links/<int:link_id>/failed-records/retry")
@administrator_required
def retry_all(link_id: int) -> ResponseReturnValue:
    """Let the next run of a link try its failed records again."""
    reason = load_form(RetryInput, request.form)["reason"]
    with current_database().writing() as session:
        link = find_link(session, current_principal(), link_id)
        count = failed_records.retry_all(session, current_doer(), link, reason)
    text = ngettext("The next run tries %(num)d record again.", "The next run tries %(num)d records again.", count)
    flash(text, "ok")
    return redirect(url_for("failed.show", link=link_id))


@blueprint.post("/links/<int:link_id>/failed-records/dismiss")
@administrator_required
def dismiss_all(link_id: int) -> ResponseReturnValue:
    """Leave the failed records of a link with one reason as they are."""
    reason = load_form(DismissInput, request.form)["reason"]
    with current_database().writing() as session:
        link = find_link(session, current_principal(), link_id)
        count = failed_records.dismiss_all(session, current_doer(), link, reason)
    flash(ngettext("%(num)d record is dismissed.", "%(num)d records are dismissed.", count), "ok")
    return redirect(url_for("failed.show", link=link_id))
