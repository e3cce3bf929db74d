"""The merge by itself: no database, no connector."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_links.mapping.compiled import CompiledColumn, CompiledField, CompiledMapping
from erp_links.mapping.models import Unpaired
from erp_links.sync.merge.comparing import form_of
from erp_links.sync.merge.deciding import Rules
from erp_links.sync.merge.delivered import Digester
from erp_links.sync.merge.merging import merge, settle_saved
from erp_links.sync.merge.normalising import is_form_of
from erp_links.sync.merge.ranking import Ranking
from erp_links.sync.merge.sides import Bases, Choice, Circumstances, Merged, Sent, Side
from erp_links.sync.merge.translating import Translator
from host.crm.fields import CrmField, CrmType
from host.crm.record import Record
from host.crm.registry import entity_type_of
from host.crm.values import CrmRows, CrmValue, to_json
from sync_connectors import Actor, ActorType, Field, FieldType, Rows
from sync_connectors.codec import value_to_json
from sync_connectors.contract.values import Value

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CRM, ERP = 0, 1
CRM_FIRST, ERP_FIRST = Ranking({CRM: 0, ERP: 1}), Ranking({CRM: 1, ERP: 0})


def trimmed(value: Value) -> CrmValue:
    return str(value).strip() or None if value is not None else None


def as_it_is(value: CrmValue) -> Value:
    return None if value is None else str(value)


def text_field(directions: str = "both", policy: str = "priority") -> CompiledField:
    return CompiledField(
        erp=Field("NAME", "Name", FieldType.TEXT),
        crm=CrmField("name", "Name", CrmType.TEXT),
        to_crm=directions in {"both", "to_crm"},
        to_erp=directions in {"both", "to_erp"},
        policy=policy,
        update_rule="always",
        convert=trimmed,
        convert_back=as_it_is,
    )


def rows_field(directions: str = "both", policy: str = "priority") -> CompiledField:
    columns = tuple(
        CompiledColumn(Field(erp, erp, FieldType.TEXT), CrmField(crm, crm, CrmType.TEXT), sent, trimmed, as_it_is)
        for erp, crm, sent in (("Item", "item", True), ("Text", "text", True), ("Amount", "amount", False))
    )
    return replace(
        text_field(directions, policy),
        erp=Field("Lines", "Lines", FieldType.ROWS, row_fields=tuple(column.erp for column in columns)),
        crm=CrmField("lines", "Lines", CrmType.ROWS, row_fields=tuple(column.crm for column in columns)),
        columns=columns,
    )


def rules(*fields: CompiledField, ranking: Ranking = CRM_FIRST, **more: Any) -> Rules:
    mapping = CompiledMapping(
        actor_type=ActorType("Customer", "Customer"),
        entity=entity_type_of("company"),
        fields=fields,
        match_fields=(),
        unpaired=Unpaired.IGNORE,
        unpaired_push=Unpaired.IGNORE,
        required=(),
        parent_field="",
        searchable=frozenset(),
        fingerprint=b"x" * 16,
        list_state={},
    )
    return Rules(mapping, ranking, f"link:{ERP}", **more)


def record(at: datetime = NOW, origin: str = "user:1", **values: CrmValue) -> Record:
    return Record("company", 1, 1, values, at, origin, at, origin, {})


def told(rules: Rules, changed_at: datetime | None = None, **values: Value) -> Any:
    actor = Actor("Customer", "C1", values, "1", changed_at=changed_at)
    translator = Translator(rules.mapping, rules.mapping.fields)
    return translator.translate(actor, Digester(rules.mapping).digest_of(actor))


def bases(erp: Mapping[str, Any], hub: Mapping[str, Any] | None = None) -> Bases:
    return Bases(erp, hub or {})


def decided(merged: Merged) -> tuple[list[Any], list[Any], int]:
    """What the hub takes, what the ERP takes, and how many questions there are."""
    return (
        [(change.new, change.reason.value) for change in merged.changes],
        [(value_to_json(owed.new), owed.reason.value) for owed in merged.owed],
        len(merged.questions),
    )


@pytest.mark.parametrize(
    ("directions", "hub", "erp", "expected"),
    [
        ("both", "a", "a", ([], [], 0)),
        ("both", "a", "e", ([("e", "only_erp_changed")], [], 0)),
        ("both", "h", "a", ([], [("h", "only_crm_changed")], 0)),
        ("both", "x", "x", ([], [], 0)),
        ("both", "h", "e", ([], [("h", "crm_ranks_higher")], 0)),
        ("to_crm", "h", "a", ([], [], 0)),
        ("to_crm", "h", "e", ([("e", "one_way")], [], 0)),
        ("to_erp", "a", "e", ([], [], 0)),
        ("to_erp", "h", "e", ([], [("h", "one_way_to_erp")], 0)),
        ("to_erp", "h", "a", ([], [("h", "only_crm_changed")], 0)),
        ("both", None, "a", ([], [(None, "only_crm_changed")], 0)),
        ("both", "a", None, ([(None, "only_erp_changed")], [], 0)),
    ],
)
def test_with_a_base_the_side_that_changed_wins(
    directions: str, hub: str | None, erp: str | None, expected: object
) -> None:
    law = rules(text_field(directions))
    assert decided(merge(law, told(law, NAME=erp), record(name=hub), bases({"NAME": "a"}))) == expected


@pytest.mark.parametrize(
    ("policy", "ranking", "erp_at", "expected"),
    [
        ("priority", ERP_FIRST, None, ([("e", "erp_ranks_higher")], [], 0)),
        ("priority", CRM_FIRST, None, ([], [("h", "crm_ranks_higher")], 0)),
        ("erp", CRM_FIRST, None, ([("e", "erp_always")], [], 0)),
        ("crm", ERP_FIRST, None, ([], [("h", "crm_always")], 0)),
        ("ask", ERP_FIRST, None, ([], [], 1)),
        ("newest", CRM_FIRST, datetime(2026, 1, 2, tzinfo=UTC), ([("e", "erp_newer")], [], 0)),
        ("newest", ERP_FIRST, datetime(2025, 1, 2, tzinfo=UTC), ([], [("h", "crm_newer")], 0)),
        ("newest", ERP_FIRST, None, ([("e", "erp_ranks_higher")], [], 0)),
    ],
)
def test_where_both_changed_the_policy_decides(
    policy: str, ranking: Ranking, erp_at: datetime | None, expected: object
) -> None:
    law = rules(text_field(policy=policy), ranking=ranking)
    assert decided(merge(law, told(law, erp_at, NAME="e"), record(name="h"), bases({"NAME": "a"}))) == expected


def test_a_value_of_the_hub_competes_with_the_rank_of_its_origin() -> None:
    ranking = Ranking({2: 0, ERP: 1, CRM: 2})
    law = rules(text_field(), ranking=ranking)
    of_user = merge(law, told(law, NAME="e"), record(name="h"), bases({"NAME": "a"}))
    of_link = merge(law, told(law, NAME="e"), record(name="h", origin="link:2"), bases({"NAME": "a"}))
    assert decided(of_user)[0] == [("e", "erp_ranks_higher")]
    assert decided(of_link)[1] == [("h", "crm_ranks_higher")]


@pytest.mark.parametrize(
    ("directions", "ranking", "hub", "erp", "expected"),
    [
        ("both", CRM_FIRST, "h", "e", ([], [("h", "first_time_crm")], 0)),
        ("both", ERP_FIRST, "h", "e", ([("e", "first_time")], [], 0)),
        ("both", ERP_FIRST, "h", None, ([], [("h", "first_time_crm")], 0)),
        ("both", CRM_FIRST, None, "e", ([("e", "first_time")], [], 0)),
        ("to_crm", CRM_FIRST, "h", "e", ([("e", "first_time")], [], 0)),
        ("to_erp", ERP_FIRST, "h", "e", ([], [("h", "first_time_crm")], 0)),
    ],
)
def test_without_a_base_one_side_fills_the_other_and_nobody_is_asked(
    directions: str, ranking: Ranking, hub: str | None, erp: str | None, expected: object
) -> None:
    law = rules(text_field(directions, policy="priority"), ranking=ranking)
    assert decided(merge(law, told(law, NAME=erp), record(name=hub), Bases())) == expected


def test_what_a_person_chose_holds_for_the_two_values_that_they_saw() -> None:
    law = rules(text_field(policy="ask"))
    seen = Circumstances(choices={"name": Choice(Side.ERP, "e", "h")})
    stale = Circumstances(choices={"name": Choice(Side.ERP, "e", "older")})
    arguments = law, told(law, NAME="e"), record(name="h"), bases({"NAME": "a"})
    assert decided(merge(*arguments, seen)) == ([("e", "chosen")], [], 0)
    assert decided(merge(*arguments, stale)) == ([], [], 1)


def test_a_resync_lets_one_side_win_and_can_spare_values_from_blanks() -> None:
    forced = rules(text_field(), forced=Side.CRM)
    base = bases({"NAME": "a"})
    assert decided(merge(forced, told(forced, NAME="e"), record(name="a"), base)) == ([], [("a", "resync")], 0)
    assert decided(merge(forced, told(forced, NAME="e"), record(name=None), base)) == ([], [(None, "resync")], 0)
    sparing = replace(forced, keep_blanks=True)
    assert decided(merge(sparing, told(forced, NAME="e"), record(name=None), base)) == ([], [], 0)
    one_way = rules(text_field("to_crm"), forced=Side.CRM)
    assert decided(merge(one_way, told(one_way, NAME="e"), record(name="h"), base)) == ([], [], 0)


def test_what_the_erp_made_of_what_it_was_sent_is_not_written_back() -> None:
    law = rules(text_field())
    merged = merge(law, told(law, NAME="a"), record(name="Alfa"), bases({"NAME": "a"}))
    assert not merged.is_settled
    assert settle_saved(merged, law.mapping, merged.owed, {"NAME": "ALFA"})
    assert (merged.base_erp, merged.base_hub) == ({"NAME": "ALFA"}, {"name": "Alfa"})
    again = merge(law, told(law, NAME="ALFA"), record(name="Alfa"), merged.bases)
    assert decided(again) == ([], [], 0)
    assert again.bases == merged.bases


def test_a_save_that_changed_something_else_as_well_is_told() -> None:
    law = rules(text_field())
    merged = merge(law, told(law, NAME="a"), record(name="b"), bases({"NAME": "a", "OTHER": 1}))
    assert settle_saved(merged, law.mapping, merged.owed, {"NAME": "b", "unmapped": 3})


def test_a_value_whose_answer_was_lost_is_ours_and_not_an_edit() -> None:
    law = rules(text_field(), ranking=ERP_FIRST)
    sent = Circumstances(sent=Sent({"NAME": "Alfa"}, {"name": "Alfa"}))
    arrived = merge(law, told(law, NAME="ALFA"), record(name="Alfa"), bases({"NAME": "a"}), sent)
    assert decided(arrived) == ([], [], 0)
    same = merge(law, told(law, NAME="Alfa"), record(name="Alfa"), bases({"NAME": "a"}), sent)
    # the ERP stands behind no value that it was sent, so its rank does not protect it
    assert (decided(same), same.stamps) == (([], [], 0), {})
    lost = merge(law, told(law, NAME="a"), record(name="Alfa"), bases({"NAME": "a"}), sent)
    assert decided(lost) == ([], [("Alfa", "only_crm_changed")], 0)
    edited = merge(law, told(law, NAME="Beta"), record(name="Alfa"), bases({"NAME": "a"}), sent)
    assert decided(edited) == ([("Beta", "erp_ranks_higher")], [], 0)


@pytest.mark.parametrize(
    ("sent", "held", "expected"),
    [
        ("Alfa", "ALFA", True),
        ("Alfa", "Alfa   ", True),
        ("Alfa Travel Company", "Alfa Travel", True),
        ("Alfa Travel Company", "Al", False),
        ("12.345", "12.35", True),
        ("12.345", "12.4", True),
        ("12.345", "13.35", False),
        ("Alfa", "Beta", False),
        (None, "", True),
        (None, "x", False),
        (True, False, False),
    ],
)
def test_forms_of_what_was_sent(sent: object, held: object, expected: bool) -> None:
    assert is_form_of(sent, held) is expected


def lines(**rows: str) -> Rows:
    return Rows({key.lstrip("_"): {"Item": item, "Text": None, "Amount": None} for key, item in rows.items()})


def hub_lines(**rows: str) -> dict[str, dict[str, Any]]:
    return {key.lstrip("_"): {"item": item, "text": None, "amount": None, "own": "kept"} for key, item in rows.items()}


def test_a_number_is_the_same_with_and_without_zeros_behind_it() -> None:
    amount = replace(
        text_field(),
        erp=Field("NAME", "Name", FieldType.DOUBLE),
        crm=CrmField("name", "Name", CrmType.DECIMAL),
        convert=lambda value: cast(Decimal, value),
        convert_back=lambda value: cast(Decimal, value),
    )
    law = rules(amount)
    settled = merge(law, told(law, NAME=Decimal("29.00")), record(name=Decimal(29)), bases({"NAME": "28"}))
    again = merge(law, told(law, NAME=Decimal("29.00")), record(name=Decimal("29.0")), settled.bases)
    assert decided(settled) == decided(again) == ([], [], 0)
    edited = merge(law, told(law, NAME=Decimal("29.00")), record(name=Decimal(30)), settled.bases)
    assert decided(edited)[1] == [("30", "only_crm_changed")]
    raised = merge(law, told(law, NAME=Decimal(31)), record(name=Decimal("29.0")), settled.bases)
    assert decided(raised)[0] == [(Decimal(31), "only_erp_changed")]


def test_a_row_that_both_sides_have_and_nobody_settled_is_filled_and_not_asked_about() -> None:
    law = rules(rows_field(policy="ask"))
    merged = merge(law, told(law, Lines=lines(_10="e")), record(lines=hub_lines(_10="h")), Bases())
    assert not merged.questions
    again = merge(law, told(law, Lines=lines(_10="e")), record(lines=hub_lines(_10="h")), merged.bases)
    assert not again.questions
    assert [value_to_json(owed.new) for owed in again.owed] == [value_to_json(lines(_10="h"))]
    assert not again.changes


def test_lines_that_both_sides_added_under_one_key_are_two_lines() -> None:
    law = rules(rows_field())
    base = bases({"Lines": value_to_json(lines(_10="a"))})
    merged = merge(law, told(law, Lines=lines(_10="a", _20="e")), record(lines=hub_lines(_10="a", _20="h")), base)
    (change,), (owed,) = merged.changes, merged.owed
    assert {key: row["item"] for key, row in cast(CrmRows, change.new).items()} == {"10": "a", "20": "h", "20.1": "e"}
    sent = {key: row["Item"] for key, row in cast(Rows, owed.new).items()}
    assert sent == {"10": "a", "20": "e", "20.2": "h"}
    settle_saved(merged, law.mapping, merged.owed, {"Lines": value_to_json(lines(_10="a", _20="e", _30="h"))})
    assert merged.row_keys == {"lines": {"20.1": "20", "20": "30"}}
    hub = {**hub_lines(_10="a", _20="h"), "20.1": {"item": "e", "text": None, "amount": None}}
    again = merge(law, told(law, Lines=lines(_10="a", _20="e", _30="h")), record(lines=hub), merged.bases)
    assert decided(again) == ([], [], 0)
    assert again.bases == merged.bases


def test_rows_are_merged_one_by_one() -> None:
    law = rules(rows_field())
    base = bases({"Lines": value_to_json(lines(_1="a", _2="b", _3="c"))})
    # the ERP changed 1 and added 9; the hub changed 2 and deleted 3
    merged = merge(
        law, told(law, Lines=lines(_1="A", _2="b", _3="c", _9="n")), record(lines=hub_lines(_1="a", _2="B")), base
    )
    (change,), (owed,) = merged.changes, merged.owed
    assert change.new == {
        "1": {"item": "A", "text": None, "amount": None, "own": "kept"},
        "2": {"item": "B", "text": None, "amount": None, "own": "kept"},
        "9": {"item": "n", "text": None, "amount": None},
    }
    assert owed.new == lines(_1="A", _2="B", _9="n")
    # what both sides agree on is settled, what the ERP owes keeps its base
    assert dict(merged.base_erp["Lines"]) == dict(value_to_json(lines(_1="A", _9="n", _2="b", _3="c")))


ALIKE = lines(_1="x", _2="b", _4="n"), hub_lines(_1="x", _2="b", _4="n")
"""What two sides hold that both changed row 1 of three, left 2, took 3 away and added 4."""


@pytest.mark.parametrize(
    ("directions", "ranking", "rows"),
    [("both", ERP_FIRST, {"1", "3", "4"}), ("both", CRM_FIRST, set()), ("to_erp", ERP_FIRST, set())],
    ids=["stronger", "weaker", "one-way"],
)
def test_a_stronger_erp_stands_behind_each_row_that_it_changed_as_the_hub_did(
    directions: str, ranking: Ranking, rows: set[str]
) -> None:
    law = rules(rows_field(directions), ranking=ranking)
    erp, hub = ALIKE
    base = bases({"Lines": value_to_json(lines(_1="a", _2="b", _3="c"))})
    merged = merge(law, told(law, Lines=erp), record(lines=hub), base)
    assert decided(merged) == ([], [], 0)
    assert merged.stamps == {f"lines/{key}": (NOW, f"link:{ERP}") for key in rows}


def test_an_erp_stands_behind_no_row_that_it_was_sent_and_whose_answer_was_lost() -> None:
    law = rules(rows_field(), ranking=ERP_FIRST)
    erp, hub = ALIKE
    before = value_to_json(lines(_1="a", _2="b", _3="c"))
    base = bases({"Lines": before})
    (owed,) = merge(law, told(law, Lines=lines(_1="a", _2="b", _3="c")), record(lines=hub), base).owed
    # row 1 was changed alike before the call, which only sent it along
    had = value_to_json(lines(_1="x", _2="b", _3="c"))
    sent = Sent({"Lines": value_to_json(owed.new)}, {"lines": form_of(owed.hub)}, {"Lines": (had, "only_crm_changed")})
    merged = merge(law, told(law, Lines=erp), record(lines=hub), base, Circumstances(sent))
    assert decided(merged) == ([], [], 0)
    assert set(merged.stamps) == {"lines/1"}


@pytest.mark.parametrize("ranking", [ERP_FIRST, CRM_FIRST])
def test_what_people_do_to_a_row_after_it_was_sent_and_its_answer_was_lost_goes_to_the_erp(ranking: Ranking) -> None:
    law = rules(rows_field(), ranking=ranking)
    had, sent = lines(_1="a", _2="b", _3="c"), lines(_1="x", _2="y", _3="z")
    base = bases({"Lines": value_to_json(had)})
    (owed,) = merge(law, told(law, Lines=had), record(lines=hub_lines(_1="x", _2="y", _3="z")), base).owed
    lost = Sent(
        {"Lines": value_to_json(owed.new)},
        {"lines": form_of(owed.hub)},
        {"Lines": (value_to_json(had), "only_crm_changed")},
    )
    # row 1 was changed and row 2 taken away since
    edited = hub_lines(_1="later", _3="z")
    merged = merge(law, told(law, Lines=sent), record(lines=edited), base, Circumstances(lost))
    assert not merged.changes
    assert [value_to_json(owed.new) for owed in merged.owed] == [value_to_json(lines(_1="later", _3="z"))]
    # and if that is not taken either, whoever looks at it next knows still that the ERP has nothing new
    again = merge(law, told(law, Lines=sent), record(lines=edited), merged.bases)
    assert (again.changes, again.owed) == (merged.changes, merged.owed)


def test_new_rows_get_the_keys_that_the_erp_gives_them() -> None:
    law = rules(rows_field())
    merged = merge(
        law,
        told(law, Lines=lines(_10="a")),
        record(lines=hub_lines(_10="a", n1="b", n2="c")),
        bases({"Lines": value_to_json(lines(_10="a"))}),
    )
    assert settle_saved(merged, law.mapping, merged.owed, {"Lines": value_to_json(lines(_10="a", _20="b", _30="c"))})
    assert merged.row_keys == {"lines": {"n1": "20", "n2": "30"}}
    again = merge(
        law,
        told(law, Lines=lines(_10="a", _20="b", _30="c")),
        record(lines=hub_lines(_10="a", n1="b", n2="c")),
        merged.bases,
    )
    assert decided(again) == ([], [], 0)
    assert again.is_settled
    assert again.bases == merged.bases


def test_rows_without_a_base_are_recognised_by_what_they_hold_and_lost_by_nobody() -> None:
    law = rules(rows_field())
    merged = merge(law, told(law, Lines=lines(_10="a", _20="e")), record(lines=hub_lines(n1="a", n2="h")), Bases())
    assert merged.row_keys == {"lines": {"n1": "10"}}
    (change,), (owed,) = merged.changes, merged.owed
    assert list(cast(CrmRows, change.new)) == ["n1", "n2", "20"]
    assert owed.new == Rows({**lines(_10="a", _20="e"), "n2": {"Item": "h", "Text": None}})


def test_a_row_that_both_sides_changed_is_asked_about_as_a_whole() -> None:
    law = rules(rows_field(policy="ask"))
    base = bases({"Lines": value_to_json(lines(_1="a", _2="b"))})
    merged = merge(law, told(law, Lines=lines(_1="e", _2="B")), record(lines=hub_lines(_1="h", _2="b")), base)
    assert len(merged.questions) == 1
    assert [cast(CrmRows, change.new)["2"]["item"] for change in merged.changes] == ["B"]
    assert dict(merged.base_erp["Lines"])["1"] == dict(value_to_json(lines(_1="a")))["1"]


def test_what_the_erp_works_out_for_a_row_comes_with_the_next_pull() -> None:
    law = rules(rows_field())
    base = bases({"Lines": value_to_json(lines(_1="a"))})
    merged = merge(law, told(law, Lines=lines(_1="a")), record(lines=hub_lines(_1="b")), base)
    computed = Rows({"1": {"Item": "b", "Text": None, "Amount": "10"}})
    settle_saved(merged, law.mapping, merged.owed, {"Lines": value_to_json(computed)})
    again = merge(law, told(law, Lines=computed), record(lines=hub_lines(_1="b")), merged.bases)
    assert [change.new for change in again.changes] == [
        {"1": {"item": "b", "text": None, "amount": "10", "own": "kept"}}
    ]
    assert again.is_settled


VALUES = st.sampled_from(["a", "b", "c", None])


@given(base=VALUES, hub=VALUES, erp=VALUES, erp_first=st.booleans(), policy=st.sampled_from(["priority", "erp", "crm"]))
@settings(max_examples=200)
def test_once_both_sides_have_taken_over_what_was_decided_nothing_is_left(
    base: str | None, hub: str | None, erp: str | None, erp_first: bool, policy: str
) -> None:
    law = rules(text_field(policy=policy), ranking=ERP_FIRST if erp_first else CRM_FIRST)
    merged = merge(law, told(law, NAME=erp), record(name=hub), bases({"NAME": base}))
    for change in merged.changes:
        hub = change.new  # type: ignore[assignment]  # the field holds texts
    for owed in merged.owed:
        erp = owed.new  # type: ignore[assignment]  # the field holds texts
    settle_saved(merged, law.mapping, merged.owed, {})
    assert hub == erp
    again = merge(law, told(law, NAME=erp), record(name=hub), merged.bases)
    assert decided(again) == ([], [], 0)
    assert to_json(hub) == again.base_erp["NAME"]
