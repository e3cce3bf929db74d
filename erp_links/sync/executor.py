"""One run, from the moment a worker takes it to its end."""

import logging
import threading
from collections import Counter

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.links.connecting import open_link
from erp_links.links.errors import LinkPausedError
from erp_links.links.models import ErpLink, PauseReason
from erp_links.runtime import LinkRuntime
from erp_links.sync.brake import BrakeError, Brakes, read_brakes
from erp_links.sync.ending import begin_run, finish_run, requeue_run
from erp_links.sync.expecting import expects_writes
from erp_links.sync.models import Outcome, Run, RunMode
from erp_links.sync.outcomes import Ending, ending_of
from erp_links.sync.permit import CancelledError, LeaseLostError, RunPermit, ShutDownError
from erp_links.sync.preparing import Preparing
from erp_links.sync.pull.previewing import preview
from erp_links.sync.pull.pull_passes import pull_all
from erp_links.sync.push.covering import Covering
from erp_links.sync.push.intent_pass import settle_open_intents
from erp_links.sync.push.outbox_pass import push_all
from erp_links.sync.push.resync_pass import resync_all
from erp_links.sync.run_in_hand import Reached, RunInHand, RunWarnings
from host.database import Database, is_trouble
from host.errors import TielineError
from host.jobs.keeping import LeaseKeeper
from host.logs import bind
from sync_connectors import ConnectorError
from sync_connectors.guarding import HaltedError

log = logging.getLogger(__name__)


def _nowhere(_point: str) -> None:
    """Take no note of the points that a run passes."""


class RunExecutor:
    """Executes runs. One object serves all threads of a worker."""

    def __init__(self, runtime: LinkRuntime, reached: Reached = _nowhere) -> None:
        """Take the parts of the process; `reached` is told the points that a run passes, for tests of crashes."""
        self._runtime = runtime
        self._database = runtime.database
        self._reached = reached

    def execute(self, run_id: int, link_id: int, keeper: LeaseKeeper, stopping: threading.Event) -> None:
        """Execute a run under the lease that `keeper` keeps; what goes wrong becomes the run's outcome.

        Raises:
            DBAPIError: The database is away, full or takes no changes. The run stays as it is, and whoever gets the
                lease next goes on with it.
        """
        permit = RunPermit(run_id, link_id, keeper.lease)
        with bind(run_id=str(run_id)):
            try:
                self._execute_or_requeue(permit, keeper, stopping)
            except LeaseLostError:
                log.warning("the run was taken over by another worker")

    def _execute_or_requeue(self, permit: RunPermit, keeper: LeaseKeeper, stopping: threading.Event) -> None:
        try:
            self._execute(permit, keeper, stopping)
        except (ShutDownError, HaltedError):
            requeue_run(self._database, permit)
            log.info("the worker stops; the next one goes on with the run")

    def _execute(self, permit: RunPermit, keeper: LeaseKeeper, stopping: threading.Event) -> None:
        counts = begin_run(self._database, permit)
        self._reached("run begun")
        warnings = RunWarnings()
        try:
            self._work(permit, keeper, counts, warnings, stopping)
        except (LeaseLostError, ShutDownError, HaltedError):
            raise
        except Exception as error:
            if is_trouble(error):
                raise
            # whatever else happened is the outcome of this run and of no other
            ending = _ending(error)
        else:
            ending = warnings.ending
        self._reached("run about to finish")
        finish_run(self._runtime, permit, ending, counts)

    def _work(
        self,
        permit: RunPermit,
        keeper: LeaseKeeper,
        counts: Counter[str],
        warnings: RunWarnings,
        stopping: threading.Event,
    ) -> None:
        with self._database.reading() as session:
            permit.assert_wanted(session)
            asked = session.get_one(Run, permit.run_id)
            brakes = _brakes(self._database, session, asked, counts)
        seconds = self._runtime.settings.sync_call_seconds
        with open_link(self._runtime, permit.link_id, seconds) as link_session:
            run = RunInHand(
                runtime=self._runtime,
                permit=permit,
                covering=Covering(keeper, seconds),
                link_session=link_session,
                counts=counts,
                stopping=stopping,
                reached=self._reached,
                brakes=brakes,
                mode=RunMode(asked.mode),
                keep_blanks=asked.keep_blanks,
                scope=None if asked.scope is None else tuple(asked.scope),
                warnings=warnings,
            )
            preparing = Preparing(run)
            if run.mode is RunMode.PREVIEW:
                preview(run, preparing)
                return
            if not settle_open_intents(run, preparing):
                return
            if run.mode is RunMode.SYNC:
                pull_all(run, preparing)
                push_all(run, preparing)
            else:
                resync_all(run, preparing)


def _brakes(database: Database, session: Session, run: Run, counts: Counter[str]) -> Brakes:
    """Return the brakes of a run; there are none where people know that much will change."""
    link = session.get_one(ErpLink, run.link_id)
    return read_brakes(
        database,
        session,
        run.link_id,
        counts,
        lifted=link.brake_lifted or run.mode != RunMode.SYNC,
        expects_writes=expects_writes(session, run.id, run.link_id),
    )


def _ending(error: Exception) -> Ending:
    match error:
        case ConnectorError():
            return ending_of(error)
        case BrakeError():
            return Ending(
                Outcome.FAILED,
                error.text,
                _("look at what the run changed, then let it go on from the link's page"),
                pause=PauseReason.BRAKE,
            )
        case CancelledError():
            return Ending(Outcome.ABORTED, error.text)
        case LinkPausedError():
            return Ending(Outcome.FAILED, error.text, _("the link's page says what to do"))
        case TielineError():
            return Ending(Outcome.FAILED, error.text, error.instruction)
    log.error("the run failed for a reason of our own", exc_info=error)
    return Ending(
        Outcome.FAILED,
        _("an error inside Tieline"),
        _("tell the maintainers of Tieline, with the technical details"),
        technical=f"{type(error).__name__}: {error}",
        error_class="InternalError",
    )
