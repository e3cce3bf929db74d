import pytest
from sqlalchemy import select

from erp_links.attention.unclear import settle_as_made, settle_as_not_made
from erp_links.sync.models import Intent, IntentState
from host.audit.models import AuditEntry
from host.errors import ConflictError, InvalidInputError, NotFoundError, UpstreamError
from sync_connectors import UnavailableError
from tests.erp_links.attention.waiting_rows import add_intent, add_pairing, empty_outbox, outbox, rows
from tests.erp_links.sync.stage import IDA, Stage


def unclear(stage: Stage) -> tuple[int, Intent]:
    company = stage.add("company", name="Alfa", email="crm@alfa.example")
    intent = add_intent(stage, company)
    empty_outbox(stage)
    return company, intent


def audited(stage: Stage) -> list[str]:
    with stage.database.reading() as session:
        return list(session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("unclear"))))


def test_a_create_that_was_made_is_paired_with_what_it_made_and_never_sent_again(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name", "EMAIL": "email"}, two_way=["NAME", "EMAIL"], push="create")
    company, intent = unclear(stage)
    stage.server.put("Customer", "C7", {"NAME": "Alfa", "EMAIL": "crm@alfa.example"})
    settle_as_made(stage.runtime, intent.id, "C7", IDA)
    assert rows(stage, Intent) == []
    assert {key: each.entity_id for key, each in stage.pairings().items()} == {"C7": company}
    assert audited(stage) == ["unclear_create.made"]
    stage.run()
    assert list(stage.server.records["Customer"]) == ["C7"]
    assert "create" not in stage.connector_calls
    assert stage.pairings()["C7"].base_erp["EMAIL"] == "crm@alfa.example"


def test_a_create_that_was_not_made_is_sent_again_by_the_next_run(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name", "EMAIL": "email"}, two_way=["NAME", "EMAIL"], push="create")
    company, intent = unclear(stage)
    with stage.database.writing() as session:
        settle_as_not_made(session, intent.id, IDA)
    assert (rows(stage, Intent), outbox(stage), audited(stage)) == ([], {company}, ["unclear_create.not_made"])
    stage.run()
    assert [record.values["NAME"] for record in stage.server.records["Customer"].values()] == ["Alfa"]
    assert [each.entity_id for each in stage.pairings().values()] == [company]


def test_the_erp_is_asked_for_the_key_before_the_two_are_paired(sqlite_stage: Stage) -> None:
    _company, intent = unclear(sqlite_stage)
    for erp_key in ("C8", " "):
        with pytest.raises(InvalidInputError) as caught:
            settle_as_made(sqlite_stage.runtime, intent.id, erp_key, IDA)
        assert list(caught.value.errors) == ["erp_key"]
    sqlite_stage.server.fail["get"] = UnavailableError("closed for stock-taking")
    with pytest.raises(UpstreamError, match="closed for stock-taking"):
        settle_as_made(sqlite_stage.runtime, intent.id, "C7", IDA)
    assert (len(rows(sqlite_stage, Intent)), sqlite_stage.pairings()) == (1, {})


def test_a_key_that_is_paired_with_another_record_is_refused_and_the_question_stays(sqlite_stage: Stage) -> None:
    _company, intent = unclear(sqlite_stage)
    sqlite_stage.server.put("Customer", "C7", {"NAME": "Beta"})
    add_pairing(sqlite_stage, "C7", sqlite_stage.add("company", name="Beta"))
    with pytest.raises(ConflictError):
        settle_as_made(sqlite_stage.runtime, intent.id, "C7", IDA)
    assert len(rows(sqlite_stage, Intent)) == 1


def test_what_a_run_settles_by_itself_is_no_question(sqlite_stage: Stage) -> None:
    intent = add_intent(sqlite_stage, sqlite_stage.add("company", name="Alfa"), state=IntentState.OPEN.value)
    with pytest.raises(NotFoundError), sqlite_stage.database.writing() as session:
        settle_as_not_made(session, intent.id, IDA)
    with pytest.raises(NotFoundError):
        settle_as_made(sqlite_stage.runtime, intent.id, "C7", IDA)
    assert len(rows(sqlite_stage, Intent)) == 1
