from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Barrier, Event

import pytest
from sqlalchemy import event

from erp_links.links.models import LinkAccess, LinkState, PauseReason, Visibility
from erp_links.sync.models import FailedRecord
from erp_links.tab.blocks import count_paired, has_blocks, tab_block, tab_blocks
from erp_links.tab.list_texts import SECONDS_KEPT, ListTexts
from erp_links.tab.reading import TabReader
from erp_links.tab.words import shown
from host.accounts.principal import Principal
from host.errors import NotFoundError
from host.settings import Settings
from sync_connectors import Actors, AuthenticationError, Notice, NoticeLevel, UnavailableError
from sync_connectors.loading import load_plugins
from tests.accounts import make_user
from tests.erp_links.sync.deadlines import let_deadlines_pass_when

IDA = Principal(1, "Ida Holm", is_administrator=False, group_ids=frozenset())


PATIENCE_SECONDS = 60


@pytest.fixture
def asked():
    """Set as soon as the ERP of `held` is asked."""
    return Event()


@pytest.fixture
def held(asked):
    """An ERP that does not answer until the test is over."""
    released = Event()
    yield lambda *_asked: (asked.set(), released.wait(PATIENCE_SECONDS), Actors())[-1]
    released.set()


def company_id(stage):
    return stage.hub()[0]["id"]


def blocks(stage, principal=IDA, record_id=None):
    with stage.database.reading() as session:
        return tab_blocks(session, stage.runtime, principal, "company", record_id or company_id(stage))


def read(stage, texts=None):
    (block,) = blocks(stage)
    reading = TabReader(stage.runtime, texts).read(block)
    assert len(reading.actors) == 1
    return reading.actors[0]


def texts_of(reading):
    return {each.field.key: shown(each) for each in reading.values}


def test_values_come_from_the_erp_and_not_from_the_last_sync(stage):
    stage.server.put("Customer", "C1", {"PHONE": "00 00", "CREDIT": Decimal("60000.50"), "ORDERS": 4})
    reading = read(stage)
    assert reading.is_live
    assert texts_of(reading) == {
        "PHONE": "00 00",
        "COUNTRY": "Denmark",
        "CREDIT": "60,000.50",
        "BLOCKED": "No",
        "ORDERS": "4",
    }
    assert stage.hub()[0]["phone"] == "86 12 00 45"


def test_only_the_fields_on_the_tab_are_asked_for_in_their_order(sqlite_stage):
    asked = []
    sqlite_stage.server.answer["get"] = lambda actor_type, keys, fields: (
        asked.append((actor_type, keys, fields)),
        Actors(),
    )[1]
    read(sqlite_stage)
    assert asked == [("Customer", ["C1"], ["PHONE", "COUNTRY", "CREDIT", "BLOCKED", "ORDERS"])]


def test_a_dead_erp_shows_its_own_words_and_the_last_known_values(stage):
    stage.server.fail["get"] = UnavailableError("closed for stock-taking", instruction="come back at nine")
    reading = read(stage)
    assert not reading.is_live
    assert (reading.trouble.text, reading.trouble.instruction) == ("closed for stock-taking", "come back at nine")
    assert texts_of(reading) == {"PHONE": "86 12 00 45"}


def test_a_slow_erp_is_given_up_after_its_seconds(sqlite_stage, held, asked, monkeypatch):
    sqlite_stage.server.answer["get"] = held
    let_deadlines_pass_when(monkeypatch, asked.is_set)
    reading = read(sqlite_stage)
    seconds = sqlite_stage.runtime.settings.erp_tab_seconds
    assert f"did not answer within {seconds} seconds" in reading.trouble.text
    assert texts_of(reading) == {"PHONE": "86 12 00 45"}


def test_an_erp_that_answers_garbage_is_a_trouble_of_its_block(sqlite_stage):
    sqlite_stage.server.answer["get"] = lambda *_asked: "garbage"
    assert not read(sqlite_stage).is_live


def test_a_record_that_is_gone_is_said_to_be_gone(sqlite_stage):
    sqlite_stage.server.remove("Customer", "C1")
    assert read(sqlite_stage).trouble.text == "the ERP no longer has this record"


def test_a_warning_without_records_does_not_mean_that_the_record_is_gone(sqlite_stage):
    warning = Actors((), (Notice(NoticeLevel.WARNING, "the books are closed"),))
    sqlite_stage.server.answer["get"] = lambda *_asked: warning
    assert read(sqlite_stage).trouble.text == "the books are closed"


def test_lists_that_cannot_be_read_leave_their_keys(sqlite_stage):
    sqlite_stage.server.fail["list_items_by_key"] = UnavailableError("lists are being rebuilt")
    reading = read(sqlite_stage)
    assert reading.is_live
    assert texts_of(reading)["COUNTRY"] == "DK"


def test_list_texts_are_asked_once_for_a_while(sqlite_stage):
    now = [0.0]
    texts = ListTexts(lambda: now[0])
    read(sqlite_stage, texts)
    read(sqlite_stage, texts)
    assert sqlite_stage.connector_calls.count("list_items_by_key") == 1
    now[0] += SECONDS_KEPT + 1
    assert texts_of(read(sqlite_stage, texts))["COUNTRY"] == "Denmark"
    assert sqlite_stage.connector_calls.count("list_items_by_key") == 2


@pytest.mark.parametrize("reason", [PauseReason.ADMINISTRATOR, PauseReason.BRAKE])
def test_a_pause_of_the_sync_does_not_hide_the_values(sqlite_stage, reason):
    sqlite_stage.change_link(paused_reason=reason.value)
    assert read(sqlite_stage).is_live


def test_an_erp_that_refused_the_credentials_is_not_asked_again_and_again(sqlite_stage):
    sqlite_stage.change_link(paused_reason=PauseReason.AUTHENTICATION.value, paused_detail="the password was refused")
    before = len(sqlite_stage.server.calls)
    reading = read(sqlite_stage)
    assert reading.trouble.instruction == "the password was refused"
    assert len(sqlite_stage.server.calls) == before


def test_refused_credentials_are_told_in_the_erps_words(sqlite_stage):
    sqlite_stage.server.fail["get"] = AuthenticationError("the password was refused")
    assert read(sqlite_stage).trouble.text == "the password was refused"


def test_a_failed_record_says_why_the_last_sync_did_not_take_it_over(stage):
    with stage.database.writing() as session:
        session.add(
            FailedRecord(
                link_id=stage.link_id,
                actor_type="Customer",
                erp_key="C1",
                direction="pull",
                reason="rejected",
                message="the phone number is too long",
                instruction="shorten it",
                first_failed_at=stage.runs()[0].requested_at,
                last_failed_at=stage.runs()[0].requested_at,
            )
        )
    actor = blocks(stage)[0].actors[0]
    assert (actor.failure, actor.instruction) == ("the phone number is too long", "shorten it")
    assert actor.synced_at is not None


def test_a_record_without_a_pairing_has_a_block_that_is_not_connected(stage):
    record_id = stage.add("company", name="Beta")
    (block,) = blocks(stage, record_id=record_id)
    assert (block.actors, block.actor_labels) == ((), ("Customer",))
    assert TabReader(stage.runtime).read(block).actors == ()


def test_a_link_that_the_reader_may_not_see_leaves_no_trace(stage):
    user = make_user(stage.database, "ida")
    inside = replace(IDA, user_id=user.id)
    outside = replace(IDA, user_id=user.id + 1, is_administrator=True)
    with stage.database.writing() as session:
        session.add(LinkAccess(link_id=stage.link_id, user_id=user.id))
    stage.change_link(visibility=Visibility.SELECTED.value)
    record_id = company_id(stage)
    with stage.database.reading() as session:
        assert len(tab_blocks(session, stage.runtime, inside, "company", record_id)) == 1
        assert count_paired(session, inside, "company", record_id) == 1
        assert tab_blocks(session, stage.runtime, outside, "company", record_id) == []
        assert count_paired(session, outside, "company", record_id) == 0
        assert not has_blocks(session, outside, "company")
        with pytest.raises(NotFoundError):
            tab_block(session, stage.runtime, outside, "company", record_id, stage.link_id)


def test_a_link_that_is_not_active_has_no_block(sqlite_stage):
    sqlite_stage.change_link(state=LinkState.INACTIVE.value)
    assert blocks(sqlite_stage) == []


def test_blocks_take_a_constant_number_of_statements(stage):
    statements = []
    event.listen(stage.database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    blocks(stage)
    assert len(statements) <= 9


def test_several_blocks_are_read_side_by_side(sqlite_stage):
    both_asked = Barrier(2, timeout=PATIENCE_SECONDS)
    settings = replace(sqlite_stage.runtime.settings, erp_tab_seconds=PATIENCE_SECONDS)
    sqlite_stage.server.answer["get"] = lambda *_asked: (both_asked.wait(), Actors())[1]
    (block,) = blocks(sqlite_stage)
    readings = TabReader(replace(sqlite_stage.runtime, settings=settings)).read_all([block] * 2)
    assert [each.actors[0].trouble.text for each in readings] == ["the ERP no longer has this record"] * 2


def test_readers_of_a_slow_erp_do_not_take_all_threads(sqlite_stage, held, monkeypatch):
    sqlite_stage.server.answer["get"] = held
    (block,) = blocks(sqlite_stage)
    reader = TabReader(sqlite_stage.runtime)
    reading = []
    let_deadlines_pass_when(monkeypatch, lambda: sum(each.done() for each in reading) in {2, 3})
    with ThreadPoolExecutor(4) as pool:
        reading += [pool.submit(reader.read, block, 0.05) for _reader in range(4)]
        readings = [each.result() for each in reading]
    refused = [each.actors[0] for each in readings if "others wait" in each.actors[0].trouble.text]
    assert len(refused) == 2
    assert texts_of(refused[0]) == {"PHONE": "86 12 00 45"}
    del sqlite_stage.server.answer["get"]
    assert reader.read(block, PATIENCE_SECONDS).actors[0].is_live


def test_last_known_list_items_keep_the_text_that_was_last_told(sqlite_stage):
    sqlite_stage.map("Customer", {"NAME": "name", "COUNTRY": "country"})
    sqlite_stage.run()
    texts = ListTexts()
    read(sqlite_stage, texts)
    sqlite_stage.server.fail["get"] = UnavailableError("closed")
    assert texts_of(read(sqlite_stage, texts))["COUNTRY"] == "Denmark"
    assert texts_of(read(sqlite_stage))["COUNTRY"] == "DK"


def test_a_missing_plugin_is_said_and_the_last_values_stay(sqlite_stage):
    without = replace(sqlite_stage.runtime, plugins=load_plugins(Settings(plugins_block=("plain-erp",))))
    with sqlite_stage.database.reading() as session:
        (block,) = tab_blocks(session, without, IDA, "company", company_id(sqlite_stage))
    reading = TabReader(without).read(block).actors[0]
    assert "plain-erp" in reading.trouble.instruction
    assert texts_of(reading) == {"PHONE": "86 12 00 45"}
