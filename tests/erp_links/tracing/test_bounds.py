"""A trace has an end, a size and a time after which it is gone."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from erp_links.links.finding import link_to_change
from erp_links.tracing import storing
from erp_links.tracing.bounds import KEPT_FOR
from erp_links.tracing.models import LinkTrace, TracedCall
from erp_links.tracing.old_traces import OldTraces
from erp_links.tracing.operations import TraceState, start_trace, stop_trace
from host.audit.models import AuditEntry
from host.errors import ConflictError, InvalidInputError, NotFoundError, StaleVersionError
from host.jobs.clock import clock_of
from tests.erp_links.links.conftest import Office
from tests.erp_links.sync.stage import Stage
from tests.erp_links.tracing.tracing_stage import IDA, calls_of, names_of, traced, view_of


def change_trace(stage: Stage, **values: object) -> None:
    with stage.database.writing() as session:
        session.execute(update(LinkTrace).values(**values))
    stage.runtime.tracer.look()


def test_a_trace_ends_at_its_time(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    traced(stage.runtime, stage.link_id, 60)
    before = view_of(stage.runtime, stage.link_id)
    assert before.state is TraceState.ON
    assert before.until is not None
    assert before.started_at is not None
    assert before.until - before.started_at == timedelta(hours=1)
    stage.run()
    told = names_of(stage.runtime, stage.link_id)
    over = datetime.now(UTC) - timedelta(seconds=1)
    change_trace(stage, until=over)
    stage.run()
    assert names_of(stage.runtime, stage.link_id) == told
    after = view_of(stage.runtime, stage.link_id)
    assert (after.state, after.ended_at, after.calls) == (TraceState.EXPIRED, over, len(told))


@pytest.mark.parametrize(("bound", "most"), [("MOST_CALLS", 3), ("MOST_BYTES", 1_500)])
def test_a_trace_that_is_full_ends_and_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    stage.map("Customer", {"NAME": "name"})
    monkeypatch.setattr(storing, bound, most)
    traced(stage.runtime, stage.link_id)
    stage.run()
    calls = calls_of(stage.runtime, stage.link_id)
    view = view_of(stage.runtime, stage.link_id)
    assert view.state is TraceState.FULL
    assert view.calls == len(calls)
    assert view.lost == 0
    assert 0 < (len(calls) if bound == "MOST_CALLS" else view.size) <= most
    stage.run()
    assert len(calls_of(stage.runtime, stage.link_id)) == len(calls)
    with pytest.raises(ConflictError):
        stop_trace(stage.runtime, IDA, stage.link_id)


def test_starting_anew_replaces_what_there_was(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    traced(stage.runtime, stage.link_id)
    stage.run()
    assert len(calls_of(stage.runtime, stage.link_id)) > 1
    traced(stage.runtime, stage.link_id, 1440)
    assert calls_of(stage.runtime, stage.link_id) == []
    assert stage.count(TracedCall) == 0
    assert stage.count(LinkTrace) == 1
    stage.run()
    assert names_of(stage.runtime, stage.link_id)[0] == "open"


def test_a_call_that_ended_before_the_trace_did_is_in_it_however_late_it_is_written(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    traced(stage.runtime, stage.link_id)
    stage.run()
    change_trace(stage, ended_at=datetime.now(UTC))
    told = names_of(stage.runtime, stage.link_id)
    assert told[0] == "open"
    assert told[-1] == "close"


def test_a_trace_is_kept_for_a_week_after_its_end(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    source = OldTraces(stage.database)
    traced(stage.runtime, stage.link_id)
    stage.run()
    stop_trace(stage.runtime, IDA, stage.link_id)
    with stage.database.reading() as session:
        row = session.scalars(select(LinkTrace)).one()
    assert row.ended_at is not None
    assert row.kept_until - row.ended_at == KEPT_FOR
    assert not source.work(threading.Event())
    change_trace(stage, kept_until=datetime.now(UTC) - timedelta(seconds=1))
    with stage.database.reading() as session:
        assert session.scalar(select(source.is_due(clock_of(session))))
    assert source.work(threading.Event())
    assert view_of(stage.runtime, stage.link_id).state is TraceState.NONE
    assert stage.count(TracedCall) == 0
    with stage.database.reading() as session:
        assert not session.scalar(select(source.is_due(clock_of(session))))
    assert not source.work(threading.Event())


def test_only_what_is_offered_can_be_started_and_only_what_is_on_stopped(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    with pytest.raises(InvalidInputError, match="15, 60, 1440"):
        start_trace(stage.runtime, IDA, stage.link_id, 7)
    with pytest.raises(ConflictError):
        stop_trace(stage.runtime, IDA, stage.link_id)
    with pytest.raises(NotFoundError):
        start_trace(stage.runtime, IDA, 404, 15)
    assert stage.count(LinkTrace) == 0
    assert stage.count(AuditEntry) == 0


def test_starts_and_stops_are_in_the_audit_log_and_change_no_version(office: Office) -> None:
    link_id = office.create()
    version = office.link(link_id).version
    start_trace(office.runtime, office.ole, link_id, 60)
    stop_trace(office.runtime, office.ole, link_id)
    assert office.link(link_id).version == version
    with office.database.writing() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)).all()
        assert [(entry.action, entry.actor_name) for entry in entries] == [
            ("erp_link.trace_stop", "Ole Berg"),
            ("erp_link.trace_start", "Ole Berg"),
        ]
        assert entries[1].changes == {"minutes": {"before": None, "after": 60}}
        with pytest.raises(StaleVersionError) as stale:
            link_to_change(session, link_id, version - 1)
    assert stale.value.changed_by == "Ida Holm", "who traces does not change"
