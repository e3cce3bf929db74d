"""A test that a developer may skip for want of a server or browser may not be skipped where CI runs."""

import os
from collections.abc import Generator

import pytest

NEEDED_UNDER_CI = {"browser", "postgresql", "redis"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    kinds = NEEDED_UNDER_CI.intersection(mark.name for mark in item.iter_markers())
    if report.skipped and kinds and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped under CI although it needs {', '.join(sorted(kinds))}: {reason}"
    return report
