"""Checks of load: links, sessions side by side, and what a full read costs."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from sync_connectors.guarding import GuardedSession
from sync_connectors.testing.bench import Bench
from sync_connectors.testing.check import check, type_check
from sync_connectors.testing.outcomes import apply_if, require
from sync_connectors.testing.passes import read_pass
from sync_connectors.testing.records import TypeBench

_MOST_SESSIONS = 4
_PROBES = 20
_FREE_CALLS = 5


@check(
    mend="Let save_link replace what is stored under the GUID.",
)
def link_can_be_saved_again(bench: Bench) -> None:
    """A link can be saved again, and goes on working."""
    _ = bench.session
    bench.connector.save_link(bench.guid, bench.configuration, bench.new_services())
    with bench.another_session() as session:
        session.test()


@check(
    mend="Keep what belongs to a session in the session, and nothing of it in the connector.",
)
def sessions_are_independent(bench: Bench) -> None:
    """A session goes on working when another one on the same link is closed."""
    bench.session.test()
    with bench.another_session() as session:
        session.test()
    bench.session.test()


@type_check(
    mend="Declare the number that the ERP stands in maximum_parallel_calls, and share nothing between sessions that "
    "is not locked.",
)
def parallel_calls_agree(kind: TypeBench) -> None:
    """As many calls at one time as are declared all give the same answer."""
    apply_if(kind.able.maximum_parallel_calls > 1, "it declares one call at a time")
    keys = list(kind.records)[:_PROBES]
    wanted = kind.get(keys)
    number = min(kind.able.maximum_parallel_calls, _MOST_SESSIONS)

    def ask(session: GuardedSession) -> bool:
        found = {actor.key: actor for actor in session.get(kind.name, keys, kind.field_keys).actors}
        return found == wanted

    with ExitStack() as stack, ThreadPoolExecutor(number) as pool:
        others = [stack.enter_context(kind.bench.another_session()) for _ in range(number - 1)]
        for agrees in pool.map(ask, [kind.bench.session, *others]):
            require(agrees, f"of {number} sessions that ask the same at one time, one is answered differently")


@type_check(
    mend="Read lists with all fields that are needed in large pages, and never one record at a time.",
)
def full_read_is_cheap(kind: TypeBench) -> None:
    """A full read takes no more calls for 1,000 records than the kit allows."""
    services = kind.bench.new_services()
    with kind.bench.connector.open(kind.bench.guid, kind.bench.configuration, services) as session:
        session.declare({kind.name: kind.fields})
        before = services.answers
        read = read_pass(session, kind.name, None, kind.field_keys, most=kind.bench.setup.most_records)
        calls = max(len(read.pages), services.answers - before)
    count = len(read.records)
    apply_if(count, "the ERP has no records of this type")
    kind.bench.costs[kind.name] = (count, calls)
    allowed = _FREE_CALLS + count * kind.bench.setup.most_calls / 1_000
    require(calls <= allowed, f"{count} records take {calls} calls, which is {calls * 1_000 // count} for 1,000")


CHECKS = (link_can_be_saved_again, sessions_are_independent, parallel_calls_agree, full_read_is_cheap)
