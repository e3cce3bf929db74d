"""Which records of a page are those that we were making when the answer was lost."""

from typing import Any

import pytest

from erp_links.sync.merge.sides import Sent
from erp_links.sync.merge.translating import Translated
from erp_links.sync.pull.pairing import PairWith, Refuse
from erp_links.sync.pull.recognising import Pending, recognise
from sync_connectors import Actor, ActorReference


def incoming(key: str, parent: str = "", **erp: Any) -> Translated:
    lies_below = ActorReference("Customer", parent) if parent else None
    return Translated(Actor("Person", key, erp, "1", lies_below), b"", erp=erp)


def pending(parent: str | None = None, **erp: Any) -> Pending:
    return Pending(Sent(erp, {}), parent, "Ida Holm")


ALFA = pending(NAME="Alfa of the north", CREDIT="2.50", EMAIL=None)


@pytest.mark.parametrize(
    "told",
    [
        {"NAME": "Alfa of the north", "CREDIT": "2.50"},
        {"NAME": "ALFA OF THE NORTH  ", "CREDIT": "2.5", "EMAIL": ""},
        {"NAME": "Alfa of the north", "PHONE": "1"},
    ],
)
def test_the_only_one_with_all_values_as_sent_is_ours(told: dict[str, Any]) -> None:
    assert recognise({7: ALFA}, [incoming("C1", **told)]) == {"C1": PairWith(7, ALFA.sent)}


@pytest.mark.parametrize(
    "told",
    [
        {"NAME": "Beta", "CREDIT": "2.50"},
        {"NAME": "Alfa of the north", "CREDIT": "7"},
        {"NAME": "Alfa of the north", "CREDIT": "2.50", "EMAIL": "a@x.example"},
        {"EMAIL": None},
        {"PHONE": "1"},
        {},
    ],
)
def test_one_that_differs_or_tells_nothing_is_another(told: dict[str, Any]) -> None:
    assert recognise({7: ALFA}, [incoming("C1", **told)]) == {}


def test_a_cut_form_is_kept_back_until_a_person_has_said_what_it_is() -> None:
    found = recognise({7: ALFA}, [incoming("C1", NAME="Alfa of", CREDIT="2.50")])
    assert isinstance(found["C1"], Refuse)
    assert "Ida Holm" in found["C1"].message


def test_of_two_that_are_equal_none_is_guessed() -> None:
    same = {"NAME": "Alfa of the north", "CREDIT": "2.50"}
    found = recognise({7: ALFA}, [incoming("C1", **same), incoming("C2", **same), incoming("C3", NAME="Gamma")])
    assert {key: type(verdict) for key, verdict in found.items()} == {"C1": Refuse, "C2": Refuse}
    twice = recognise({7: ALFA, 8: ALFA}, [incoming("C1", **same)])
    assert isinstance(twice["C1"], Refuse)


def test_a_child_is_recognised_below_its_own_parent_only() -> None:
    holm = pending("K1", LASTNAME="Holm")
    found = recognise({7: holm}, [incoming("P1", "K2", LASTNAME="Holm"), incoming("P2", "K1", LASTNAME="Holm")])
    assert found == {"P2": PairWith(7, holm.sent)}


def test_rows_are_the_same_whatever_keys_the_erp_gave_them() -> None:
    order = pending(LINES=[["a", {"TEXT": "bolt", "QUANTITY": {"double": "2"}}], ["b", {"TEXT": "nut"}]])
    lines = [["10", {"TEXT": "nut", "NOTE": None}], ["20", {"TEXT": "bolt", "QUANTITY": {"double": "2.000"}}]]
    assert recognise({7: order}, [incoming("O1", LINES=lines)]) == {"O1": PairWith(7, order.sent)}
    assert recognise({7: order}, [incoming("O1", LINES=lines[:1])]) == {}
