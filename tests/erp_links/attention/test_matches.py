import pytest

from erp_links.attention.matches import candidates_of, pair_ambiguous
from erp_links.sync.models import FailedRecord
from host.accounts.principal import Principal
from host.errors import ConflictError, InvalidInputError
from tests.erp_links.attention.waiting_rows import add_failed, add_pairing
from tests.erp_links.sync.stage import IDA, Stage

MANAGING = Principal(user_id=1, name="Ida Holm", is_administrator=True)


def chosen(stage: Stage, failed: FailedRecord, **choice: object) -> None:
    pair_ambiguous(stage.runtime, MANAGING, failed.id, IDA, **choice)


def test_the_candidates_are_those_with_the_same_match_fields_and_choosing_one_settles_the_record(stage: Stage) -> None:
    first, second = stage.add("company", name="Alfa"), stage.add("company", name=" ALFA ")
    stage.add("company", name="Beta")
    add_pairing(stage, "C9", second)
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "EMAIL": "erp@alfa.example"})
    stage.run()
    (failed,) = stage.failed()
    assert (failed.reason, failed.erp_key) == ("ambiguous_match", "C1")
    with stage.database.reading() as session:
        found = candidates_of(session, session.get_one(FailedRecord, failed.id))
    assert [(each.entity_id, each.paired_with) for each in found.rows] == [(first, ""), (second, "C9")]
    assert [(field.key, value) for field, value in found.matched] == [("name", "Alfa")]
    chosen(stage, failed, entity_id=first)
    stage.run()
    assert stage.pairings()["C1"].entity_id == first
    assert stage.failed() == []
    assert stage.hub()[0]["email"] == "erp@alfa.example"


def test_a_record_of_the_hub_is_paired_with_one_of_those_that_the_run_found(sqlite_stage: Stage) -> None:
    company = sqlite_stage.add("company", name="Alfa")
    add_pairing(sqlite_stage, "C8", sqlite_stage.add("company", name="Beta"))
    told = [{"key": "C7", "label": "Alfa A/S"}, {"key": "C8", "label": "Alfa ApS"}]
    failed = add_failed(
        sqlite_stage, "", direction="push", entity_type="company", entity_id=company, payload={"candidates": told}
    )
    with sqlite_stage.database.reading() as session:
        found = candidates_of(session, session.get_one(FailedRecord, failed.id))
    assert [(each.title, each.erp_key, each.paired_with) for each in found.rows] == [
        ("Alfa A/S", "C7", ""),
        ("Alfa ApS", "C8", "C8"),
    ]
    with pytest.raises(InvalidInputError, match="the ERP has no record with this key"):
        chosen(sqlite_stage, failed, erp_key="C7")
    sqlite_stage.server.put("Customer", "C7", {"NAME": "Alfa A/S"})
    chosen(sqlite_stage, failed, erp_key="C7")
    assert sqlite_stage.pairings()["C7"].entity_id == company
    assert [each.direction for each in sqlite_stage.failed()] == ["pull"]


def test_a_choice_has_to_name_a_record_of_the_other_side(sqlite_stage: Stage) -> None:
    company = sqlite_stage.add("company", name="Alfa")
    pulled = add_failed(sqlite_stage, "C1")
    pushed = add_failed(sqlite_stage, "", direction="push", entity_type="company", entity_id=company)
    with pytest.raises(InvalidInputError):
        chosen(sqlite_stage, pulled, erp_key="C7")
    with pytest.raises(InvalidInputError):
        chosen(sqlite_stage, pushed, entity_id=company)


def test_only_ambiguous_records_are_settled_so(sqlite_stage: Stage) -> None:
    failed = add_failed(sqlite_stage, "C1", reason="rejected")
    with pytest.raises(ConflictError):
        chosen(sqlite_stage, failed, entity_id=sqlite_stage.add("company", name="Alfa"))


def test_nothing_is_offered_where_the_mapping_is_gone_or_nothing_can_be_compared(sqlite_stage: Stage) -> None:
    sqlite_stage.add("company", name="Alfa")
    for values in ({"payload": {"EMAIL": "x"}}, {"actor_type": "Ghost"}, {"erp_key": "C3", "payload": {"NAME": ""}}):
        failed = add_failed(sqlite_stage, **{"erp_key": "C1", **values})
        with sqlite_stage.database.reading() as session:
            assert list(candidates_of(session, session.get_one(FailedRecord, failed.id)).rows) == []
