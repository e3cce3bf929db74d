"""The attributes by which a test class tells the kit what to judge."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from unittest import SkipTest

from host.settings import Settings
from sync_connectors.contract.connector import Connector
from sync_connectors.contract.values import Value
from sync_connectors.testing.bench import Bench
from sync_connectors.testing.check import Check
from sync_connectors.testing.finding import find_connector
from sync_connectors.testing.judging import judge
from sync_connectors.testing.outcomes import Outcome, Verdict
from sync_connectors.testing.setup import THIS_MACHINE, Setup


class JudgedConnector:
    """What is judged, as attributes of a test class; `Setup` says what each means.

    A fixture may set them as well, before the first test method runs. Such a fixture is automatic, of the scope of
    the class, and a class method: `cls.configuration = {"address": erp.address}`.
    """

    #: The class of a connector, an instance of one, the name of an installed one, or a URL.
    connector: ClassVar[type[Connector] | Connector | str]
    #: Access token of the server behind a URL.
    token: ClassVar[str] = ""
    configuration: ClassVar[Mapping[str, Any]] = {}
    wrong_configurations: ClassVar[Sequence[Mapping[str, Any]]] = ()
    may_write: ClassVar[bool] = True
    samples: ClassVar[Mapping[str, Mapping[str, Value]]] = {}
    to_change: ClassVar[Mapping[str, str]] = {}
    most_records: ClassVar[int] = Setup.most_records
    most_calls: ClassVar[int] = Setup.most_calls
    time_zone: ClassVar[str] = Setup.time_zone
    seconds: ClassVar[float] = Setup.seconds
    #: Of the host that the kit plays, such as the folder of files. Unless set, addresses of this machine may be called.
    settings: ClassVar[Settings | None] = None

    _bench: ClassVar[Bench | None] = None

    @classmethod
    def teardown_class(cls) -> None:
        """End the session, as pytest calls it behind the last test method."""
        bench, cls._bench = cls._bench, None
        if bench is not None:
            bench.close()

    @classmethod
    def bench(cls) -> Bench:
        """Return what all test methods of the class share; made when the first one needs it."""
        if cls._bench is None:
            settings = cls.settings or Settings(outbound_allow=THIS_MACHINE)
            cls._bench = Bench(
                Setup(
                    find_connector(cls.connector, settings, cls.token),
                    cls.configuration,
                    wrong_configurations=cls.wrong_configurations,
                    may_write=cls.may_write,
                    samples=cls.samples,
                    to_change=cls.to_change,
                    most_records=cls.most_records,
                    most_calls=cls.most_calls,
                    time_zone=cls.time_zone,
                    seconds=cls.seconds,
                    settings=settings,
                )
            )
        return cls._bench

    def judge(self, check: Check) -> None:
        """Ask one check.

        Raises:
            AssertionError: It fails; the message says how to mend it.
            SkipTest: It does not apply, or another failure stands in its way. pytest takes this for a skip, and the
                package needs no pytest for it.
        """
        __tracebackhide__ = True
        verdict = judge(check, self.bench())
        if verdict.outcome is Outcome.FAILS:
            raise AssertionError(told(check, verdict))
        if verdict.outcome is not Outcome.HOLDS:
            raise SkipTest("; ".join(verdict.details))


def told(check: Check, verdict: Verdict) -> str:
    """Return what failed and how to mend it."""
    return "\n".join([check.asks, *(f"- {detail}" for detail in verdict.details), f"To mend: {check.mend}"])
