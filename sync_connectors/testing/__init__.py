"""What the author of a connector tests it with: the conformance kit, and a fake host without a database.

The conformance kit judges any connector, in process or by its URL:

    from sync_connectors.testing import ConnectorTests

    class TestGreenbook(ConnectorTests):
        connector = Greenbook                          # or "greenbook", or "json+https://erp.example/greenbook"
        configuration = {"address": "https://erp.example/test", "password": "right"}

It creates and changes records unless `may_write = False`. Without pytest, `tieline connector check` asks the same.
"""

from sync_connectors.testing.bench import Bench
from sync_connectors.testing.check import Check
from sync_connectors.testing.checks import CHECKS, CHECKS_BY_SUBJECT
from sync_connectors.testing.fake_host import Comparison, FakeHost, HostDiedError, Moment, Pulled, UnclearError
from sync_connectors.testing.finding import find_connector
from sync_connectors.testing.judging import judge, judge_all
from sync_connectors.testing.outcomes import Outcome, Verdict
from sync_connectors.testing.setup import Setup
from sync_connectors.testing.suite import ConnectorTests

__all__ = [
    "CHECKS",
    "CHECKS_BY_SUBJECT",
    "Bench",
    "Check",
    "Comparison",
    "ConnectorTests",
    "FakeHost",
    "HostDiedError",
    "Moment",
    "Outcome",
    "Pulled",
    "Setup",
    "UnclearError",
    "Verdict",
    "find_connector",
    "judge",
    "judge_all",
]
