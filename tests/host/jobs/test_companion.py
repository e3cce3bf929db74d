"""A process beside this one: its work, its ends, and what becomes of it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from host.jobs.companion import Companion, CompanionError, companion
from tests.patience import until
from tests.serving import is_running, still_running

CHECKOUT = Path(__file__).parents[3]
SECONDS = 60.0


def as_asked(order: str) -> Generator[Any]:
    """Do what an order says."""
    match order:
        case "who":
            yield os.getpid(), os.environ.get("BEGUN")
        case "three":
            yield from (1, 2, 3)
        case "sleep at once":
            time.sleep(3600)
        case "sleep":
            yield "asleep"
            time.sleep(3600)
        case "fail":
            yield "so far"
            raise ValueError("as asked")
        case "die":
            os._exit(9)
        case _:
            # a file tells how far it came, and that it ended in order
            with Path(order).open("a") as note:
                try:
                    for number in count():
                        note.write(f"{number}\n")
                        note.flush()
                        yield number
                finally:
                    note.write("closed\n")


def begin() -> None:
    os.environ["BEGUN"] = "yes"


@pytest.fixture
def beside() -> Iterator[Companion]:
    process = Companion(as_asked, begin)
    yield process
    process.close()


def test_another_process_does_one_piece_of_work_after_the_other(beside: Companion) -> None:
    ((who, begun),) = beside.ask("who", SECONDS)
    assert (who, begun) == (beside.process_id, "yes")
    assert who != os.getpid()
    assert list(beside.ask("three", SECONDS)) == [1, 2, 3]
    assert list(beside.ask("three", SECONDS)) == [1, 2, 3]
    assert "BEGUN" not in os.environ


def test_few_answers_are_made_before_they_are_wanted(beside: Companion, tmp_path: Path) -> None:
    note = tmp_path / "note"
    answers = beside.ask(str(note), SECONDS)
    assert next(answers) == 0
    time.sleep(0.5)
    assert len(note.read_text().split()) <= 4
    assert [next(answers) for _ in range(20)] == list(range(1, 21))


def test_work_that_is_given_up_ends_in_order_and_the_next_begins(beside: Companion, tmp_path: Path) -> None:
    note = tmp_path / "note"
    answers = beside.ask(str(note), SECONDS)
    next(answers)
    answers.close()
    until(lambda: "closed" in note.read_text().split())
    assert list(beside.ask("three", SECONDS)) == [1, 2, 3]


def test_nobody_waits_for_work_that_others_wanted_or_gave_up(beside: Companion) -> None:
    answers = beside.ask("sleep", SECONDS)
    assert next(answers) == "asleep"
    with pytest.raises(CompanionError, match="for somebody else"):
        next(beside.ask("three", SECONDS))
    answers.close()
    with pytest.raises(CompanionError, match="given up before"):
        next(beside.ask("three", SECONDS))


def test_an_answer_has_its_time_and_whoever_waits_may_leave(beside: Companion) -> None:
    answers = beside.ask("sleep at once", seconds=0.2)
    with pytest.raises(CompanionError, match=r"within 0\.2 seconds"):
        next(answers)

    other = Companion(as_asked)

    def leave() -> None:
        raise KeyError("stopping")

    answers = other.ask("sleep", SECONDS, leave)
    assert next(answers) == "asleep"
    with pytest.raises(KeyError, match="stopping"):
        next(answers)
    other.close()
    assert still_running([other.process_id]) == []


def test_work_that_fails_is_told_after_what_it_did(beside: Companion) -> None:
    answers = beside.ask("fail", SECONDS)
    assert next(answers) == "so far"
    with pytest.raises(CompanionError, match="failed"):
        next(answers)
    assert list(beside.ask("three", SECONDS)) == [1, 2, 3]


def test_a_companion_that_dies_is_gone_for_good(beside: Companion) -> None:
    for _ in range(2):
        with pytest.raises(CompanionError, match="gone"):
            list(beside.ask("die", SECONDS))


def test_it_ends_when_it_is_closed_whatever_it_is_at() -> None:
    process = Companion(as_asked)
    answers = process.ask("sleep", SECONDS)
    next(answers)
    assert is_running(process.process_id)
    process.close()
    assert still_running([process.process_id]) == []


def test_nothing_is_left_of_a_process_that_is_killed() -> None:
    program = """
from tests.host.jobs.test_companion import Companion, as_asked
beside = Companion(as_asked)
answers = beside.ask("sleep", 60)
next(answers)
print(beside.process_id, flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout is not None
        left = [int(each) for each in killed.stdout.readline().split()]
        assert len(left) == 1
        assert all(map(is_running, left))
        killed.kill()
    assert still_running(left) == []


def test_a_process_with_threads_is_not_forked(caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait, name="of a plugin")
    thread.start()
    try:
        assert companion(as_asked) is None
    finally:
        ended.set()
        thread.join()
    assert "of a plugin" in caplog.text
