"""Testing a configuration before it is saved, and a saved link: the same road to the ERP as a sync takes."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from erp_links.links import gate
from erp_links.links.candidate import Candidate, read_candidate
from erp_links.links.connecting import open_link, trial
from erp_links.links.finding import OBJECT_TYPE, TESTED, managed_link
from erp_links.links.results import TestResult
from erp_links.links.submission import LinkSubmission
from erp_links.runtime import LinkRuntime
from host.audit.doer import Doer
from host.audit.operations import record
from sync_connectors import ConfigurationError, ConnectorError, Tested


def test_configuration(runtime: LinkRuntime, doer: Doer, submission: LinkSubmission, link_id: int | None) -> TestResult:
    """Test what is submitted, without saving it.

    Args:
        runtime: Opens its own transactions; none is open while the connector is called.
        doer: Who tests; the proof is worth something to nobody else.
        submission: Only the gated parts are looked at.
        link_id: The link that is about to be changed, or None for a new one.

    Raises:
        InvalidInputError: The values have faults, so nothing was sent.
        TooManyRequestsError: The doer tests too often.
    """
    with runtime.database.reading() as session:
        link = managed_link(session, link_id) if link_id is not None else None
        candidate = read_candidate(session, runtime, doer, submission, link)
    return test_candidate(runtime, doer, candidate)


def test_candidate(runtime: LinkRuntime, doer: Doer, candidate: Candidate) -> TestResult:
    """Test a configuration that has been read, and leave a proof if it passes.

    Raises:
        TooManyRequestsError: The doer tests too often.
    """
    target, subject = candidate.target, candidate.subject
    proof_id = _begin(runtime, doer, subject.guid, subject.plugin)
    result = _run(lambda: trial(runtime, target, runtime.settings.connector_test_seconds), proof_id)
    with runtime.database.writing() as session:
        if result.passed:
            gate.prove(session, proof_id, subject.digest(runtime.secret_box))
        _audit(session, doer, result, candidate.link_id, target.link_name)
    return result


def test_link(runtime: LinkRuntime, doer: Doer, link_id: int) -> TestResult:
    """Test a link as it is saved, with a real operation in its ERP.

    Raises:
        NotFoundError: There is no such link.
        LinkPausedError: Nothing may be sent to its connector now.
        TooManyRequestsError: The doer tests too often.
    """
    with runtime.database.reading() as session:
        link = managed_link(session, link_id)
        guid, name, plugin = link.guid, link.name, link.tested_plugin
    _begin(runtime, doer, guid, plugin)

    def test() -> Tested:
        with open_link(runtime, link_id, runtime.settings.connector_test_seconds) as session:
            return session.test()

    result = _run(test)
    with runtime.database.writing() as session:
        _audit(session, doer, result, link_id, name)
    return result


def _begin(runtime: LinkRuntime, doer: Doer, guid: str, plugin: str) -> str:
    with runtime.database.writing() as session:
        return gate.begin(session, doer.user_id, guid, plugin, runtime.settings.tests_per_minute)


def _run(test: Callable[[], Tested], proof_id: str = "") -> TestResult:
    started = time.monotonic()
    try:
        tested = test()
    except ConnectorError as error:
        return TestResult(
            passed=False,
            at=datetime.now(UTC),
            seconds=time.monotonic() - started,
            text=error.text,
            instruction=error.instruction,
            technical=error.technical,
            fields=error.fields if isinstance(error, ConfigurationError) else {},
            error_class=class_name(error),
        )
    return TestResult(
        passed=True,
        at=datetime.now(UTC),
        seconds=time.monotonic() - started,
        details=tested.details,
        notices=tested.notices,
        proof=proof_id,
    )


def class_name(error: ConnectorError) -> str:
    """Return the class of an error in small words, such as `rate limited`."""
    name = type(error).__name__.removesuffix("Error")
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _audit(session: Session, doer: Doer, result: TestResult, link_id: int | None, name: str) -> None:
    outcome = {"outcome": {"before": None, "after": "passed" if result.passed else f"failed: {result.error_class}"}}
    record(session, doer, TESTED, OBJECT_TYPE, link_id if link_id is not None else "", name, outcome)
