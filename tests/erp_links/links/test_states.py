from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text, update

from erp_links.links import activating, copies, deleting, pausing, schedule, testing
from erp_links.links.connecting import open_link
from erp_links.links.errors import LinkPausedError, NotActivatedError
from erp_links.links.models import ErpLink, LinkState, PauseReason
from erp_links.links.saving import change_link
from erp_links.links.standing import standing_of
from erp_links.links.states import NEXT, move
from erp_links.links.submission import LinkSubmission
from erp_links.links.uses import links_of_connector
from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.sync.models import Pairing
from host.audit.models import AuditEntry
from host.crm.models import Subscription
from host.errors import ConflictError, InvalidInputError, NotFoundError, StaleVersionError, UpstreamError
from host.secrets import SecretBox, SecretStore
from host.secrets.keys import new_key
from sync_connectors import AuthenticationError, UnavailableError, UnknownLinkError
from sync_connectors.loading import load_plugins
from tests.host.database.plans import index_names


def mapped(office, **changes) -> int:
    """A link on which nothing stands against activation."""
    link_id = office.create(**changes)
    with office.database.writing() as session:
        for row in session.scalars(select(LinkActorType).where(LinkActorType.link_id == link_id)):
            row.active = row.name == "Customer"
            for field in session.scalars(select(LinkField).where(LinkField.actor_type_id == row.id)):
                field.to_crm = field.to_erp = field.key == "NAME"
    return link_id


def active(office) -> int:
    link_id = mapped(office)
    activating.activate(office.runtime, office.ida, link_id)
    return link_id


def standing(office, link_id: int, runtime=None):
    with office.database.reading() as session:
        return standing_of(session, runtime or office.runtime, session.get_one(ErpLink, link_id))


@pytest.mark.parametrize("present", LinkState)
@pytest.mark.parametrize("wanted", LinkState)
def test_only_legal_transitions_happen(present: LinkState, wanted: LinkState) -> None:
    link = ErpLink(state=present.value)
    if wanted in NEXT[present]:
        move(link, wanted)
        assert link.state == wanted
    else:
        with pytest.raises(ConflictError):
            move(link, wanted)


def test_a_link_becomes_active_once_nothing_stands_against_it(any_office) -> None:
    link_id = active(any_office)
    assert any_office.link(link_id).state == LinkState.ACTIVE
    assert standing(any_office, link_id).runs


def test_activation_is_refused_with_all_reasons_at_once(office) -> None:
    link_id = office.create()
    office.server.fail["test"] = UnavailableError("closed for stock-taking")
    with pytest.raises(NotActivatedError) as refused:
        activating.activate(office.runtime, office.ida, link_id)
    reasons = " | ".join(refused.value.reasons)
    assert "no field has a direction" in reasons
    assert "mandatory" in reasons
    assert "closed for stock-taking" in reasons
    assert office.link(link_id).state == LinkState.DRAFT


def test_the_configuration_is_locked_while_a_link_is_active_and_says_why(office) -> None:
    link_id = active(office)
    with pytest.raises(ConflictError, match="locked while the ERP link is active"):
        change_link(office.runtime, office.ida, link_id, LinkSubmission(configuration={"Company": "2"}), None)
    with pytest.raises(ConflictError, match="time zone is locked"):
        change_link(office.runtime, office.ida, link_id, LinkSubmission(erp_time_zone="Europe/Oslo"), None)
    change_link(office.runtime, office.ida, link_id, LinkSubmission(name="Renamed"), None)
    assert office.link(link_id).name == "Renamed"


def test_secrets_are_renewed_while_an_active_link_is_paused(office) -> None:
    link_id = active(office)
    office.server.password = "renewed"
    with office.database.writing() as session:
        pausing.pause(session, office.console, link_id, None, PauseReason.AUTHENTICATION, "password refused")
    with pytest.raises(ConflictError):
        change_link(
            office.runtime,
            office.ida,
            link_id,
            LinkSubmission(configuration={"Password": "renewed", "Company": "2"}),
            None,
        )
    change_link(office.runtime, office.ida, link_id, LinkSubmission(configuration={"Password": "renewed"}), None)
    assert standing(office, link_id).runs


def test_after_refused_credentials_a_link_resumes_only_when_its_test_passes(office) -> None:
    link_id = active(office)
    with office.database.writing() as session:
        pausing.pause(session, office.console, link_id, None, PauseReason.AUTHENTICATION, "password refused")
    office.server.fail["test"] = AuthenticationError("still refused")
    with pytest.raises(UpstreamError, match="still refused"):
        pausing.resume(office.runtime, office.ida, link_id)
    assert standing(office, link_id).paused is PauseReason.AUTHENTICATION
    del office.server.fail["test"]
    pausing.resume(office.runtime, office.ida, link_id)
    assert standing(office, link_id).runs


def test_what_is_never_gated_stays_possible_while_the_erp_is_down(office) -> None:
    link_id = active(office)
    for call in ("test", "test_configuration", "save_link", "delete_link"):
        office.server.fail[call] = UnavailableError("the ERP is down")
    with office.database.writing() as session:
        pausing.pause(session, office.ida, link_id)
    pausing.resume(office.runtime, office.ida, link_id)
    change_link(office.runtime, office.ida, link_id, LinkSubmission(name="N", description="D"), None)
    with office.database.writing() as session:
        activating.deactivate(session, office.ida, link_id)
    deleting.delete_link(office.runtime, office.ida, link_id, "N")
    with office.database.reading() as session:
        assert session.get_one(ErpLink, link_id).state == LinkState.DELETED


def test_a_changed_url_pauses_links_until_each_is_tested_with_its_secrets(any_office) -> None:
    link_id = active(any_office)
    any_office.change_url()
    assert standing(any_office, link_id).paused is PauseReason.URL_CHANGED
    calls = len(any_office.calls)
    with pytest.raises(LinkPausedError), open_link(any_office.runtime, link_id, 5):
        pass
    with pytest.raises(ConflictError):
        pausing.resume(any_office.runtime, any_office.ida, link_id)
    with pytest.raises(LinkPausedError):
        testing.test_link(any_office.runtime, any_office.ida, link_id)
    assert len(any_office.calls) == calls
    change_link(any_office.runtime, any_office.ida, link_id, LinkSubmission(configuration={"Password": "s3cret"}), None)
    assert standing(any_office, link_id).runs


def test_state_that_a_connector_left_does_not_follow_to_another_address(office) -> None:
    link_id = mapped(office)
    with office.database.writing() as session:
        SecretStore(session, office.runtime.secret_box).write(f"connector_state:{link_id}", {"token": "t"})
    office.change_url()
    change_link(office.runtime, office.ida, link_id, LinkSubmission(configuration={"Password": "s3cret"}), None)
    with office.database.reading() as session:
        assert SecretStore(session, office.runtime.secret_box).names(f"connector_state:{link_id}") == set()


def test_a_link_whose_plugin_is_gone_says_so_and_goes_on_when_it_is_back(office) -> None:
    link_id = active(office)
    without = load_plugins(replace(office.runtime.settings, plugins_block=("plain-erp",)))
    bare = replace(office.runtime, plugins=without)
    gone = standing(office, link_id, bare)
    assert gone.paused is PauseReason.PLUGIN_MISSING
    assert "plain-erp" in gone.detail
    with pytest.raises(LinkPausedError), open_link(bare, link_id, 5):
        pass
    assert standing(office, link_id).runs


def test_a_lost_key_names_the_secrets_and_stops_only_their_link(office) -> None:
    link_id = active(office)
    other = replace(office.runtime, secret_box=SecretBox([new_key()]))
    lost = standing(office, link_id, other)
    assert lost.paused is PauseReason.KEY_LOST
    assert "Password" in lost.detail
    change_link(other, office.ida, link_id, LinkSubmission(configuration={"Password": "s3cret"}), None)
    assert standing(office, link_id, other).runs


def test_a_restored_copy_rests_until_somebody_resumes_each_link(office) -> None:
    link_id = active(office)
    with office.database.writing() as session:
        copies.pause_restored_links(session)
    assert standing(office, link_id).paused is PauseReason.RESTORED_COPY
    pausing.resume(office.runtime, office.ida, link_id)
    assert standing(office, link_id).runs


def test_a_deletion_needs_the_name_and_keeps_nothing_of_the_link(any_office) -> None:
    link_id = mapped(any_office)
    with any_office.database.writing() as session:
        session.add(
            Pairing(
                link_id=link_id,
                actor_type="Customer",
                erp_key="C1",
                entity_type="company",
                entity_id=1,
                paired_at=datetime.now(UTC),
            )
        )
    with pytest.raises(InvalidInputError):
        deleting.delete_link(any_office.runtime, any_office.ida, link_id, "nordwind")
    dropped = deleting.delete_link(any_office.runtime, any_office.ida, link_id, "Nordwind")
    assert (dropped.pairings, dropped.actor_types, dropped.secrets) == (1, 2, 1)
    with any_office.database.reading() as session:
        link = session.get_one(ErpLink, link_id)
        assert (link.state, link.configuration) == (LinkState.DELETED, {})
        assert session.scalars(select(Pairing.id)).all() == []
        assert session.scalars(select(LinkField.id)).all() == []
        assert SecretStore(session, any_office.runtime.secret_box).names(f"erp_link:{link_id}") == set()
        assert links_of_connector(session, any_office.connector_id) == []
    assert any_office.server.calls[-1] == ("delete_link", link.guid)
    any_office.create()  # the name is free again


def test_a_deleted_link_is_not_found(office) -> None:
    link_id = office.create()
    deleting.delete_link(office.runtime, office.ida, link_id, "Nordwind")
    for use in (
        lambda: testing.test_link(office.runtime, office.ida, link_id),
        lambda: change_link(office.runtime, office.ida, link_id, LinkSubmission(name="X"), None),
        lambda: activating.activate(office.runtime, office.ida, link_id),
        lambda: deleting.delete_link(office.runtime, office.ida, link_id, "Nordwind"),
    ):
        with pytest.raises(NotFoundError):
            use()


def test_a_connector_that_forgot_the_link_is_told_again_and_asked_exactly_once_more(office) -> None:
    link_id = office.create()
    office.server.forget_links()
    office.server.calls.clear()
    with open_link(office.runtime, link_id, 5) as session:
        session.test()
    assert [call for call in office.calls if call != "open"] == ["test", "save_link", "test"]
    office.server.known_links = None
    office.server.calls.clear()
    office.server.fail["test"] = UnknownLinkError("never heard of it")
    with pytest.raises(UnknownLinkError), open_link(office.runtime, link_id, 5) as session:
        session.test()
    assert office.calls == ["test", "save_link", "test"]


def test_a_connector_that_forgot_the_link_is_told_nothing_once_its_url_is_another_one(office) -> None:
    link_id = office.create()
    office.server.calls.clear()
    with open_link(office.runtime, link_id, 5) as session:
        office.server.forget_links()
        office.change_url()
        with pytest.raises(LinkPausedError) as caught:
            session.test()
    assert caught.value.reason is PauseReason.URL_CHANGED
    assert [call for call in office.calls if call != "open"] == ["test"]


def test_a_stream_of_changes_goes_on_behind_its_last_page_when_the_link_was_forgotten(office) -> None:
    link_id = office.create()
    for number in range(4):
        office.server.put("Customer", f"C{number}", {"NAME": f"Customer {number}"})
    office.server.page_size = 2
    seen = []
    with open_link(office.runtime, link_id, 5) as session:
        for page in session.changes("Customer", None, None, ["NAME"]):
            seen += [actor.key for actor in page.actors]
            if len(seen) == 2:
                office.server.fail_once["next_page"] = UnknownLinkError("forgot it")
    assert seen == ["C0", "C1", "C2", "C3"]


def test_automatic_sync_is_set_for_all_links_and_in_its_place_for_one(office) -> None:
    link_id = office.create()
    settings = office.runtime.settings
    with office.database.writing() as session:
        stored = schedule.change_sync_settings(session, settings, office.ida, automatic=True, interval_seconds=600)
        assert schedule.schedule_of(session.get_one(ErpLink, link_id), stored) == schedule.Schedule(True, 600)
        link = schedule.change_schedule(session, office.ida, link_id, False, 3600)
        assert schedule.schedule_of(link, stored) == schedule.Schedule(False, 3600)
        with pytest.raises(InvalidInputError):
            schedule.change_sync_settings(session, settings, office.ida, interval_seconds=5)
        with pytest.raises(StaleVersionError):
            schedule.change_sync_settings(session, settings, office.ida, automatic=False, expected_version=0)


def test_each_administrative_change_is_in_the_audit_log(office) -> None:
    link_id = active(office)
    with office.database.writing() as session:
        pausing.pause(session, office.ida, link_id)
    pausing.resume(office.runtime, office.ida, link_id)
    with office.database.writing() as session:
        activating.deactivate(session, office.ida, link_id)
    deleting.delete_link(office.runtime, office.ida, link_id, "Nordwind")
    with office.database.reading() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == [
        "erp_link.test",
        "erp_link.create",
        "erp_link.activate",
        "erp_link.pause",
        "erp_link.resume",
        "erp_link.deactivate",
        "erp_link.delete",
    ]


def test_a_full_read_is_due_when_a_link_that_rested_becomes_active_again(office) -> None:
    link_id = active(office)
    with office.database.writing() as session:
        session.execute(update(LinkActorType).values(watermark="7"))
        activating.deactivate(session, office.ida, link_id)
    activating.activate(office.runtime, office.ida, link_id)
    with office.database.reading() as session:
        due = dict(session.execute(select(LinkActorType.name, LinkActorType.full_read_due)).all())
    assert due == {"Customer": "activation", "Person": None}


def test_a_full_push_is_due_with_each_activation_for_nobody_told_the_link_of_changes_before(office) -> None:
    active(office)
    with office.database.reading() as session:
        due = dict(session.execute(select(LinkActorType.name, LinkActorType.full_push_due)).all())
    assert due == {"Customer": "activation", "Person": None}


def test_only_an_active_link_is_told_of_changes_of_the_hub(any_office) -> None:
    office = any_office

    def told():
        with office.database.reading() as session:
            return [(row.subscriber, row.entity_type, row.fields) for row in session.scalars(select(Subscription))]

    link_id = mapped(office)
    assert told() == []
    activating.activate(office.runtime, office.ida, link_id)
    assert told() == [(f"link:{link_id}", "company", ["name"])]
    with office.database.writing() as session:
        activating.deactivate(session, office.ida, link_id)
    assert told() == []
    activating.activate(office.runtime, office.ida, link_id)
    deleting.delete_link(office.runtime, office.ida, link_id, "Nordwind")
    assert told() == []


def test_match_fields_have_indexes_when_a_link_is_activated_and_when_a_copy_is_restored(office) -> None:
    link_id = mapped(office)
    with office.database.writing() as session:
        for row in session.scalars(select(LinkActorType).where(LinkActorType.name == "Customer")):
            row.match_fields = ["vat_number", "code"]
    wanted = {"ix_company_vat_number_folded", "ix_company_code_folded"}
    assert index_names(office.database).isdisjoint(wanted)
    activating.activate(office.runtime, office.ida, link_id)
    assert wanted <= index_names(office.database)
    with office.database.writing() as session:
        session.execute(text("DROP INDEX ix_company_code_folded"))
        copies.pause_restored_links(session)
    assert wanted <= index_names(office.database)
