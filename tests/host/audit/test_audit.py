from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from host.accounts.models import Role
from host.audit.doer import Doer
from host.audit.operations import changes_between, record
from host.audit.search import actions, search
from host.errors import InvalidInputError
from tests.accounts import make_user


def test_changes_name_what_differs_only():
    before, after = {"name": "A", "url": "x", "gone": 1}, {"name": "B", "url": "x", "new": [2]}
    assert changes_between(before, after) == {
        "name": {"before": "A", "after": "B"},
        "new": {"before": None, "after": [2]},
        "gone": {"before": 1, "after": None},
    }


def test_a_secret_stands_as_changed_set_or_cleared_and_never_as_itself():
    before, after = (
        {"a": "canary1", "b": "", "c": "canary2", "d": "canary3"},
        {"a": "canary4", "b": "canary5", "c": None, "d": "canary3"},
    )
    changes = changes_between(before, after, secret={"a", "b", "c", "d"})
    assert changes == {
        "a": {"before": "changed", "after": "changed"},
        "b": {"before": None, "after": "changed"},
        "c": {"before": "changed", "after": None},
    }


def test_values_are_stored_without_loss(database):
    values = {
        "amount": Decimal("0.10"),
        "day": date(2026, 3, 31),
        "moment": datetime(2026, 3, 31, 9, tzinfo=UTC),
        "role": Role.USER,
        "ids": frozenset({2, 1}),
        "inner": {"a": (Decimal(1),)},
    }
    with database.writing() as session:
        record(session, Doer(None, "x", "cli"), "a.b", "thing", 1, "Thing", changes_between({}, values))
    with database.reading() as session:
        stored = {field: change["after"] for field, change in search(session).items[0].changes.items()}
    assert stored == {
        "amount": "0.10",
        "day": "2026-03-31",
        "moment": "2026-03-31T09:00:00+00:00",
        "role": "user",
        "ids": [1, 2],
        "inner": {"a": ["1"]},
    }


@pytest.fixture
def filled(database):
    user = make_user(database, "ada")
    with database.writing() as session:
        for number in range(6):
            doer = Doer(user.id, "Ada", "page") if number % 2 else Doer(None, "console", "cli")
            record(session, doer, f"link.{'change' if number else 'create'}", "erp_link", number, f"100%_{number}")
    return database


def names(database, **wanted) -> list[str]:
    with database.reading() as session:
        return [entry.object_name for entry in search(session, **wanted).items]


def test_the_newest_entry_comes_first(filled):
    assert names(filled) == [f"100%_{number}" for number in reversed(range(6))]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"text": "ADA"}, [5, 3, 1]),
        ({"text": "%_3"}, [3]),
        ({"text": "0_"}, []),
        ({"text": "CREATE"}, [0]),
        ({"user_id": 1}, [5, 3, 1]),
        ({"action": "link.create"}, [0]),
        ({"object_type": "erp_link", "object_id": "4"}, [4]),
        ({"object_type": "user"}, []),
        ({"until": datetime.now(UTC) - timedelta(hours=1)}, []),
        ({"since": datetime.now(UTC) + timedelta(hours=1)}, []),
    ],
)
def test_every_filter_narrows(filled, wanted, numbers):
    assert names(filled, **wanted) == [f"100%_{number}" for number in numbers]


def test_pages_follow_each_other_without_gap_or_repetition(filled):
    seen, after = [], ""
    with filled.reading() as session:
        while True:
            page = search(session, limit=4, after=after)
            seen += [entry.object_id for entry in page.items]
            if page.next is None:
                break
            after = page.next
    assert seen == ["5", "4", "3", "2", "1", "0"]


def test_a_foreign_cursor_is_refused(filled):
    for cursor in ("WzFd", "bm9uc2Vuc2U", "WyJ4IiwxXQ", "é"):
        with pytest.raises(InvalidInputError), filled.reading() as session:
            search(session, after=cursor)


def test_the_actions_that_occur_can_be_chosen(filled):
    with filled.reading() as session:
        assert actions(session) == ["link.change", "link.create"]
