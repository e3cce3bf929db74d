"""What an ask for a run answers when the link rests."""

from dataclasses import replace

import pytest

from erp_links.sync.requesting import Cause, request_run
from host.errors import ConflictError
from sync_connectors.loading import Plugins
from tests.erp_links.sync.stage import IDA, Stage


def ask(stage: Stage) -> None:
    with stage.database.writing() as session:
        request_run(session, stage.link_id, Cause.PERSON, IDA, runtime=stage.runtime)


def test_a_link_whose_plugin_is_missing_answers_so_at_once(sqlite_stage: Stage) -> None:
    stage = replace(sqlite_stage, runtime=replace(sqlite_stage.runtime, plugins=Plugins({}, [])))
    with pytest.raises(ConflictError) as caught:
        ask(stage)
    assert caught.value.text == "“Nordwind” is paused"
    assert "plain-erp" in caught.value.instruction
    assert stage.runs() == []


def test_a_link_whose_connector_has_another_url_by_now_answers_so_at_once(sqlite_stage: Stage) -> None:
    sqlite_stage.change_link(tested_url_revision=0)
    with pytest.raises(ConflictError) as caught:
        ask(sqlite_stage)
    assert "the URL of the sync connector was changed" in caught.value.instruction


def test_a_link_that_does_not_rest_is_run(sqlite_stage: Stage) -> None:
    ask(sqlite_stage)
    assert [run.status for run in sqlite_stage.runs()] == ["queued"]
