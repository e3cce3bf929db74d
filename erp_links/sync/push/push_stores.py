"""The transactions of a pass to the ERP: what several batches have to write, and what it counts as."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from erp_links.sync.passes import OpenPass, store_pass_counts, store_run_counts
from erp_links.sync.permit import CancelledError, LeaseLostError
from erp_links.sync.push.cases import Case
from erp_links.sync.push.interleaving import Store
from erp_links.sync.push.push_types import PushType
from erp_links.sync.push.settling import Settling
from erp_links.sync.run_in_hand import RunInHand
from erp_links.sync.trying_again import wait_to_try_again

log = logging.getLogger(__name__)


class PushStores:
    """Writes for the batches of one pass, one transaction at a time."""

    def __init__(self, run: RunInHand, *, may_ask: bool) -> None:
        """Take the run, and whether people may have been asked about conflicts."""
        self._run = run
        self._may_ask = may_ask
        self._pending: list[tuple[OpenPass | None, Counter[str]]] = []

    def settle(self, session: Session, at: datetime, push_type: PushType, cases: Sequence[Case]) -> None:
        """Write what was decided about cases of one type; for the `write` of a `Store`."""
        if not cases:
            return
        permit = self._run.permit
        settling = Settling(session, permit.link_id, permit.run_id, push_type, at, self._may_ask)
        counts = settling.write(cases)
        if push_type.open_pass is None:
            # nobody asked for a look at these records; only what came of it counts
            counts["erp_read"] -= counts.pop("erp_equal", 0)
        self._pending.append((push_type.open_pass, +counts))

    def __call__(self, stores: Sequence[Store]) -> list[Exception | None]:
        """Write all, together if possible; return for each what hindered it.

        Raises:
            DBAPIError: The database cannot do it.
        """
        if len(stores) > 1:
            try:
                return self._write(stores)
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise
                log.info("batches are stored one by one: %s", error)
        return [self._write_alone(store) for store in stores]

    def _write_alone(self, store: Store) -> Exception | None:
        tried = 0
        while True:
            try:
                return self._write([store])[0]
            except DBAPIError as error:
                tried += 1
                wait_to_try_again(tried, error)
                log.info("a batch is stored again: %s", error)

    def _write(self, stores: Sequence[Store]) -> list[Exception | None]:
        self._pending.clear()
        hindered: list[Exception | None] = []
        try:
            with self._run.database.writing() as session:
                at, unwanted = self._begin(session, ask=any(store.wanted for store in stores))
                for store in stores:
                    if store.wanted and unwanted is not None:
                        hindered.append(unwanted)
                        continue
                    store.write(session, at)
                    hindered.append(None)
                if self._pending:
                    self._store_counts(session)
                    self._run.reached("batch about to be committed")
        except LeaseLostError as error:
            return [error] * len(stores)
        if self._pending:
            for open_pass, counts in self._pending:
                self._run.counts.update(counts)
                if open_pass is not None:
                    open_pass.counts.update(counts)
            self._run.reached("batch committed")
        return hindered

    def _begin(self, session: Session, *, ask: bool) -> tuple[datetime, CancelledError | None]:
        """Make sure of the lease; return the time, and where it was asked why the run is not wanted any more."""
        permit = self._run.permit
        if ask:
            try:
                return permit.assert_wanted(session, waits_for_disk=True), None
            except CancelledError as error:
                return permit.assert_held(session), error
        return permit.assert_held(session), None

    def _store_counts(self, session: Session) -> None:
        total = Counter(self._run.counts)
        of_passes: dict[int, tuple[OpenPass, Counter[str]]] = {}
        for open_pass, counts in self._pending:
            total.update(counts)
            if open_pass is not None:
                of_passes.setdefault(open_pass.id, (open_pass, Counter(open_pass.counts)))[1].update(counts)
        for open_pass, counts in of_passes.values():
            store_pass_counts(session, open_pass, counts)
        store_run_counts(session, self._run.permit.run_id, total)
