"""One run, from the moment a worker takes it to its end."""

import logging
import threading
from collections import Counter
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import joinedload, selectinload

from erp_links.links.connecting import open_link
from erp_links.links.errors import LinkPausedError
from erp_links.mapping.compiled import CompiledMapping, compile_mapping, lists_to_read
from erp_links.mapping.models import LinkActorType
from erp_links.runtime import LinkRuntime
from erp_links.sync.brake import Brake
from erp_links.sync.deciding import Rules
from erp_links.sync.ending import begin_run, finish_run, requeue_run
from erp_links.sync.failures import Direction
from erp_links.sync.models import Outcome
from erp_links.sync.ordering import parents_first
from erp_links.sync.outcomes import Ending, ending_of
from erp_links.sync.pages import PageTaker, Reached
from erp_links.sync.passes import OpenPass, open_pass
from erp_links.sync.permit import CancelledError, LeaseLostError, RunPermit, ShutDownError
from erp_links.sync.pulling import Pull
from erp_links.sync.ranking import origin_of, read_ranking
from erp_links.sync.retrying import retry_due
from host.errors import TielineError
from host.jobs.keeping import LeaseKeeper
from host.logs import bind
from sync_connectors import ConnectorError, LinkSession

log = logging.getLogger(__name__)


def _nowhere(_point: str) -> None:
    """Take no note of the points that a run passes."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A pass that is about to begin: its mapping is compiled and its row is open."""

    rules: Rules
    open_pass: OpenPass


class _Warnings:
    """What the connector warned of during a run, shown where nothing worse happened."""

    _MOST = 5

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._is_conclusive = True

    def add(self, pull: Pull) -> None:
        self._texts.extend(text for text in pull.warnings if text not in self._texts)
        self._is_conclusive = self._is_conclusive and pull.is_conclusive

    @property
    def ending(self) -> Ending:
        outcome = Outcome.SUCCESS if self._is_conclusive else Outcome.PARTIAL
        return Ending(outcome, "; ".join(self._texts[: self._MOST]))


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
            OperationalError: The database is away or full. The run stays as it is, and whoever gets the lease next goes
                on with it.
            InterfaceError: Likewise.
        """
        permit = RunPermit(run_id, link_id, keeper.lease)
        with bind(run_id=str(run_id)):
            try:
                self._execute_or_requeue(permit, stopping)
            except LeaseLostError:
                log.warning("the run was taken over by another worker")

    def _execute_or_requeue(self, permit: RunPermit, stopping: threading.Event) -> None:
        try:
            self._execute(permit, stopping)
        except ShutDownError:
            requeue_run(self._database, permit)
            log.info("the worker stops; the next one goes on with the run")

    def _execute(self, permit: RunPermit, stopping: threading.Event) -> None:
        counts = begin_run(self._database, permit)
        self._reached("run begun")
        warnings = _Warnings()
        try:
            self._pull(permit, counts, warnings, stopping)
        except (LeaseLostError, ShutDownError, OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 -- whatever happened is the outcome of this run and of no other
            ending = _ending(error)
        else:
            ending = warnings.ending
        self._reached("run about to finish")
        finish_run(self._runtime, permit, ending, counts)

    def _pull(self, permit: RunPermit, counts: Counter[str], warnings: "_Warnings", stopping: threading.Event) -> None:
        with self._database.reading() as session:
            permit.assert_wanted(session)
            rows = session.scalars(
                select(LinkActorType)
                .where(
                    LinkActorType.link_id == permit.link_id,
                    LinkActorType.active,
                    LinkActorType.missing_since.is_(None),
                )
                .options(selectinload(LinkActorType.fields), joinedload(LinkActorType.link))
            ).all()
        with open_link(self._runtime, permit.link_id, self._runtime.settings.sync_call_seconds) as link_session:
            for row in parents_first(rows):
                if stopping.is_set():
                    raise ShutDownError("the worker stops")
                self._pull_type(permit, row, link_session, counts, warnings, stopping)

    def _pull_type(
        self,
        permit: RunPermit,
        row: LinkActorType,
        link_session: LinkSession,
        counts: Counter[str],
        warnings: "_Warnings",
        stopping: threading.Event,
    ) -> None:
        prepared = self._prepare(permit, row, link_session)
        if prepared is None:
            return
        self._reached("pass opened")
        mapping = prepared.rules.mapping
        taker = PageTaker(
            self._database, permit, prepared.rules, prepared.open_pass, counts, self._reached, Brake(None)
        )
        retry_due(self._database, permit, link_session, taker, mapping.actor_type, mapping.erp_keys)
        pull = Pull(self._database, permit, link_session, taker, prepared.open_pass, stopping, self._reached)
        try:
            pull.run(mapping.erp_keys)
        finally:
            warnings.add(pull)

    def _prepare(self, permit: RunPermit, row: LinkActorType, link_session: LinkSession) -> _Prepared | None:
        """Compile the mapping and open the pass; None where no field of the type fills the hub."""
        mapping = self._compile(row, link_session)
        if not mapping.pulled:
            return None
        with self._database.writing() as session:
            permit.assert_wanted(session)
            rules = Rules(mapping, read_ranking(session), origin_of(permit.link_id))
            actor_type = session.merge(row)
            return _Prepared(rules, open_pass(session, permit.run_id, actor_type, Direction.PULL, mapping))

    def _compile(self, row: LinkActorType, link_session: LinkSession) -> CompiledMapping:
        with self._database.reading() as session:
            lists = lists_to_read(session, row)
        texts = {name: link_session.list_items(name) for name in sorted(lists)}
        with self._database.reading() as session:
            zone = row.link.erp_time_zone or self._runtime.settings.time_zone
            return compile_mapping(session, row, zone, texts)


def _ending(error: Exception) -> Ending:
    match error:
        case ConnectorError():
            return ending_of(error)
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
