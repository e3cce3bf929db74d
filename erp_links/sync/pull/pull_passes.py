"""The pulls of a run: one pass over each actor type, parents first."""

from erp_links.mapping.compiled import CompiledMapping
from erp_links.mapping.models import LinkActorType
from erp_links.sync.brake import Brake
from erp_links.sync.failures import Direction
from erp_links.sync.merge.deciding import Rules
from erp_links.sync.passes import OpenPass, open_pass
from erp_links.sync.preparing import Preparing, active_types, locked_type
from erp_links.sync.pull.bulk_load import BulkLoad
from erp_links.sync.pull.change_pages import ChangePages
from erp_links.sync.pull.deletions import read_deletions
from erp_links.sync.pull.pages import PageTaker
from erp_links.sync.pull.pulling import Pull
from erp_links.sync.pull.read_pages import PageReader
from erp_links.sync.pull.reading_process import Order, ReadingProcess
from erp_links.sync.pull.retrying import retry_due
from erp_links.sync.run_in_hand import RunInHand
from sync_connectors.codec import actor_type_from_json


def pull_all(run: RunInHand, preparing: Preparing) -> None:
    """Take over what changed in the ERP.

    Raises:
        ConnectorError: What the connector raised.
        RunEndedError: The run may not go on.
    """
    with run.database.reading() as session:
        run.permit.assert_wanted(session)
        rows = active_types(session, run.permit.link_id)
    for row in rows:
        if actor_type_from_json(row.declaration).capabilities.deletions:
            read_deletions(run.database, run.permit, run.link_session, row, run.counts, run.stopping)
    for row in rows:
        run.go_on()
        _pull_type(run, preparing, row)


def _pull_type(run: RunInHand, preparing: Preparing, row: LinkActorType) -> None:
    preparing.ask_for_lists([row])
    prepared = _prepare(run, preparing, row)
    if prepared is None:
        return
    run.reached("pass opened")
    rules, pass_in_hand = prepared
    brake = Brake(None) if pass_in_hand.is_expected else run.brakes.hub
    taker = PageTaker(run.database, run.permit, rules, pass_in_hand, run.counts, run.reached, brake)
    mapping, reader = rules.mapping, PageReader(rules.mapping)
    retry_due(run.database, run.permit, run.link_session, reader, taker, mapping.actor_type, mapping.erp_keys)
    pages, load = change_pages(run, preparing, row, reader, mapping), BulkLoad(run, mapping, pass_in_hand)
    Pull(run, pass_in_hand, pages, taker, load).run(mapping.erp_keys)


def change_pages(
    run: RunInHand, preparing: Preparing, row: LinkActorType, reader: PageReader, mapping: CompiledMapping
) -> ChangePages:
    """Return where the pages of a pass come from."""
    elsewhere = None
    if run.runtime.reader is not None:
        order = Order(
            run_id=run.permit.run_id,
            link_id=run.permit.link_id,
            actor_type_id=row.id,
            actor_type=row.name,
            texts=preparing.texts,
            fingerprint=mapping.fingerprint,
            fields=mapping.erp_keys,
        )
        elsewhere = ReadingProcess(run.runtime.reader, order, run.runtime.settings.sync_call_seconds)
    return ChangePages(run.link_session, reader, row.name, elsewhere)


def _prepare(run: RunInHand, preparing: Preparing, row: LinkActorType) -> tuple[Rules, OpenPass] | None:
    """Compile the mapping and open the pass; None where no field of the type fills the hub."""
    if not any(field.to_crm and field.crm_field for field in row.fields):
        return None
    with run.database.writing() as session:
        at = run.permit.assert_wanted(session)
        # as it is now: a mark that was set since the run began is not taken off for an older mapping
        present = locked_type(session, row)
        rules = preparing.rules(session, present)
        if not rules.mapping.pulled:
            return None
        return rules, open_pass(session, run.permit.run_id, present, Direction.PULL, rules.mapping, at)
