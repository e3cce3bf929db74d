"""What stands in a trace: every call of the link, whoever makes it, and no secret."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from erp_links.attention.looking import require_in_erp
from erp_links.links.deleting import delete_link
from erp_links.links.finding import state_owner
from erp_links.links.lists import items_of
from erp_links.links.submission import LinkSubmission
from erp_links.links.testing import test_configuration as try_configuration
from erp_links.links.testing import test_link as try_link
from erp_links.mapping.models import LinkField
from erp_links.sync.pull import change_pages
from erp_links.tab.blocks import tab_blocks
from erp_links.tab.reading import TabReader
from erp_links.tracing import tracer as tracing
from erp_links.tracing.models import LinkTrace, TracedCall
from erp_links.tracing.operations import stop_trace
from host.accounts.principal import Principal
from host.errors import InvalidInputError
from host.secrets import SecretStore
from sync_connectors import Actor, Page, UnavailableError
from tests.erp_links.links.conftest import Office
from tests.erp_links.sync.stage import Stage, reader_of
from tests.erp_links.sync.test_load import counted
from tests.erp_links.tracing.tracing_stage import IDA, calls_of, names_of, text_of, traced, view_of

STATE = "canary-token-of-the-connector"


def test_a_run_is_in_the_trace_with_all_that_it_asked(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name", "VATNO": "vat_number"}, two_way=["NAME"], push="create")
    stage.server.page_size = 2
    for number in range(3):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "VATNO": str(number)})
    stage.run()
    traced(stage.runtime, stage.link_id)
    stage.edit("company", stage.hub()[0]["id"], name="Beta")
    stage.add("company", name="Gamma", vat_number="3")
    stage.server.calls.clear()
    run = stage.run()

    calls = calls_of(stage.runtime, stage.link_id)
    told = [call["call"] for call in calls if call["page"] in {None, 1}]
    untold = {"open", "close"}
    asked = [name.replace("search_advanced", "search") for name in told if name not in untold]
    assert asked == [name for name in stage.connector_calls if name != "next_page"]
    assert {call["run_id"] for call in calls} == {run.id}
    assert told[0] == "open"
    assert told[-1] == "close"
    assert [call["started_at"] for call in calls] == sorted(call["started_at"] for call in calls)
    opened = calls[0]["arguments"]["configuration"]
    assert opened["Server"] == "nordwind"
    assert opened["Password"] == "***"
    saved = next(call for call in calls if call["call"] == "save")
    assert saved["arguments"]["actors"][0]["values"] == {"NAME": "Beta"}
    assert saved["actor_type"] == "Customer"
    created = next(call for call in calls if call["call"] == "create")
    assert created["answer"]["values"]["NAME"] == "Gamma"


def test_pages_and_the_end_of_a_stream_are_calls(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.map("Customer", {"NAME": "name"})
    stage.server.page_size = 2
    for number in range(3):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    traced(stage.runtime, stage.link_id)
    stage.run()
    changes = [call for call in calls_of(stage.runtime, stage.link_id) if call["call"] == "changes"]
    assert [call["page"] for call in changes] == [1, 2, 3]
    assert [[actor["key"] for actor in call["answer"]["actors"]] for call in changes[:2]] == [["C0", "C1"], ["C2"]]
    assert changes[0]["answer"]["resume"] == "2:C1"
    assert changes[2]["answer"] is None
    assert changes[0]["arguments"]["resume"] is None


def test_a_link_that_is_not_traced_is_not_written_about_and_asks_nothing_more(
    sqlite_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = sqlite_stage
    monkeypatch.setattr(tracing, "LOOK_SECONDS", 3600.0)
    stage.map("Customer", {"NAME": "name"})
    stage.server.page_size = 1
    for number in range(20):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    with counted(stage.database) as statements:
        stage.run()
    looks = [statement for statement in statements if "link_trace" in statement]
    assert len(looks) == 1, "one look for many calls"
    assert stage.count(TracedCall) == 0


def test_tests_of_the_link_are_in_the_trace_and_secrets_are_not(office: Office) -> None:
    link_id = office.create()
    with office.database.writing() as session:
        store = SecretStore(session, office.runtime.secret_box)
        store.write(state_owner(link_id), {"tokens": f'{{"access": "{STATE}"}}'})
    traced(office.runtime, link_id)
    try_link(office.runtime, office.ida, link_id)
    typed = LinkSubmission(configuration={"Password": "canary-typed", "Token": "canary-other"})
    office.server.fail["test_configuration"] = UnavailableError(f"canary-typed and {STATE} and canary-other")
    assert not try_configuration(office.runtime, office.ida, typed, link_id).passed
    del office.server.fail["test_configuration"]
    items_of(office.runtime, LinkSubmission(), link_id, "Company")
    with pytest.raises(InvalidInputError):
        require_in_erp(office.runtime, link_id, "Customer", "C404")

    calls = calls_of(office.runtime, link_id)
    told = [call["call"] for call in calls]
    assert told == [
        *("open", "test", "close"),
        "test_configuration",
        "configuration_list",
        *("open", "fields", "get", "close"),
    ]
    refused = calls[3]
    assert refused["error"]["class"] == "UnavailableError"
    assert refused["error"]["text"] == "*** and *** and ***"
    assert refused["arguments"]["configuration"]["Token"] == "***"
    assert refused["arguments"]["configuration"]["Login"] == "ida"
    text = text_of(office.runtime, link_id)
    assert "canary" not in text
    assert "s3cret" not in text


def test_a_token_that_the_connector_changes_during_a_session_is_a_secret_at_once(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.map("Customer", {"NAME": "name"})

    def changes(*_arguments: object):
        with stage.database.writing() as session:
            SecretStore(session, stage.runtime.secret_box).write(state_owner(stage.link_id), {"token": STATE})
        yield Page((Actor("Customer", "C1", {"NAME": f"says {STATE}"}, timestamp="1"),), watermark="1")

    stage.server.answer["changes"] = changes
    traced(stage.runtime, stage.link_id)
    stage.run()
    assert STATE not in text_of(stage.runtime, stage.link_id)
    assert "says ***" in text_of(stage.runtime, stage.link_id)


def test_values_of_password_fields_are_secret_in_records_too(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.map("Customer", {"NAME": "name"})
    with stage.database.writing() as session:
        field = session.scalars(select(LinkField).where(LinkField.key == "NAME")).first()
        assert field is not None
        session.execute(
            update(LinkField)
            .where(LinkField.id == field.id)
            .values(declaration=field.declaration | {"type": "password"})
        )
    stage.server.put("Customer", "C1", {"NAME": "canary-of-a-record"})
    traced(stage.runtime, stage.link_id)
    stage.run()
    assert "canary" not in text_of(stage.runtime, stage.link_id)


def test_an_erp_tab_is_in_the_trace_and_switching_off_ends_it_at_once(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.map("Customer", {"NAME": "name", "COUNTRY": "country"})
    stage.show("NAME", "COUNTRY")
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "COUNTRY": "DK"})
    stage.run()
    ida = Principal(1, "Ida Holm", is_administrator=False, group_ids=frozenset())
    with stage.database.reading() as session:
        (block,) = tab_blocks(session, stage.runtime, ida, "company", stage.hub()[0]["id"])
    traced(stage.runtime, stage.link_id)
    reader = TabReader(stage.runtime)
    reader.read(block)
    told = names_of(stage.runtime, stage.link_id)
    assert told[0] == "open"
    assert {"get", "list_items_by_key"} <= set(told)
    stop_trace(stage.runtime, IDA, stage.link_id)
    reader.read(block)
    assert names_of(stage.runtime, stage.link_id) == told


def test_a_trace_that_is_switched_on_during_a_run_sees_the_rest_of_it(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.map("Customer", {"NAME": "name"})
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    stage.run(lambda point: traced(stage.runtime, stage.link_id) if point == "pass opened" else None)
    told = names_of(stage.runtime, stage.link_id)
    assert "open" not in told
    assert told[-1] == "close"


def test_the_trace_goes_with_its_link(office: Office) -> None:
    link_id = office.create()
    traced(office.runtime, link_id)
    try_link(office.runtime, office.ida, link_id)
    assert view_of(office.runtime, link_id).calls == 0  # they wait to be written
    office.runtime.tracer.write()
    assert view_of(office.runtime, link_id).calls == 3
    delete_link(office.runtime, office.ida, link_id, "Nordwind")
    with office.database.reading() as session:
        assert session.scalars(select(LinkTrace.id)).all() == []
        assert session.scalars(select(TracedCall.id)).all() == []


def test_pages_that_a_process_of_their_own_reads_are_in_the_trace(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.map("Customer", {"NAME": "name"})
    monkeypatch.setattr(change_pages, "WORTH_RECORDS", 3)
    for number in range(10):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.server.page_size = 2
    reader = reader_of(stage)
    traced(stage.runtime, stage.link_id)
    stage.runtime = replace(stage.runtime, reader=reader)
    for _ in range(3):
        with stage.database.writing() as session:
            session.merge(stage.type_row()).full_read_due = "activation"
        run = stage.run()
        assert run.outcome == "success"
        calls = [call for call in calls_of(stage.runtime, stage.link_id) if call["run_id"] == run.id]
        read = [call for call in calls if call["call"] == "changes" and call["answer"]]
        keys = [actor["key"] for call in read for actor in call["answer"]["actors"]]
        assert keys == [f"C{number}" for number in range(10)]
        assert len({call["process"] for call in read}) == 2
        assert [call["call"] for call in calls].count("close") == 2
    reader.close()


def test_another_process_sees_that_a_trace_is_on(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.map("Customer", {"NAME": "name"})
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    web, worker = stage.runtime, replace(stage, runtime=replace(stage.runtime))
    traced(web, stage.link_id)
    run = worker.run()
    worker.runtime.tracer.write()
    assert {call["run_id"] for call in calls_of(web, stage.link_id)} == {run.id}
