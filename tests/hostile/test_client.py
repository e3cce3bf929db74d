"""Whatever a server does, each call of the contract has its defined answer, and nothing is left behind."""

import pytest

from host.settings import Settings
from sync_connectors import ConnectorError
from tests.hostile.calling import CALLS, Call, Side, calling
from tests.hostile.cases import CASES, QUICK, SLOW, STREAM_CASES, Case
from tests.hostile.conftest import singing
from tests.hostile.leftovers import nothing_left
from tests.hostile.server import HostileProcess

OFTEN = ("configuration_fields", "get", "changes", "create")
"""The calls on which the cases are tried that take their time."""


def assert_defined(case: Case, name: str, call: Call, side: Side, server: HostileProcess, good: object) -> None:
    """Make one call and look at what comes of it."""
    server.misbehave(case.name, call.path)
    server.seen()
    if case.error is None:
        told = call.make(side)
        assert call.is_write or told == good, name
        return
    with pytest.raises(case.error) as raised:
        call.make(side)
    error = raised.value
    assert case.words in error.text or (case.seconds == SLOW and "did not answer within" in error.text), (name, error)
    assert error.instruction, (name, error)
    assert singing(f"{error} {vars(error)}") == [], name
    asked = [one["call"] for one in server.seen()].count(call.path)
    assert asked == 1 if call.is_write else 1 <= asked <= 4, (name, asked)


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_call_has_its_defined_answer(case: Case, server: HostileProcess, settings: Settings) -> None:
    names = OFTEN if case.seconds != QUICK or case.megabytes > 40 else CALLS
    tried = {name: CALLS[name] for name in names if name not in case.harmless_for}
    # the answers of one whole page are compared with what the good server says at first
    good = {}
    with calling(server.url, settings, QUICK) as side:
        if case.error is None:
            good = {name: call.make(side) for name, call in tried.items() if not call.is_write}
    with nothing_left(case.megabytes, 30.0), calling(server.url, settings, case.seconds) as side:
        for name, call in tried.items():
            assert_defined(case, name, call, side, server, good.get(name))


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("case", STREAM_CASES, ids=[case.name for case in STREAM_CASES])
def test_a_stream_has_its_defined_answer(case: Case, server: HostileProcess, settings: Settings) -> None:
    with nothing_left(case.megabytes, 30.0), calling(server.url, settings, QUICK) as side:
        server.misbehave(case.name, "changes")
        pages = []
        with side.session() as session:
            stream = session.changes("Customer", None, None, ["NAME"])
            if case.error is None:
                pages = list(stream)
            else:
                with pytest.raises(ConnectorError) as raised:
                    pages += stream
                assert type(raised.value) is case.error or issubclass(type(raised.value), case.error)
                assert case.words in raised.value.text
                assert raised.value.instruction
        records = {actor.key: actor.values["NAME"] for page in pages for actor in page.actors}
        told = server.records("Customer")
        assert records.items() <= {key: values["NAME"] for key, values in told.items()}.items()
        assert case.error is not None or len(records) == 25
