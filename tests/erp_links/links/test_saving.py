from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from sqlalchemy import select, update

from erp_links.links import testing
from erp_links.links.declaring import refresh_link
from erp_links.links.errors import TestFailedError
from erp_links.links.models import ErpLink, TestProof
from erp_links.links.saving import change_link, create_link
from erp_links.links.submission import LinkSubmission
from erp_links.mapping.models import LinkActorType, LinkField
from host.audit.models import AuditEntry
from host.errors import ConflictError, InvalidInputError, StaleVersionError, TooManyRequestsError
from host.secrets import SecretStore
from sync_connectors import ActorType, Tested, UnavailableError
from sync_connectors.configuration import MASK
from sync_connectors.loading import load_plugins
from tests.emulators.plain_server import ACTOR_TYPES, FIELDS, PlainServer
from tests.erp_links.sync.deadlines import let_deadlines_pass_when


def proof_of(office, doer=None, link_id=None, **changes) -> str:
    result = testing.test_configuration(office.runtime, doer or office.ida, office.submission(**changes), link_id)
    assert result.passed
    return result.proof


def secrets_of(office, link_id: int) -> dict[str, str]:
    with office.database.reading() as session:
        return SecretStore(session, office.runtime.secret_box).read(f"erp_link:{link_id}")


def test_a_first_save_calls_the_connector_in_the_order_of_the_protocol(any_office) -> None:
    saved = create_link(any_office.runtime, any_office.ida, any_office.submission())
    link = any_office.link(saved.link_id)
    assert any_office.server.calls == [
        ("test_configuration", ""),
        ("save_link", link.guid),
        ("test", ""),
        ("actor_types", ""),
        ("fields", "Customer"),
        ("searchable_fields", "Customer"),
        ("fields", "Person"),
        ("searchable_fields", "Person"),
    ]
    assert saved.warning == ""
    assert link.state == "draft"
    assert link.declared_at is not None
    with any_office.database.reading() as session:
        assert set(session.scalars(select(LinkActorType.name))) == {"Customer", "Person"}


def test_a_proof_spares_the_save_its_test_and_gives_the_link_its_guid(office) -> None:
    proof = proof_of(office)
    with office.database.reading() as session:
        guid = session.get_one(TestProof, proof).guid
    saved = create_link(office.runtime, office.ida, office.submission(proof=proof))
    assert office.calls.count("test_configuration") == 1
    assert office.link(saved.link_id).guid == guid


def test_a_save_keeps_its_guid_when_the_link_is_saved_again(office) -> None:
    link_id = office.create()
    guid = office.link(link_id).guid
    change_link(office.runtime, office.ida, link_id, LinkSubmission(configuration={"Company": "2"}), 1)
    assert office.link(link_id).guid == guid
    assert ("save_link", guid) in office.server.calls[8:]


def test_secrets_are_stored_encrypted_and_apart(office) -> None:
    link_id = office.create(values={"Token": "tok-1"})
    assert office.link(link_id).configuration == {
        "Server": "nordwind",
        "Login": "ida",
        "Company": "1",
        "Warehouse": "",
        "Mode": "simple",
        "OnlyActive": "true",
    }
    assert secrets_of(office, link_id) == {"Password": "s3cret", "Token": "tok-1"}


def test_a_test_that_fails_saves_nothing_and_names_the_field(office) -> None:
    with pytest.raises(TestFailedError) as refused:
        office.create(values={"Password": "wrong"})
    assert refused.value.errors == {"configuration.Password": ["refused by the server"]}
    with office.database.reading() as session:
        assert session.scalar(select(ErpLink.id)) is None


def test_every_fault_of_every_field_comes_at_once_and_nothing_is_sent(office) -> None:
    with pytest.raises(InvalidInputError) as refused:
        office.create(name="", visibility=None, values={"Server": "", "Company": "", "Odd": "1"})
    assert set(refused.value.errors) == {
        "name",
        "visibility",
        "configuration.Server",
        "configuration.Company",
        "configuration.Odd",
    }
    assert office.calls == []


def test_a_replayed_save_does_not_make_a_second_link_of_its_proof(any_office) -> None:
    proof = proof_of(any_office)
    create_link(any_office.runtime, any_office.ida, any_office.submission(proof=proof))
    create_link(any_office.runtime, any_office.ida, any_office.submission(proof=proof, name="Second"))
    # the used proof counts for nothing, so the second save ran a test of its own and has another GUID
    assert any_office.calls.count("test_configuration") == 2
    with any_office.database.reading() as session:
        assert len(set(session.scalars(select(ErpLink.guid)))) == 2


@pytest.mark.parametrize("change", ["values", "secret", "administrator", "expired", "foreign"])
def test_a_proof_of_something_else_makes_the_save_test_itself(office, change: str) -> None:
    proof, doer, values = proof_of(office), office.ida, {}
    if change == "values":
        values = {"Company": "2"}
    if change == "secret":
        values = {"Token": "another"}
    if change == "administrator":
        doer = office.ole
    if change == "expired":
        with office.database.writing() as session:
            session.execute(update(TestProof).values(expires_at=TestProof.created_at))
    if change == "foreign":
        proof = "made up"
    create_link(office.runtime, doer, office.submission(proof=proof, values=values))
    assert office.calls.count("test_configuration") == 2


def test_values_that_differ_only_in_a_secret_do_not_share_a_proof(office) -> None:
    proof = proof_of(office)
    with pytest.raises(TestFailedError):
        create_link(office.runtime, office.ida, office.submission(proof=proof, values={"Password": "guess"}))


def test_a_new_version_of_the_plugin_makes_proofs_worthless(office, monkeypatch) -> None:
    proof = proof_of(office)
    monkeypatch.setattr("tests.emulators.plain_erp.PlainErp.version", "1.1")
    runtime = replace(office.runtime, plugins=load_plugins(office.runtime.settings))
    create_link(runtime, office.ida, office.submission(proof=proof))
    assert office.calls.count("test_configuration") == 2


def test_a_connector_that_changes_while_the_test_runs_closes_the_gate(office) -> None:
    def changes_meanwhile(_configuration):
        office.change_url()
        return Tested()

    office.server.answer["test_configuration"] = changes_meanwhile
    with pytest.raises(ConflictError, match="test no longer counts"):
        office.create()


def test_of_two_administrators_the_second_is_told_who_was_first(any_office) -> None:
    link_id = any_office.create()
    change_link(any_office.runtime, any_office.ole, link_id, LinkSubmission(name="Ole's"), 1)
    with pytest.raises(StaleVersionError) as stale:
        change_link(any_office.runtime, any_office.ida, link_id, LinkSubmission(configuration={"Company": "2"}), 1)
    assert stale.value.changed_by == "Ole Berg"
    assert any_office.link(link_id).name == "Ole's"
    assert any_office.link(link_id).configuration["Company"] == "1"


def test_name_description_and_visibility_are_never_gated(office) -> None:
    link_id = office.create()
    office.server.fail["test_configuration"] = office.server.fail["test"] = UnavailableError("closed")
    change_link(
        office.runtime,
        office.ida,
        link_id,
        LinkSubmission(name="Renamed", description="Books", configuration={"Password": MASK}),
        1,
    )
    assert (office.link(link_id).name, office.link(link_id).description) == ("Renamed", "Books")


def test_mask_absence_and_blank_mean_unchanged_unchanged_and_cleared(office) -> None:
    link_id = office.create(values={"Token": "tok-1"})
    for version, sent in enumerate(({"Token": MASK, "Company": "2"}, {"Company": "1"}, {"Token": ""}), start=1):
        change_link(office.runtime, office.ida, link_id, LinkSubmission(configuration=sent), version)
        expected = {"Password": "s3cret"} | ({} if sent.get("Token") == "" else {"Token": "tok-1"})
        assert secrets_of(office, link_id) == expected


def test_a_stored_secret_is_not_sent_to_a_changed_address(office) -> None:
    thief = PlainServer("thief", password="s3cret")
    link_id = office.create()
    submission = LinkSubmission(configuration={"Server": "thief"})
    with pytest.raises(InvalidInputError) as refused:
        change_link(office.runtime, office.ida, link_id, submission, 1)
    with pytest.raises(InvalidInputError):
        testing.test_configuration(office.runtime, office.ida, submission, link_id)
    assert set(refused.value.errors) == {"configuration.Password"}
    assert thief.seen == []


def test_a_stored_secret_is_not_sent_to_a_changed_url(office) -> None:
    link_id = office.create()
    office.change_url()
    seen = len(office.server.seen)
    with pytest.raises(InvalidInputError):
        change_link(office.runtime, office.ida, link_id, LinkSubmission(configuration={"Company": "2"}), 1)
    assert len(office.server.seen) == seen
    change_link(office.runtime, office.ida, link_id, LinkSubmission(configuration={"Password": "s3cret"}), 1)
    assert office.link(link_id).tested_url_revision == 2


def test_a_name_is_taken_once_among_links_that_are_there(any_office) -> None:
    any_office.create()
    with pytest.raises(InvalidInputError) as refused:
        any_office.create(name="NORDWIND")
    assert list(refused.value.errors) == ["name"]


def test_tests_are_limited_over_saves_too(office) -> None:
    runtime = replace(office.runtime, settings=replace(office.runtime.settings, tests_per_minute=2))
    for number in range(2):
        create_link(runtime, office.ida, office.submission(name=f"Link {number}"))
    with pytest.raises(TooManyRequestsError):
        create_link(runtime, office.ida, office.submission(name="Third"))
    create_link(runtime, office.ole, office.submission(name="Third"))


def test_a_slow_connector_fails_the_test_at_the_deadline(office, monkeypatch) -> None:
    asked, released = Event(), Event()
    office.server.arrive = lambda *_call: (asked.set(), released.wait())
    let_deadlines_pass_when(monkeypatch, asked.is_set)
    runtime = replace(office.runtime, settings=replace(office.runtime.settings, connector_test_seconds=7))
    result = testing.test_configuration(runtime, office.ida, office.submission(), None)
    released.set()
    assert not result.passed
    assert result.error_class == "unavailable"
    assert "did not answer within 7 seconds" in result.text


def test_every_test_is_in_the_audit_log_with_its_outcome(office) -> None:
    proof_of(office)
    with pytest.raises(TestFailedError):
        office.create(values={"Password": "wrong"})
    with office.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "erp_link.test")).all()
    assert [entry.changes["outcome"]["after"] for entry in entries] == ["passed", "failed: authentication"]


def test_no_transaction_is_open_while_the_connector_is_called(any_office) -> None:
    seen: list[int] = []

    def look(_configuration):
        with any_office.database.writing() as session:  # waits for ever if the save held the write lock
            seen.append(session.scalar(select(AuditEntry.id).limit(1)) or 0)
        return Tested()

    any_office.server.answer["test_configuration"] = look
    any_office.create()
    assert len(seen) == 1


def test_a_link_stays_saved_when_its_erp_does_not_say_what_it_offers(office) -> None:
    office.server.fail["actor_types"] = UnavailableError("closed for stock-taking")
    saved = create_link(office.runtime, office.ida, office.submission())
    assert saved.warning == "closed for stock-taking"
    assert office.link(saved.link_id).declared_at is None


def test_fields_that_vanish_are_kept_and_flagged_on_the_next_save(office) -> None:
    link_id = office.create()
    office.server.answer["fields"] = lambda name: [one for one in FIELDS[name] if one.key != "PHONE"]
    change_link(office.runtime, office.ida, link_id, LinkSubmission(configuration={"Company": "2"}), 1)
    with office.database.reading() as session:
        gone = session.scalars(select(LinkField.key).where(LinkField.missing_since.is_not(None))).all()
    assert gone == ["PHONE"]


def test_the_command_line_saves_through_the_same_gate(office) -> None:
    with pytest.raises(TestFailedError):
        create_link(office.runtime, office.console, office.submission(values={"Password": "wrong"}))
    assert create_link(office.runtime, office.console, office.submission()).link_id


def test_two_administrators_who_save_one_name_at_once_make_one_link(any_office) -> None:
    any_office.server.slow["test_configuration"] = 0.3

    def save(doer) -> str:
        try:
            create_link(any_office.runtime, doer, any_office.submission())
        except InvalidInputError as error:
            return ", ".join(error.errors)
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(save, [any_office.ida, any_office.ole]))
    assert outcomes == ["name", "saved"]


@pytest.mark.parametrize(
    "garbage",
    [None, "fields", [1], [FIELDS["Customer"][0]] * 2, [replace(FIELDS["Customer"][0], key="")]],
    ids=["nothing", "text", "numbers", "one key twice", "no key"],
)
def test_garbage_in_place_of_fields_leaves_the_link_saved_and_says_so(office, garbage) -> None:
    office.server.answer["fields"] = lambda _name: garbage
    saved = create_link(office.runtime, office.ida, office.submission())
    assert "plain-erp" in saved.warning
    assert office.link(saved.link_id).declared_at is None
    office.server.answer.clear()
    refresh_link(office.runtime, office.ida, saved.link_id)
    assert office.link(saved.link_id).declared_at is not None


def test_actor_types_that_are_not_known_are_left_out(office) -> None:
    office.server.answer["actor_types"] = lambda: [ACTOR_TYPES[0], ActorType("Spaceship", "Spaceship")]
    create_link(office.runtime, office.ida, office.submission())
    with office.database.reading() as session:
        assert session.scalars(select(LinkActorType.name)).all() == ["Customer"]
